import type { ServicePort, Workload } from '../../model/inventory/types.ts';
import { divertedFrom } from '../ambient/onward.ts';
import { passWaypoint, waypointOf } from '../ambient/waypoint.ts';
import type { Enforcement } from '../enforcement.ts';
import { decideNetwork } from '../network.ts';
import type { Query } from '../query.ts';
import type { Verdict } from '../verdict.ts';
import { inTurn, type Land, type Landing } from './landing.ts';
import { type EntryEndpoint, type EntryService, entryEndpoints } from './entry-service.ts';
import type { Sent } from './from-sidecar.ts';
import { leaveMesh, type OutsidePlace } from './leave.ts';

const HBONE_PORT = 15008;

/** A ServiceEntry that a request goes to. */
export interface AddressedEntry {
  readonly entry: EntryService;
  readonly port: ServicePort;
  /** The address asked for, if it is known. */
  readonly ip?: string;
}

/**
 * A request to a ServiceEntry with no sidecar in between: at its workloads as at any other; to places outside through the waypoint that is
 * bound to it, for clients of ztunnel, and else as it is. Empty: nothing is behind it.
 *
 * Source: ztunnel src/proxy/outbound.rs; reference §4.3, §7.
 */
export function decideToEntry(
  enforcement: Enforcement,
  sent: Sent,
  { entry, port, ip }: AddressedEntry,
  land: Land,
): readonly Landing[] {
  const via = { service: entry, port };
  const at = ip === undefined ? {} : { ip };
  const landings = entryEndpoints(enforcement.mesh, entry, port.port).map(
    (endpoint): Landing =>
      endpoint.kind === 'workload'
        ? land({ ...sent, destination: { workload: endpoint.workload, port: endpoint.port, via, ...at } })
        : { verdict: decideOutside(enforcement, sent, { entry, port, ...at }, endpoint) },
  );
  const waypoint = usesWaypoint(sent) ? waypointOf(enforcement, entry) : undefined;
  if (!waypoint) return landings;
  const diverted = divertedFrom(enforcement, {
    ...sent,
    destination: { workload: waypoint, port: port.port, via, ...at },
  });
  return [...landings, ...diverted.queries.map(land), ...diverted.leaving];
}

function decideOutside(
  enforcement: Enforcement,
  sent: Sent,
  { entry, port, ip }: AddressedEntry,
  endpoint: Extract<EntryEndpoint, { kind: 'outside' }>,
): Verdict {
  const address = endpoint.address ?? ip;
  const place: OutsidePlace = {
    label: `${endpoint.address ?? entry.hosts[0] ?? entry.name}:${endpoint.port}`,
    port: endpoint.port,
    ...(address === undefined ? {} : { address }),
  };
  const { position, connects } = sent.source;
  const sender = position.kind === 'workload' ? position.workload : undefined;
  const waypoint = usesWaypoint(sent) ? waypointOf(enforcement, entry) : undefined;
  if (waypoint)
    return throughWaypoint(enforcement, sent, { entry, port, ...(ip === undefined ? {} : { ip }) }, waypoint, place);
  if (connects === 'mtls') {
    const reason = `nothing of the mesh terminates mutual TLS at ${place.label}`;
    const step = { point: 'none', stage: 'outbound', outcome: 'stop', text: reason } as const;
    return { outcome: 'deny', requires: [], assumes: [], by: null, reason, point: 'none', trace: [step] };
  }
  return leaveMesh(enforcement, sender, place, sent.transport);
}

/** ztunnel leads there; of a client that is known by its identity alone, take that it is ambient. An attacker goes to the address itself. */
function usesWaypoint({ source: { position, identity, connects }, client }: Sent): boolean {
  if (position.kind !== 'workload') return connects === 'mtls';
  return position.workload.dataPlane.kind === 'ambient' && identity !== null && client === 'app';
}

function throughWaypoint(
  enforcement: Enforcement,
  sent: Sent,
  { entry, port, ip }: AddressedEntry,
  waypoint: Workload,
  place: OutsidePlace,
): Verdict {
  const query: Query = {
    ...sent,
    destination: {
      workload: waypoint,
      port: port.port,
      via: { service: entry, port },
      ...(ip === undefined ? {} : { ip }),
    },
  };
  const there = { ...query, destination: { workload: waypoint, port: HBONE_PORT } };
  const network = decideNetwork(enforcement, there, 'plaintext');
  if (!network.passes) return network.verdict;
  const { verdict, departure } = passWaypoint(enforcement, query, waypoint);
  const isElsewhere =
    departure.kind === 'routed' && departure.targets.every((target) => target.entry.service !== entry);
  const decided: Verdict = isElsewhere
    ? {
        ...verdict,
        outcome: 'deny',
        requires: [],
        by: departure.by,
        reason: `${departure.why}, and not to ${place.label}`,
      }
    : inTurn(verdict, leaveMesh(enforcement, waypoint, place, sent.transport));
  return {
    ...decided,
    assumes: [...network.assumes, ...decided.assumes],
    trace: [...network.steps, ...decided.trace],
  };
}
