import { waysThrough } from '../../graph/ways-through.ts';
import type { PortFacts } from '../../graph/facts.ts';
import { waypointOf, waypointPolicies } from '../../semantics/ambient/waypoint.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { ztunnelEffects } from './http-deny-at-ztunnel.ts';
import { blockedTcp } from './http-deny-on-tcp.ts';
import type { DenyEffects } from './http-deny-probe.ts';

const NOTHING: DenyEffects = { effects: [], policies: [] };

/** What DENY policies with HTTP fields do at a port: at its own proxy, and in ambient at the waypoints of its services. */
export function denyEffects(enforcement: Enforcement, facts: PortFacts): DenyEffects {
  const { workload, port, captured } = facts;
  const { kind } = workload.dataPlane;
  if (!captured.captured || kind === 'none' || workload.gateway?.kind === 'waypoint') return NOTHING;
  // A gateway listens on what Gateways open, and on nothing else.
  if (kind === 'gateway' && port.declaredBy !== 'gateway' && port.declaredBy !== 'listener') return NOTHING;
  if (kind !== 'ambient') {
    const at = { workload, port, chain: port.chain, number: port.port, point: kind };
    return blockedTcp(enforcement, enforcement.envoy(workload).tcp.deny, at);
  }
  const all = [ztunnelEffects(enforcement, facts)];
  for (const via of waysThrough(enforcement, port)) {
    const waypoint = waypointOf(enforcement, via.service);
    if (!waypoint) continue;
    const { tcp } = waypointPolicies(enforcement, { destination: { workload, port: port.port, via } }, waypoint);
    const { chain, port: number } = via.port;
    all.push(blockedTcp(enforcement, tcp.deny, { workload, port, via, chain, number, point: 'waypoint' }));
  }
  return { effects: all.flatMap(({ effects }) => effects), policies: all.flatMap(({ policies }) => policies) };
}
