import { isRouter } from '../../model/inventory/is-router.ts';
import type { NetworkControl } from '../../graph/egress.ts';
import type { Facts } from '../../graph/facts.ts';
import { findIstiodNamespace, isMachinery } from '../../graph/machinery.ts';
import { namespaceKey, type Workload } from '../../model/inventory/types.ts';
import type { NetworkPolicy, NetworkPolicyEgressRule } from '../../model/k8s/network-policy.ts';
import type { Resource } from '../../model/resource.ts';
import type { Change } from '../../model/change/change.ts';
import { egressAllowsAnywhere } from '../../semantics/network-policy/external-egress.ts';
import { buildIndex, type NetworkPolicyIndex } from '../../semantics/network-policy/policy-index.ts';
import { addObjects, changeSpec } from '../changes.ts';
import { freeName } from '../free-name.ts';
import { manifestOf } from '../proposed.ts';

export interface EgressRestriction {
  readonly changes: readonly Change[];
  /** NetworkPolicy as it would be afterwards, in the namespaces of the workloads. */
  readonly index: NetworkPolicyIndex;
  /** Namespaces that get a policy. */
  readonly namespaces: readonly string[];
  /** What is left to do by hand, in words. */
  readonly byHand: readonly string[];
}

const MOST = 10;

/**
 * NetworkPolicies that keep workloads from addresses outside the cluster: one per namespace that has none, and those that are too wide cut down.
 * DNS, istiod (15012), HBONE (15008) and pods of the cluster stay reachable, so that calls inside it go on. Reference §15.4, §15.12.
 */
export function restrictEgress(
  facts: Facts,
  workloads: readonly Workload[],
  controlOf: (workload: Workload) => NetworkControl,
): EgressRestriction {
  const { mesh } = facts;
  const changes: Change[] = [];
  const byHand: string[] = [];
  const changed = new Map<NetworkPolicy, NetworkPolicy>();
  const added: NetworkPolicy[] = [];
  const places = new Map<string, Workload[]>();
  for (const workload of workloads) {
    // Policies of administrators are not cut down here: others answer for them.
    const by = controlOf(workload).by.filter(isNetworkPolicy);
    if (by.length > 0) for (const policy of by) changed.set(policy, narrowed(policy));
    else push(places, namespaceKey(workload.cluster, workload.namespace), workload);
  }
  for (const [before, after] of [...changed].slice(0, MOST)) {
    if (after !== before) changes.push(changeSpec(before, after.spec));
  }
  if (changed.size > MOST) byHand.push(`${changed.size - MOST} more NetworkPolicies are as wide: cut them down alike`);

  const istiod = findIstiodNamespace(mesh.workloads) ?? facts.enforcement.rootNamespace;
  const ready: string[] = [];
  for (const [key, [first]] of [...places].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!first) continue;
    const all = mesh.workloadsByNamespace.get(key) ?? [];
    if (all.some(isMachinery)) {
      byHand.push(
        `namespace ${key} holds Istio's own machinery, which calls the API server: select the other pods by label there`,
      );
    } else if (ready.length >= MOST) byHand.push(`namespace ${key}: the same policy with its name`);
    else {
      const policies = policiesFor(facts, first, all, istiod);
      added.push(...policies);
      ready.push(key);
      changes.push(
        ...addObjects(
          first.resource,
          policies.map((policy) => manifestOf(policy)),
        ),
      );
    }
  }
  // Egress is decided by the policies of the source's own namespace.
  const here = new Set(workloads.map(({ namespace }) => namespace));
  const near = [...here].flatMap((namespace) => mesh.resources.inNamespace('NetworkPolicy', namespace));
  const kept = near.map((policy) => changed.get(policy) ?? policy);
  const index = buildIndex([...kept, ...added], mesh.resources.unmodelled, facts.enforcement.network.admin);
  return { changes, index, namespaces: ready, byHand };
}

const isNetworkPolicy = (policy: Resource): policy is NetworkPolicy => policy.kind === 'NetworkPolicy';

/** How many of the workloads the changed policies keep from addresses outside. */
export function countRestricted({ index }: EgressRestriction, workloads: readonly Workload[]): number {
  return workloads.filter((workload) => egressAllowsAnywhere(index, workload).anywhere === 'no').length;
}

const NAMESPACE_NAME = 'kubernetes.io/metadata.name';
const tcp = (port: number) => ({ protocol: 'TCP', port }) as const;
const inNamespace = (name: string) => ({ matchLabels: { [NAMESPACE_NAME]: name } });

