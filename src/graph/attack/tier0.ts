import type { Mesh, Workload } from '../../model/inventory/types.ts';

export interface Tier0 {
  /** `istiod`, `the CNI`. */
  readonly name: string;
  /** What whoever controls it has. */
  readonly why: string;
}

/**
 * Workloads that hold the mesh or the cluster in their hands, by the labels and images of their own manifests. Control of one ends a path.
 */
export function tier0Of({ workloads }: Pick<Mesh, 'workloads'>): ReadonlyMap<Workload, Tier0> {
  let known = KNOWN.get(workloads);
  if (!known) {
    known = findTier0(workloads);
    KNOWN.set(workloads, known);
  }
  return known;
}

/** By the workloads: states of a mesh that differ in its policies alone have the same. */
const KNOWN = new WeakMap<Mesh['workloads'], ReadonlyMap<Workload, Tier0>>();

function findTier0(workloads: Mesh['workloads']): ReadonlyMap<Workload, Tier0> {
  const found = new Map<Workload, Tier0>();
  const imagesOf = ({ containers }: Workload): readonly string[] =>
    containers.filter(({ init, image }) => !init && IMAGES.test(image)).map(({ image }) => image.replace(/@.*$/, ''));
  for (const workload of workloads) {
    const sign = SIGNS.find((each) => isMeant(each, workload, imagesOf));
    if (sign) found.set(workload, { name: sign.name, why: sign.why });
  }
  return found;
}

interface Sign extends Tier0 {
  /** Any of them. */
  readonly labels: readonly (readonly [label: string, value: RegExp])[];
  readonly image?: RegExp;
  /** Of all of them only what is called so. */
  readonly called?: RegExp;
}

const APP = 'app.kubernetes.io/name';
const PART_OF = 'app.kubernetes.io/part-of';

const ISSUES = 'it issues the identity of every workload and tells every proxy what to enforce';
const NODES = 'it is root on every node';
const DEPLOYS = 'it applies whatever it wants to the cluster';

const SIGNS: readonly Sign[] = [
  {
    name: 'istiod',
    why: ISSUES,
    labels: [
      ['app', /^istiod$/],
      ['istio', /^(istiod|pilot)$/],
    ],
    image: /(^|\/)pilot([:@]|$)/,
  },
  {
    name: 'ztunnel',
    why: 'it holds the identity of every workload of its node',
    labels: [['app', /^ztunnel$/]],
    image: /(^|\/)ztunnel([:@]|$)/,
  },
  {
    name: 'the Istio operator',
    why: 'it installs the control plane',
    labels: [
      ['name', /^istio-operator$/],
      [APP, /^(istio-operator|sailoperator|servicemeshoperator3?)$/],
    ],
    image: /(^|\/)(istio-operator|sail-operator|operator-sail)([:@]|$)/,
  },
  {
    name: 'the CA of the mesh',
    why: 'it signs the identities of workloads',
    labels: [
      [APP, /^(cert-manager-istio-csr|spire-server)$/],
      ['app', /^(cert-manager-istio-csr|istio-csr|spire-server)$/],
    ],
    image: /(^|\/)(cert-manager-istio-csr|spire-server)([:@]|$)/,
  },
  {
    name: 'the Kubernetes control plane',
    why: 'it is the cluster',
    labels: [['component', /^(kube-apiserver|kube-controller-manager|kube-scheduler|etcd)$/]],
    image: /(^|\/)(kube-apiserver|kube-controller-manager|kube-scheduler)([:@]|$)/,
  },
  {
    name: 'the CNI',
    why: NODES,
    labels: [
      [
        'k8s-app',
        /^(istio-cni-node|calico-node|cilium|aws-node|kube-router|flannel|canal|antrea-agent|kube-proxy|azure-cns|netd)$/,
      ],
      ['app', /^(flannel|multus|ovnkube-node|antrea)$/],
      ['name', /^(cilium-operator|weave-net)$/],
    ],
    image: /(^|\/)(install-cni|calico\/node|cilium\/cilium|flannel|kube-proxy|weave-kube|multus-cni)([:@]|$)/,
  },
  {
    name: 'Argo CD',
    why: DEPLOYS,
    labels: [
      [PART_OF, /^argocd$/],
      [APP, /^argocd-/],
    ],
    called: /(application-?controller|argocd-server|repo-server|applicationset)/,
  },
  {
    name: 'Flux',
    why: DEPLOYS,
    labels: [
      [PART_OF, /^flux$/],
      ['app', /^(kustomize|helm|source)-controller$/],
    ],
    image: /(^|\/)fluxcd\/(kustomize|helm|source)-controller([:@]|$)/,
    called: /(kustomize|helm|source)-controller/,
  },
  {
    name: 'Crossplane',
    why: DEPLOYS,
    labels: [['app', /^crossplane$/]],
    image: /(^|\/)crossplane\/crossplane([:@]|$)/,
  },
  {
    name: 'Fleet',
    why: DEPLOYS,
    labels: [['app', /^fleet-(controller|agent)$/]],
    image: /(^|\/)rancher\/fleet(-agent)?([:@]|$)/,
  },
];

/** Any of the images above: most are none. */
const IMAGES = new RegExp(SIGNS.flatMap(({ image }) => image?.source ?? []).join('|'));

function isMeant(
  { labels, image, called }: Sign,
  workload: Workload,
  imagesOf: (workload: Workload) => readonly string[],
): boolean {
  // What a gateway is made of says nothing of what it is.
  if (workload.gateway) return false;
  const own = labels.some(([label, value]) => {
    const written = workload.labels[label];
    return written !== undefined && value.test(written);
  });
  if (!own && (image === undefined || !imagesOf(workload).some((each) => image.test(each)))) return false;
  return called === undefined || called.test(workload.name);
}
