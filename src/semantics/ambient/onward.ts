import type { Workload } from '../../model/inventory/types.ts';
import type { Enforcement } from '../enforcement.ts';
import type { Landing } from '../outbound/landing.ts';
import { inTurn } from '../outbound/landing.ts';
import { leaveMesh } from '../outbound/leave.ts';
import type { Query } from '../query.ts';
import { waypointOnTheWay } from './on-the-way.ts';
import { type Passage, passWaypoint } from './waypoint.ts';

/** Behind a waypoint everything sees the waypoint, not the client. */
export function fromWaypoint(query: Query, waypoint: Workload): Query {
  const { ip: _clientIp, ...source } = query.source;
  return {
    ...query,
    source: { ...source, identity: waypoint.identity, position: { kind: 'workload', workload: waypoint } },
  };
}

/** The request as it leaves a waypoint for the endpoint that is asked about; undefined: it goes elsewhere. */
export function onwardFrom(query: Query, waypoint: Workload, passage: Passage): Query | undefined {
  const { departure, forwardsToken, http: passed } = passage;
  const { token, ...bare } = query;
  const sent = fromWaypoint(token && forwardsToken ? query : bare, waypoint);
  if (departure.kind === 'straight') return passed ? { ...sent, http: passed } : sent;
  if (departure.kind === 'refused') return undefined;
  const { workload, port } = query.destination;
  for (const { port: servicePort, endpoints, http } of departure.targets) {
    const endpoint = endpoints.find((each) => each.workload === workload && each.port === port);
    const named = endpoint?.service.ports.find((each) => each.port === servicePort);
    if (!endpoint) continue;
    const via = named ? { via: { service: endpoint.service, port: named } } : {};
    return { ...sent, destination: { workload, port, ...via }, ...(http ? { http } : {}) };
  }
  return undefined;
}

/** Where else than to the endpoints of the service that was addressed its waypoint may send a request, by its routes. */
export interface Diverted {
  /** To workloads: the service that was addressed stays, and where it lands is another. */
  readonly queries: readonly Query[];
  /** Out of the mesh. */
  readonly leaving: readonly Landing[];
}

const NOWHERE: Diverted = { queries: [], leaving: [] };

export function divertedFrom(enforcement: Enforcement, query: Query): Diverted {
  const { source, destination, transport } = query;
  const { via } = destination;
  if (!via || source.identity === null || source.connects === 'plaintext' || source.connects === 'tls') return NOWHERE;
  const waypoint = waypointOnTheWay(enforcement, query);
  if (!waypoint) return NOWHERE;
  const { verdict, departure } = passWaypoint(enforcement, query, waypoint);
  if (departure.kind !== 'routed') return NOWHERE;
  const others = departure.targets.flatMap(({ endpoints }) =>
    endpoints.filter(({ workload }) => !via.service.workloads.includes(workload.id)),
  );
  return {
    queries: others.map(({ workload, port }) => ({
      ...query,
      source: { ...source, connects: 'mtls' },
      destination: { workload, port, via, ...(destination.ip === undefined ? {} : { ip: destination.ip }) },
    })),
    leaving: departure.targets.flatMap(({ entry, outside }) =>
      (entry.service === via.service ? [] : outside).map(({ address, port }) => {
        const place = {
          label: `${address ?? entry.host}:${port}`,
          port,
          ...(address === undefined ? {} : { address }),
        };
        return { verdict: inTurn(verdict, leaveMesh(enforcement, waypoint, place, transport)) };
      }),
    ),
  };
}
