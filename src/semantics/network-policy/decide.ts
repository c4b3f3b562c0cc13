import type { NetworkPolicy } from '../../model/k8s/network-policy.ts';
import type { CompiledPolicy } from './compile.ts';
import { decideWithAdmin } from './decide-admin.ts';
import { better, type Match, matchRule, type SeenPeer, seePeer } from './match.ts';
import type { NetworkDecision, NetworkPeer, NetworkPod, Transport } from './peer.ts';
import { findUnmodelled, type NetworkPolicyIndex, selectPolicies } from './policy-index.ts';

/**
 * May `from` reach `port` of the pod, as far as the pod's own ingress policies go? `port` is the pod's port after DNAT: 15008 for
 * everything that arrives by HBONE (reference §15.4).
 */
export function decideIngress(
  index: NetworkPolicyIndex,
  from: NetworkPeer,
  to: NetworkPod,
  port: number,
  transport: Transport,
): NetworkDecision {
  const policies = selectPolicies(index, to).ingress;
  const seen = seePeer(from, to.cluster, to.namedPorts);
  const question = { direction: 'ingress', policies, seen, port, transport } as const;
  return qualify(index, to, fromOwnNode(decideAll(index, to, question), from));
}

/** May the pod send to `port` of `to`, as far as the pod's own egress policies go? */
export function decideEgress(
  index: NetworkPolicyIndex,
  from: NetworkPod,
  to: NetworkPeer,
  port: number,
  transport: Transport,
): NetworkDecision {
  const policies = selectPolicies(index, from).egress;
  // Outside the cluster a port has no name.
  const namedPorts = to.kind === 'pod' ? to.namedPorts : () => undefined;
  const seen = seePeer(to, from.cluster, namedPorts);
  const question = { direction: 'egress', policies, seen, port, transport } as const;
  return qualify(index, from, decideAll(index, from, question));
}

function decideAll(index: NetworkPolicyIndex, pod: NetworkPod, question: Question): NetworkDecision {
  const tiers = index.admin.get(pod.cluster);
  return tiers ? decideWithAdmin(tiers, { ...question, pod }, () => decide(question)) : decide(question);
}

interface Question {
  readonly direction: 'ingress' | 'egress';
  readonly policies: readonly CompiledPolicy[];
  readonly seen: SeenPeer;
  readonly port: number;
  readonly transport: Transport;
}

/** Policies are a union: one rule of one of them is enough. */
function decide({ direction, policies, seen, port, transport }: Question): NetworkDecision {
  const isolatedBy = policies.map(({ policy }) => policy);
  const first = isolatedBy[0];
  if (!first)
    return {
      direction,
      outcome: 'allow',
      by: null,
      isolatedBy,
      requires: [],
      assumes: [],
      reason: `no NetworkPolicy isolates the pod for ${direction}`,
    };
  let match: Match = { kind: 'no' };
  let by: { readonly policy: NetworkPolicy; readonly rule?: number } = { policy: first };
  search: for (const compiled of policies) {
    for (const rule of compiled[direction] ?? []) {
      const next = better(match, matchRule(rule, compiled.policy.namespace, seen, port, transport));
      if (next === match) continue;
      match = next;
      by = { policy: compiled.policy, rule: rule.index };
      if (match.kind === 'yes') break search;
    }
  }
  const rule = `${direction} rule ${by.rule} of NetworkPolicy ${nameOf(by.policy)}`;
  const base = { direction, by, isolatedBy, requires: [], assumes: [] };
  switch (match.kind) {
    case 'yes':
      return { ...base, outcome: 'allow', reason: `${rule} admits it` };
    case 'assuming':
      return { ...base, outcome: 'allow', assumes: [match.assumes], reason: `${rule} admits it` };
    case 'within':
      return direction === 'ingress'
        ? {
            ...base,
            outcome: 'allow',
            requires: [{ kind: 'source-ip', ranges: [match.range] }],
            reason: `${rule} admits it from ${match.range}`,
          }
        : {
            ...base,
            outcome: 'allow',
            assumes: [`the destination lies in ${match.range}`],
            reason: `${rule} admits it to ${match.range}`,
          };
    case 'unclear':
      return { ...base, outcome: 'unknown', reason: `${rule} may admit it: ${match.why}` };
    case 'no':
      return {
        ...base,
        outcome: 'deny',
        reason: `${isolatedBy.map(nameOf).join(', ')} isolates the pod for ${direction} and no rule admits ${transport} ${port} ${direction === 'ingress' ? 'from' : 'to'} there`,
      };
    default:
      return match satisfies never;
  }
}

/** What runs on a pod's own node always reaches it, whatever the policies say (kubelet; reference §15.4). */
function fromOwnNode(decision: NetworkDecision, from: NetworkPeer): NetworkDecision {
  if (decision.outcome === 'allow') return decision;
  const onNode = from.kind === 'node' || (from.kind === 'pod' && from.hostNetwork);
  if (!onNode || (from.kind === 'node' && from.sameNode === false)) return decision;
  const known = from.kind === 'node' && from.sameNode === true;
  return {
    ...decision,
    outcome: 'allow',
    by: null,
    assumes: known ? [] : ['the caller runs on the node of the destination pod'],
    reason: "traffic from a pod's own node is always admitted",
  };
}

/** Policies of kinds that are not modelled may refuse what is allowed here, and some of them may allow what is refused. */
function qualify(index: NetworkPolicyIndex, pod: NetworkPod, decision: NetworkDecision): NetworkDecision {
  const object = pod.hostNetwork ? undefined : findUnmodelled(index, pod);
  if (!object) return decision;
  const name = object.namespace ? `${object.namespace}/${object.name}` : object.name;
  return {
    ...decision,
    outcome: 'unknown',
    reason: `${object.kind} ${name} is not modelled and may change the answer; without it: ${decision.outcome}, ${decision.reason}`,
  };
}

const nameOf = (policy: NetworkPolicy): string => `${policy.namespace}/${policy.name}`;
