import type { Resource } from '../../model/resource.ts';
import { sizeWithout } from '../../util/cidr.ts';
import type { CompiledPolicy, CompiledPort, CompiledRule, IpBlock } from './compile.ts';

/** What NetworkPolicy leaves open towards addresses outside the cluster. */
export interface ExternalEgress {
  /** False: any address on any TCP port can be reached. */
  readonly restricted: boolean;
  /** The policies that have a say: those that isolate the workload for egress, and those of administrators with egress rules. */
  readonly by: readonly Resource[];
  /** What the rules still admit, in words: `203.0.113.0/24 on TCP 443 (NetworkPolicy ns/name, egress rule 0)`. */
  readonly holes: readonly string[];
  /** Addresses of an attacker's choice: none, on some ports (often DNS), or on all TCP ports. */
  readonly anywhere: 'no' | 'some-ports' | 'all-ports';
}

/** Addresses outside the cluster that a policy's egress rules name, in words. */
export function holesOf({ policy, egress }: CompiledPolicy): readonly string[] {
  return (egress ?? []).flatMap((rule) =>
    addressesOf(rule).map(
      ({ text }) =>
        `${text} on ${portsText(rule.ports)} (NetworkPolicy ${policy.namespace}/${policy.name}, egress rule ${rule.index})`,
    ),
  );
}

export function addressesOf(rule: CompiledRule): readonly { readonly text: string; readonly isAnywhere: boolean }[] {
  if (!rule.peers) return [{ text: 'any address', isAnywhere: true }];
  return rule.peers.flatMap((peer) =>
    peer.kind === 'block' ? [{ text: peer.block.text, isAnywhere: reachesAnywhere(peer.block) }] : [],
  );
}

function reachesAnywhere({ cidr, except }: IpBlock): boolean {
  const quarter = cidr.family === 4 ? 1n << 30n : 1n << 126n;
  return sizeWithout(cidr, except) >= quarter;
}

export function portsText(ports: readonly CompiledPort[] | null): string {
  if (!ports) return 'any port';
  const texts = ports.map((port) => {
    if (port.kind === 'all') return `any ${port.transport} port`;
    if (port.kind === 'name') return `${port.transport} ${port.name}`;
    return `${port.transport} ${port.first === port.last ? port.first : `${port.first}-${port.last}`}`;
  });
  return texts.join(', ');
}
