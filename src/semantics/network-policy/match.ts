import type { LabelSelector } from '../../model/k8s/label-selector.ts';
import { type Address, contains, parseAddress } from '../../util/cidr.ts';
import { type Labels, matchesSelector } from '../../model/inventory/label-selection.ts';
import { selectorKeys } from '../selector.ts';
import type { CompiledPeer, CompiledPort, CompiledRule, IpBlock } from './compile.ts';
import type { NamedPorts, NetworkPeer, Transport } from './peer.ts';

/** The peer, prepared once for a decision. */
export interface SeenPeer {
  readonly peer: NetworkPeer;
  /** For named ports; of the pod that is the destination. */
  readonly namedPorts: NamedPorts | undefined;
  readonly address: Address | undefined;
  /** Null where selectors never match: outside the cluster, nodes, host-network pods, pods of other clusters. */
  readonly selectable: {
    readonly namespace: string;
    readonly namespaceLabels: Labels;
    readonly namespaceKnown: boolean;
    readonly podLabels: Labels;
  } | null;
}

/** How far a rule admits: for certain, on an assumption, if the peer's address lies in a range, perhaps, or not. */
export type Match =
  | { readonly kind: 'yes' }
  | { readonly kind: 'assuming'; readonly assumes: string }
  | { readonly kind: 'within'; readonly range: string }
  | { readonly kind: 'unclear'; readonly why: string }
  | { readonly kind: 'no' };

const YES: Match = { kind: 'yes' };
const NO: Match = { kind: 'no' };
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

export function seePeer(peer: NetworkPeer, cluster: string, namedPorts: NamedPorts | undefined): SeenPeer {
  const address = peer.ip === undefined ? undefined : parseAddress(peer.ip);
  if (peer.kind !== 'pod' || peer.hostNetwork || peer.cluster !== cluster)
    return { peer, namedPorts, address, selectable: null };
  const { namespace, podLabels } = peer;
  // The API server sets this label on every Namespace.
  const namespaceLabels = { ...peer.namespaceLabels, [NAMESPACE_NAME]: namespace };
  return {
    peer,
    namedPorts,
    address,
    selectable: { namespace, namespaceLabels, namespaceKnown: peer.namespaceLabels !== null, podLabels },
  };
}

const RANK = { yes: 0, assuming: 1, within: 2, unclear: 3, no: 4 } as const;

/** The one that admits with the fewest ifs; the first of equals. */
export function better(a: Match, b: Match): Match {
  return RANK[b.kind] < RANK[a.kind] ? b : a;
}

export function matchRule(
  rule: CompiledRule,
  policyNamespace: string,
  seen: SeenPeer,
  port: number,
  transport: Transport,
): Match {
  const ports = matchPorts(rule.ports, seen.namedPorts, port, transport);
  if (ports.kind === 'no') return NO;
  if (!rule.peers) return ports;
  let best: Match = NO;
  for (const peer of rule.peers) {
    best = better(best, matchPeer(peer, policyNamespace, seen));
    if (best.kind === 'yes') break;
  }
  return best.kind !== 'no' && ports.kind === 'unclear' ? ports : best;
}

export function matchPorts(
  ports: readonly CompiledPort[] | null,
  named: NamedPorts | undefined,
  port: number,
  transport: Transport,
): Match {
  if (!ports) return YES;
  let unclear: Match = NO;
  for (const candidate of ports) {
    if (candidate.transport !== transport) continue;
    if (candidate.kind === 'all') return YES;
    if (candidate.kind === 'range') {
      if (port >= candidate.first && port <= candidate.last) return YES;
    } else if (!named) {
      unclear = { kind: 'unclear', why: `which port \`${candidate.name}\` names is not in the input` };
    } else if (named(candidate.name, transport) === port) return YES;
  }
  return unclear;
}

export function matchPeer(candidate: CompiledPeer, policyNamespace: string, seen: SeenPeer): Match {
  if (candidate.kind === 'block') return matchBlock(candidate.block, seen);
  const pod = seen.selectable;
  if (!pod || !matchesSelector(candidate.podSelector ?? {}, pod.podLabels)) return NO;
  if (!candidate.namespaceSelector) return pod.namespace === policyNamespace ? YES : NO;
  if (!pod.namespaceKnown && readsOtherLabels(candidate.namespaceSelector)) {
    return { kind: 'unclear', why: `the labels of namespace \`${pod.namespace}\` are not in the input` };
  }
  return matchesSelector(candidate.namespaceSelector, pod.namespaceLabels) ? YES : NO;
}

const readsOtherLabels = (selector: LabelSelector): boolean =>
  selectorKeys(selector).some((key) => key !== NAMESPACE_NAME);

/** Whether `ipBlock` covers pod addresses is left to the CNI (reference §17): it is assumed that it does. */
function matchBlock(block: IpBlock, { peer, address }: SeenPeer): Match {
  const overPods = peer.kind === 'pod' && !peer.hostNetwork;
  const covered: Match = overPods ? { kind: 'assuming', assumes: 'the CNI applies ipBlock to pod addresses' } : YES;
  if (address)
    return contains(block.cidr, address) && !block.except.some((hole) => contains(hole, address)) ? covered : NO;
  if (block.cidr.prefix === 0 && block.except.length === 0) return covered;
  if (peer.kind === 'external') return { kind: 'within', range: block.text };
  return { kind: 'unclear', why: `whether ${block.text} holds the address of the ${peer.kind} is not in the input` };
}
