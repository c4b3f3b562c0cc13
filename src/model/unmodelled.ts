import type { Unmodelled } from './resources.ts';

interface Touch extends Pick<Unmodelled, 'touches' | 'why'> {
  readonly scope: 'Namespaced' | 'Cluster';
}

const namespaced = (touches: Unmodelled['touches'], why: string): Touch => ({ scope: 'Namespaced', touches, why });
const clusterWide = (touches: Unmodelled['touches'], why: string): Touch => ({ scope: 'Cluster', touches, why });

const CILIUM = 'Cilium enforces it beside NetworkPolicy: it may deny what NetworkPolicy admits, also at HTTP level';
const CALICO =
  'Calico enforces it beside NetworkPolicy, in tiers of its own: it may admit or deny before NetworkPolicy is asked';
const ANTREA =
  'Antrea enforces it beside NetworkPolicy, in tiers of its own: it may admit or deny before NetworkPolicy is asked';
const ROUTE = 'it opens a way into the cluster that bypasses the gateways of the mesh';

/** By `group/kind`. */
const KINDS: Readonly<Record<string, Touch>> = {
  'cilium.io/CiliumNetworkPolicy': namespaced('network-policy', CILIUM),
  'cilium.io/CiliumClusterwideNetworkPolicy': clusterWide('network-policy', CILIUM),
  'cilium.io/CiliumEnvoyConfig': namespaced(
    'mesh',
    'it puts an Envoy of Cilium in the way, whose configuration is not read',
  ),
  'cilium.io/CiliumClusterwideEnvoyConfig': clusterWide(
    'mesh',
    'it puts an Envoy of Cilium in the way, whose configuration is not read',
  ),
  'cilium.io/CiliumEgressGatewayPolicy': clusterWide(
    'network-policy',
    'it changes the source address with which pods leave the cluster',
  ),
  'cilium.io/CiliumLocalRedirectPolicy': namespaced('network-policy', 'it sends traffic for a Service to other pods'),
  'crd.projectcalico.org/NetworkPolicy': namespaced('network-policy', CALICO),
  'crd.projectcalico.org/GlobalNetworkPolicy': clusterWide('network-policy', CALICO),
  'crd.projectcalico.org/StagedNetworkPolicy': namespaced(
    'network-policy',
    'it is staged: Calico does not enforce it yet',
  ),
  'projectcalico.org/NetworkPolicy': namespaced('network-policy', CALICO),
  'projectcalico.org/GlobalNetworkPolicy': clusterWide('network-policy', CALICO),
  'crd.antrea.io/NetworkPolicy': namespaced('network-policy', ANTREA),
  'crd.antrea.io/ClusterNetworkPolicy': clusterWide('network-policy', ANTREA),
  'k8s.ovn.org/EgressFirewall': namespaced(
    'network-policy',
    'OVN-Kubernetes enforces it on traffic that leaves the cluster',
  ),
  'network.openshift.io/EgressNetworkPolicy': namespaced(
    'network-policy',
    'OpenShift enforces it on traffic that leaves the cluster',
  ),
  'network.openshift.io/NetNamespace': clusterWide('network-policy', 'OpenShift isolates networks of projects by it'),
  'networking.gke.io/FQDNNetworkPolicy': namespaced(
    'network-policy',
    'GKE enforces it on traffic that leaves the cluster',
  ),
  'vpcresources.k8s.aws/SecurityGroupPolicy': namespaced(
    'network-policy',
    'it puts pods behind security groups of the cloud, which are not read',
  ),

  'route.openshift.io/Route': namespaced('ingress', ROUTE),
  'networking.gke.io/MultiClusterIngress': namespaced('ingress', ROUTE),
  'extensions/Ingress': namespaced('ingress', ROUTE),
  'serving.knative.dev/Service': namespaced(
    'ingress',
    'Knative makes Deployments, Services and routes of it that are not in the input',
  ),
  'serving.knative.dev/DomainMapping': namespaced('ingress', 'Knative opens a host at its gateway by it'),

  'maistra.io/ServiceMeshControlPlane': namespaced(
    'mesh',
    'it holds the mesh config and version of an OpenShift Service Mesh, which is not read',
  ),
  'maistra.io/ServiceMeshMemberRoll': namespaced(
    'mesh',
    'it says which namespaces belong to an OpenShift Service Mesh',
  ),
  'maistra.io/ServiceMeshMember': namespaced('mesh', 'it adds its namespace to an OpenShift Service Mesh'),
  'maistra.io/ServiceMeshExtension': namespaced(
    'mesh',
    'it puts a Wasm filter into proxies, which may reject requests or rewrite what policies read',
  ),
  'sailoperator.io/IstioRevision': clusterWide('mesh', 'it holds the mesh config of one revision, which is not read'),
  'mesh.cloud.google.com/ControlPlaneRevision': namespaced(
    'mesh',
    'it stands for a control plane that Google manages, whose mesh config is not in the input',
  ),
  'rbac.istio.io/ServiceRole': namespaced(
    'authorization',
    'it is of a policy API that Istio removed in 1.6: nothing enforces it',
  ),
  'rbac.istio.io/ServiceRoleBinding': namespaced(
    'authorization',
    'it is of a policy API that Istio removed in 1.6: nothing enforces it',
  ),
  'rbac.istio.io/ClusterRbacConfig': clusterWide(
    'authorization',
    'it is of a policy API that Istio removed in 1.6: nothing enforces it',
  ),
  'authentication.istio.io/Policy': namespaced(
    'authorization',
    'it is of a policy API that Istio removed in 1.6: nothing enforces it',
  ),
  'authentication.istio.io/MeshPolicy': clusterWide(
    'authorization',
    'it is of a policy API that Istio removed in 1.6: nothing enforces it',
  ),
  'k8s.nginx.org/VirtualServer': namespaced('ingress', ROUTE),
  'k8s.nginx.org/TransportServer': namespaced('ingress', ROUTE),
};

