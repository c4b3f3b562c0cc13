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
    const kept = peers.filter((peer) => !isWide(mesh, policy, peer, starts));
    return peers.length > 0 && kept.length === peers.length ? [] : [{ index, rule, kept }];
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

function isWide(
  mesh: Mesh,
  { cluster, namespace }: NetworkPolicy,
  { ipBlock, namespaceSelector, podSelector }: NetworkPolicyPeer,
  starts: readonly Foothold[],
): boolean {
  if (ipBlock) return parseCidr(ipBlock.cidr ?? '')?.prefix === 0;
  if (!isEmpty(podSelector)) return false;
  if (namespaceSelector && isEmpty(namespaceSelector)) return true;
  return starts.some((start) => {
    if (start.kind !== 'workload' || start.workload.cluster !== cluster) return false;
    const home = start.workload.namespace;
    if (!namespaceSelector) return home === namespace;
    const labels = mesh.namespaces.get(namespaceKey(cluster, home))?.labels ?? {};
    return matchesSelector(namespaceSelector, { ...labels, 'kubernetes.io/metadata.name': home });
  });
}

const isEmpty = (selector: LabelSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;
