import type { Foothold } from '../../graph/attack/foothold.ts';
import { matchesSelector } from '../../model/inventory/label-selection.ts';
import { type Mesh, namespaceKey, type Workload } from '../../model/inventory/types.ts';
import type { LabelSelector } from '../../model/k8s/label-selector.ts';
import type { NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer } from '../../model/k8s/network-policy.ts';
import { parseCidr } from '../../util/cidr.ts';

/** An ingress rule that admits callers without naming their pods. */
export interface WideRule {
  readonly index: number;
  readonly rule: NetworkPolicyIngressRule;
  /** Its peers that name somebody. */
  readonly kept: readonly NetworkPolicyPeer[];
  /** Those that name nobody. Absent: it admits everybody. */
  readonly within?: readonly NetworkPolicyPeer[];
}

/**
 * Rules of a policy that let everybody, or all pods of the namespaces that attackers start in, get to some ports of a workload: no `from`, every
 * namespace, every address, a whole namespace.
 */
export function wideRulesOf(
  mesh: Mesh,
  policy: NetworkPolicy,
  workload: Workload,
  { ports, starts }: { readonly ports: ReadonlySet<number>; readonly starts: readonly Foothold[] },
): readonly WideRule[] {
  return (policy.spec.ingress ?? []).flatMap((rule, index) => {
    if (![...ports].some((port) => covers(rule, workload, port, 'TCP') || covers(rule, workload, port, 'UDP')))
      return [];
    const peers = rule.from ?? [];
    const kept = peers.filter((peer) => !isForAll(peer) && !isHome(mesh, policy, peer, starts));
    if (peers.length > 0 && kept.length === peers.length) return [];
    const within = peers.filter((peer) => !kept.includes(peer));
    return [{ index, rule, kept, ...(within.length === 0 || within.some(isForAll) ? {} : { within }) }];
  });
}

/** The peers of another rule as far as some wide peers let them in already; a rule without peers is about all of these. */
export function peersWithin(
  mesh: Mesh,
  policy: NetworkPolicy,
  { from }: NetworkPolicyIngressRule,
  within: readonly NetworkPolicyPeer[],
): readonly NetworkPolicyPeer[] {
  if (!from?.length) return within;
  return from.filter(({ ipBlock, namespaceSelector }) => {
    if (ipBlock) return false;
    const name = namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'] ?? policy.namespace;
    if (namespaceSelector && isEmpty(namespaceSelector)) return false;
    return within.some((wide) => admitsNamespace(mesh, policy, wide, name));
  });
}

/** Whether a rule is about a port of a workload, for those whom it admits. */
export function covers(
  { ports = [] }: NetworkPolicyIngressRule,
  workload: Workload,
  wanted: number,
  transport: string,
): boolean {
  if (ports.length === 0) return true;
  return ports.some(({ protocol = 'TCP', port, endPort }) => {
    if (protocol !== transport) return false;
    if (port === undefined) return true;
    if (typeof port === 'number') return port <= wanted && wanted <= (endPort ?? port);
    return workload.ports.some((own) => own.port === wanted && own.name === port);
  });
}

function isForAll({ ipBlock, namespaceSelector, podSelector }: NetworkPolicyPeer): boolean {
  if (ipBlock) return parseCidr(ipBlock.cidr ?? '')?.prefix === 0;
  return isEmpty(podSelector) && namespaceSelector !== undefined && isEmpty(namespaceSelector);
}

/** Whether a peer is a whole namespace that attackers start in. */
function isHome(mesh: Mesh, policy: NetworkPolicy, peer: NetworkPolicyPeer, starts: readonly Foothold[]): boolean {
  if (peer.ipBlock || !isEmpty(peer.podSelector)) return false;
  return starts.some(
    (start) =>
      start.kind === 'workload' &&
      start.workload.cluster === policy.cluster &&
      admitsNamespace(mesh, policy, peer, start.workload.namespace),
  );
}

function admitsNamespace(
  mesh: Mesh,
  { cluster, namespace }: NetworkPolicy,
  { namespaceSelector }: NetworkPolicyPeer,
  name: string,
): boolean {
  if (!namespaceSelector) return name === namespace;
  const labels = mesh.namespaces.get(namespaceKey(cluster, name))?.labels ?? {};
  return matchesSelector(namespaceSelector, { ...labels, 'kubernetes.io/metadata.name': name });
}

const isEmpty = (selector: LabelSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;
