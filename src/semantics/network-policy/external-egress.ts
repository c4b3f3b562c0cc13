import type { NetworkPolicy } from '../../model/k8s/network-policy.ts';
import { sizeWithout } from '../../util/cidr.ts';
import type { CompiledPort, CompiledRule, IpBlock } from './compile.ts';
import type { NetworkPod } from './peer.ts';
import { type NetworkPolicyIndex, selectPolicies } from './policy-index.ts';

/** What NetworkPolicy leaves open towards addresses outside the cluster. */
export interface ExternalEgress {
  /** False: any address on any TCP port can be reached. */
  readonly restricted: boolean;
  /** The policies that isolate the workload for egress. */
  readonly by: readonly NetworkPolicy[];
  /** What the rules still admit, in words: `203.0.113.0/24 on TCP 443 (NetworkPolicy ns/name, egress rule 0)`. */
  readonly holes: readonly string[];
  /** Addresses of an attacker's choice: none, on some ports (often DNS), or on all TCP ports. */
  readonly anywhere: 'no' | 'some-ports' | 'all-ports';
}

/**
 * Does some egress policy restrict this workload's traffic to addresses outside the cluster? A block that leaves at least a quarter
 * of all addresses open counts as anywhere: a list of exceptions does not keep an attacker from a server elsewhere.
 */
export function egressAllowsAnywhere(
  index: NetworkPolicyIndex,
  workload: Pick<NetworkPod, 'cluster' | 'namespace' | 'labels' | 'hostNetwork'>,
): ExternalEgress {
  const policies = selectPolicies(index, workload).egress;
  if (policies.length === 0) return { restricted: false, by: [], holes: [], anywhere: 'all-ports' };
  const holes: string[] = [];
  let anywhere: ExternalEgress['anywhere'] = 'no';
  for (const { policy, egress } of policies) {
    for (const rule of egress ?? []) {
      for (const { text, isAnywhere } of addressesOf(rule)) {
        holes.push(
          `${text} on ${portsText(rule.ports)} (NetworkPolicy ${policy.namespace}/${policy.name}, egress rule ${rule.index})`,
        );
        if (!isAnywhere) continue;
        if (coversAllTcp(rule.ports)) anywhere = 'all-ports';
        else if (anywhere === 'no') anywhere = 'some-ports';
      }
    }
  }
  return { restricted: anywhere !== 'all-ports', by: policies.map(({ policy }) => policy), holes, anywhere };
}

function addressesOf(rule: CompiledRule): readonly { readonly text: string; readonly isAnywhere: boolean }[] {
  if (!rule.peers) return [{ text: 'any address', isAnywhere: true }];
  return rule.peers.flatMap((peer) =>
    peer.kind === 'block' ? [{ text: peer.block.text, isAnywhere: reachesAnywhere(peer.block) }] : [],
  );
}

function reachesAnywhere({ cidr, except }: IpBlock): boolean {
  const quarter = cidr.family === 4 ? 1n << 30n : 1n << 126n;
  return sizeWithout(cidr, except) >= quarter;
}

function coversAllTcp(ports: readonly CompiledPort[] | null): boolean {
  if (!ports) return true;
  return ports.some(
    (port) =>
      port.transport === 'TCP' &&
      (port.kind === 'all' || (port.kind === 'range' && port.first <= 1 && port.last >= 65535)),
  );
}

function portsText(ports: readonly CompiledPort[] | null): string {
  if (!ports) return 'any port';
  const texts = ports.map((port) => {
    if (port.kind === 'all') return `any ${port.transport} port`;
    if (port.kind === 'name') return `${port.transport} ${port.name}`;
    return `${port.transport} ${port.first === port.last ? port.first : `${port.first}-${port.last}`}`;
  });
  return texts.join(', ');
}
