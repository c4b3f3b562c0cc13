import type { LabelSelector } from '../../model/k8s/label-selector.ts';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../model/k8s/network-policy.ts';
import { type Cidr, parseCidr } from '../../util/cidr.ts';
import type { Transport } from './peer.ts';

export interface IpBlock {
  readonly cidr: Cidr;
  readonly except: readonly Cidr[];
  /** As written: `10.0.0.0/8 except 10.1.0.0/16`. */
  readonly text: string;
}

/** One entry of `from` or `to`. */
export type CompiledPeer =
  /** Without `namespaceSelector`: pods of the policy's own namespace. Without `podSelector`: all pods there. */
  | { readonly kind: 'pods'; readonly namespaceSelector?: LabelSelector; readonly podSelector?: LabelSelector }
  | { readonly kind: 'block'; readonly block: IpBlock };

export type CompiledPort =
  | { readonly kind: 'all'; readonly transport: Transport }
  | { readonly kind: 'range'; readonly transport: Transport; readonly first: number; readonly last: number }
  | { readonly kind: 'name'; readonly transport: Transport; readonly name: string };

/** Null: no condition. */
export interface CompiledRule {
  readonly index: number;
  readonly peers: readonly CompiledPeer[] | null;
  readonly ports: readonly CompiledPort[] | null;
}

/** One direction of a policy is null where the policy does not isolate it. */
export interface CompiledPolicy {
  readonly policy: NetworkPolicy;
  readonly selector: LabelSelector;
  readonly ingress: readonly CompiledRule[] | null;
  readonly egress: readonly CompiledRule[] | null;
}

/**
 * Source: k8s.io/api networking/v1 types.go and pkg/apis/networking/v1/defaults.go: without `policyTypes` a policy isolates ingress, and
 * egress only if it has at least one egress rule (reference §17); rules of a direction that is not isolated do nothing.
 */
export function compileNetworkPolicy(policy: NetworkPolicy): CompiledPolicy {
  const { podSelector = {}, policyTypes = [], ingress = [], egress = [] } = policy.spec;
  const types = policyTypes.length > 0 ? policyTypes : egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  return {
    policy,
    selector: podSelector,
    ingress: types.includes('Ingress') ? ingress.map((rule, index) => compileRule(index, rule.from, rule.ports)) : null,
    egress: types.includes('Egress') ? egress.map((rule, index) => compileRule(index, rule.to, rule.ports)) : null,
  };
}

/** An absent list and an empty one are the same: no condition. */
function compileRule(
  index: number,
  peers: readonly NetworkPolicyPeer[] = [],
  ports: readonly NetworkPolicyPort[] = [],
): CompiledRule {
  return {
    index,
    peers: peers.length > 0 ? peers.flatMap(compilePeer) : null,
    ports: ports.length > 0 ? ports.flatMap(compilePort) : null,
  };
}

/** An entry without any selector, or with a bad block, is refused by the API server; it admits nobody. */
function compilePeer({ ipBlock, namespaceSelector, podSelector }: NetworkPolicyPeer): readonly CompiledPeer[] {
  if (ipBlock) {
    const block = compileBlock(ipBlock.cidr ?? '', ipBlock.except ?? []);
    return block ? [{ kind: 'block', block }] : [];
  }
  if (!namespaceSelector && !podSelector) return [];
  return [
    { kind: 'pods', ...(namespaceSelector ? { namespaceSelector } : {}), ...(podSelector ? { podSelector } : {}) },
  ];
}

function compileBlock(cidr: string, except: readonly string[]): IpBlock | undefined {
  const parsed = parseCidr(cidr);
  if (!parsed) return undefined;
  const text = except.length > 0 ? `${cidr} except ${except.join(', ')}` : cidr;
  return { cidr: parsed, except: except.flatMap((hole) => parseCidr(hole) ?? []), text };
}

function compilePort({ protocol: transport = 'TCP', port, endPort }: NetworkPolicyPort): readonly CompiledPort[] {
  if (port === undefined) return [{ kind: 'all', transport }];
  if (typeof port === 'number') return [{ kind: 'range', transport, first: port, last: endPort ?? port }];
  return [{ kind: 'name', transport, name: port }];
}
