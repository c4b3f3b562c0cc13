import type { Request } from '../../src/result/request.ts';
import { passWaypoint, waypointOf } from '../../src/semantics/ambient/waypoint.ts';
import { decide } from '../../src/semantics/decide.ts';
import type { Enforcement } from '../../src/semantics/enforcement.ts';
import { isEntryService } from '../../src/semantics/outbound/entry-service.ts';
import type { Query } from '../../src/semantics/query.ts';
import { resolveRequest } from '../../src/semantics/resolve-request.ts';
import type { Replayed } from './replay.ts';
import { arrived, enforcementOfWay, expectedOf, httpOf, readWays, type WayVector } from './ways.ts';

/** Who has the addresses of the recorder's world (conformance/ways/worlds/waypoint.yaml). */
const AT: Readonly<Record<string, Omit<Request['to'], 'port'>>> = {
  '10.96.0.1': { service: 'shop/api' },
  '10.96.0.2': { service: 'shop/web' },
  '240.0.0.1': { serviceEntry: 'shop/ext' },
  '10.1.0.1': { workload: 'shop/api' },
};

/** The caller that the recorder takes where a request names none. */
const CALLER = 'cluster.local/ns/bar/sa/client';

/** What a waypoint alone decides, for callers over HBONE, and where it sends what passes. */
export function replayWaypointWays(): readonly (Replayed & { readonly area: string })[] {
  return readWays('waypoint').flatMap(({ area, header, sets }) =>
    sets.flatMap((set) => {
      const enforcement = enforcementOfWay(header, set);
      return set.vectors.map((vector, i) => {
        const queries = resolveRequest(enforcement.mesh, requestOf(vector));
        const [query] = 'error' in queries ? [] : queries;
        return {
          id: `${set.set}/${i}`,
          area,
          expected: expectedOf({ ...vector, ...(vector.to === undefined ? {} : { to: labelOf(vector.to) }) }),
          got: query ? passed(enforcement, query, vector) : 'unresolved',
        };
      });
    }),
  );
}

/** The verdict is that of `decide`; where it sends the request is that of the waypoint's routes. */
function passed(enforcement: Enforcement, query: Query, vector: WayVector): string {
  const { workload, via } = query.destination;
  const waypoint = via ? waypointOf(enforcement, via.service) : waypointOf(enforcement, workload);
  if (!waypoint || decide(enforcement, query).outcome !== 'allow') return 'refused';
  const { departure, http } = passWaypoint(enforcement, query, waypoint);
  if (departure.kind === 'refused') return 'allowed, and refused by a route';
  if (departure.kind === 'routed') {
    const [target] = departure.targets;
    return target ? arrived(target.label, vector, target.http) : 'routed nowhere';
  }
  if (!via) return arrived('encap', vector, http);
  const { service, port } = via;
  const label = isEntryService(service) ? (service.hosts[0] ?? '') : `${service.namespace}/${service.name}`;
  return arrived(`${label}:${port.port}`, vector, http);
}

/** `inbound-vip|80|http|api.shop.svc.cluster.local` is `shop/api:80`. */
function labelOf(cluster: string): string {
  if (!cluster.includes('|')) return cluster;
  const [, port = '', , host = ''] = cluster.split('|');
  const [name = '', namespace = ''] = host.replace('.svc.cluster.local', '').split('.');
  return host.endsWith('.svc.cluster.local') ? `${namespace}/${name}:${port}` : `${host}:${port}`;
}

function requestOf(vector: WayVector): Request {
  const { ip = '', port, principal = CALLER, jwt } = vector;
  const at = AT[ip];
  if (!at) throw new Error(`nobody has ${ip}`);
  return {
    from: { principal, ip: '127.0.0.1' },
    to: { ...at, port, at: 'waypoint' },
    ...httpOf(vector),
    ...(jwt ? { jwt: { payload: jwt } } : {}),
  };
}