const DNS: NetworkPolicyEgressRule = {
  to: [{ namespaceSelector: inNamespace('kube-system'), podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }],
  ports: [{ protocol: 'UDP', port: 53 }, tcp(53)],
};
const HBONE: NetworkPolicyEgressRule = { to: [{ namespaceSelector: {} }], ports: [tcp(15008)] };
const IN_CLUSTER: NetworkPolicyEgressRule = { to: [{ namespaceSelector: {} }] };

/** What a pod of the mesh needs in any case: names, its control plane. */
export function meshEssentials(istiod: string): readonly NetworkPolicyEgressRule[] {
  const pods = { namespaceSelector: inNamespace(istiod), podSelector: { matchLabels: { app: 'istiod' } } };
  return [DNS, { to: [pods], ports: [tcp(15012)] }];
}

function policiesFor(
  facts: Facts,
  first: Workload,
  all: readonly Workload[],
  istiod: string,
): readonly NetworkPolicy[] {
  const policy = (wanted: string, podSelector: object, egress: readonly NetworkPolicyEgressRule[]): NetworkPolicy => ({
    cluster: first.cluster,
    kind: 'NetworkPolicy',
    apiVersion: 'networking.k8s.io/v1',
    name: freeName(facts.mesh.resources, 'NetworkPolicy', first, wanted),
    namespace: first.namespace,
    labels: {},
    annotations: {},
    ownerReferences: [],
    spec: { podSelector, policyTypes: ['Egress'], egress: [...egress] },
    origin: first.resource.origin,
  });
  const gateways = all.filter(isRouter);
  // Policies are a union: a gateway in the namespace keeps what it may do today.
  return [
    policy('restrict-egress', {}, [...meshEssentials(istiod), HBONE, IN_CLUSTER]),
    ...gateways.map((gateway) =>
      policy(`keep-egress-of-${gateway.name}`, { matchLabels: labelsOfGateway(gateway) }, [{}]),
    ),
  ];
}

const TELLING = ['gateway.networking.k8s.io/gateway-name', 'istio', 'app', 'app.kubernetes.io/name'];

/** Labels that tell a gateway's pods from others; never none, which would select all. */
function labelsOfGateway({ labels, gateway, name }: Workload): Readonly<Record<string, string>> {
  const key = TELLING.find((label) => labels[label] !== undefined);
  if (key) return { [key]: labels[key] ?? '' };
  return Object.keys(labels).length > 0 ? labels : { [TELLING[0] ?? '']: gateway?.gatewayName ?? name };
}

/** The same policy without addresses of anybody's choice: DNS to the cluster's own, the rest to pods of the cluster. */
function narrowed(policy: NetworkPolicy): NetworkPolicy {
  const { egress = [] } = policy.spec;
  const rules = egress.flatMap((rule): readonly NetworkPolicyEgressRule[] => {
    const { to = [], ports = [] } = rule;
    if (to.length === 0) {
      const onlyDns = ports.length > 0 && ports.every(({ port, endPort }) => port === 53 && endPort === undefined);
      return [{ ...rule, to: onlyDns ? (DNS.to ?? []) : (IN_CLUSTER.to ?? []) }];
    }
    const kept = to.filter((peer) => !isAnywhere(policy, peer));
    return kept.length === to.length ? [rule] : kept.length > 0 ? [{ ...rule, to: kept }] : [];
  });
  if (rules.length === egress.length && rules.every((rule, i) => rule === egress[i])) return policy;
  return { ...policy, spec: { ...policy.spec, policyTypes: policyTypesOf(policy), egress: rules } };
}

/** Asked of the semantics itself, with a policy that holds nothing but the peer. */
function isAnywhere(policy: NetworkPolicy, peer: NonNullable<NetworkPolicyEgressRule['to']>[number]): boolean {
  const spec = { podSelector: {}, policyTypes: ['Egress' as const], egress: [{ to: [peer] }] };
  const { cluster, namespace } = policy;
  const pod = { cluster, namespace, labels: {}, hostNetwork: false };
  return egressAllowsAnywhere(buildIndex([{ ...policy, spec }]), pod).anywhere !== 'no';
}

/** Written out, since a policy that loses its last egress rule would isolate nothing any more. */
function policyTypesOf({ spec: { policyTypes = [] } }: NetworkPolicy): ('Ingress' | 'Egress')[] {
  return policyTypes.length > 0 ? [...policyTypes] : ['Ingress', 'Egress'];
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
