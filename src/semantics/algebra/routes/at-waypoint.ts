import type { Workload } from '../../../model/inventory/types.ts';
import { departFromWaypoint, leadsTo, waypointRoutes } from '../../ambient/waypoint-routes.ts';
import type { Enforcement } from '../../enforcement.ts';
import type { Destination } from '../../query.ts';
import { anyOf, type Bounds, exact } from '../bounds.ts';
import type { ChainSets } from '../chain-formula.ts';
import { EVERYTHING, NOTHING } from '../formula.ts';
import { symbolicOf } from '../symbolic.ts';
import { routeFormula } from './route-formula.ts';

interface Way {
  readonly destination: Destination & { readonly via: NonNullable<Destination['via']> };
  readonly protocol: 'http' | 'tcp';
  readonly sets: Pick<ChainSets, 'hasToken'>;
}

/** The requests to a service that its waypoint sends to one endpoint: `departFromWaypoint` as a set. */
export function takenAtWaypoint(
  enforcement: Enforcement,
  waypoint: Workload,
  { destination, protocol, sets }: Way,
): Bounds {
  const { workload, via } = destination;
  const isOwn = via.service.workloads.includes(workload.id);
  if (protocol === 'tcp') {
    const departure = departFromWaypoint(enforcement, waypoint, via, {});
    const leads =
      departure.kind === 'routed'
        ? departure.targets.some(({ endpoints }) => endpoints.some((each) => isAt(each, destination)))
        : departure.kind === 'straight' && isOwn;
    return exact(leads ? EVERYTHING : NOTHING);
  }
  const routes = waypointRoutes(enforcement, waypoint, via);
  if (routes.length === 0) return exact(isOwn ? EVERYTHING : NOTHING);
  const { pool } = symbolicOf(enforcement);
  const host = { domain: '*', routes, redirects: null };
  const view = { pool, scheme: 'http', trustsProto: false, hasToken: sets.hasToken } as const;
  const leading = routes.filter((route) =>
    leadsTo(enforcement, waypoint, via, route).some(({ endpoints }) =>
      endpoints.some((each) => isAt(each, destination)),
    ),
  );
  return anyOf(leading.map((route) => routeFormula(host, [host], route, view)));
}

const isAt = (
  endpoint: { readonly workload: Workload; readonly port: number },
  { workload, port }: Destination,
): boolean => endpoint.workload === workload && endpoint.port === port;