/** Ingress controllers and other meshes: every kind of the group that routes or restricts. `kinds` absent: all of it. */
const GROUPS: readonly { readonly group: RegExp; readonly kinds?: RegExp; readonly touch: Touch }[] = [
  { group: /^(traefik\.io|traefik\.containo\.us)$/, kinds: /^IngressRoute/, touch: namespaced('ingress', ROUTE) },
  { group: /^projectcontour\.io$/, kinds: /^HTTPProxy$/, touch: namespaced('ingress', ROUTE) },
  { group: /^configuration\.konghq\.com$/, kinds: /Ingress$/, touch: namespaced('ingress', ROUTE) },
  { group: /^getambassador\.io$/, kinds: /Mapping$/, touch: namespaced('ingress', ROUTE) },
  {
    group: /^gateway(\.solo\.io|\.kgateway\.dev)$/,
    kinds: /^(VirtualService|RouteTable|.*Policy)$/,
    touch: namespaced('ingress', ROUTE),
  },
  { group: /^apisix\.apache\.org$/, kinds: /^ApisixRoute$/, touch: namespaced('ingress', ROUTE) },
  { group: /(^|\.)haproxy\.(org|com)$/, touch: namespaced('ingress', ROUTE) },
  {
    group: /^gateway\.envoyproxy\.io$/,
    kinds: /Policy$/,
    touch: namespaced('ingress', 'Envoy Gateway changes by it what its routes admit'),
  },
  {
    group: /^elbv2\.k8s\.aws$/,
    kinds: /^TargetGroupBinding$/,
    touch: namespaced('ingress', 'it binds pods to a load balancer of the cloud'),
  },
  {
    group: /^((policy\.)?linkerd\.io|(access|specs|split)\.smi-spec\.io)$/,
    touch: namespaced('authorization', 'another service mesh enforces it on its own workloads'),
  },
  {
    group: /^(kuma\.io|consul\.hashicorp\.com)$/,
    touch: namespaced('authorization', 'another service mesh enforces it on its own workloads'),
  },
];

/** What an object of a kind that is not modelled may touch; undefined for kinds that do not matter. */
export function findTouch(group: string, kind: string): Touch | undefined {
  const key = `${group}/${kind}`;
  if (Object.hasOwn(KINDS, key)) return KINDS[key];
  return GROUPS.find((entry) => entry.group.test(group) && (entry.kinds?.test(kind) ?? true))?.touch;
}
