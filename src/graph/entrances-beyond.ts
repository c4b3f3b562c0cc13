import type { Workload } from '../model/inventory/types.ts';
import { type RoutePlace, routePlaces } from '../semantics/algebra/routes/route-places.ts';
import { waysBy } from '../semantics/algebra/routes/way-in.ts';
import { SearchLimit } from '../semantics/algebra/strings/find-word.ts';
import type { Position } from '../semantics/attempt.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { decideAtGateway } from '../semantics/gateway/decide-at-gateway.ts';
import { indexGateways } from '../semantics/gateway/index-gateways.ts';
import type { InternetRoute } from '../semantics/gateway/routes-of.ts';
import { groupBy } from '../util/group-by.ts';
import { decideWay } from './decide-way.ts';
import type { PassedGateway } from './facts.ts';
import { findOnWay, type FoundRequest } from './ways-in.ts';

/** A way from a gateway through further ones to an endpoint. */
export interface WayBeyond {
  readonly outer: RoutePlace;
  readonly through: readonly PassedGateway[];
  readonly workload: Workload;
  readonly port: number;
  readonly found: FoundRequest;
  readonly why: string;
}

/**
 * What gateways lead to through the gateways behind them, with a request to the outermost one that gets there; one for each of its routes and
 * each endpoint. Nothing is looked for where no gateway leads to another one. Reference §15.6.
 */
export function* findWaysBeyond(
  enforcement: Enforcement,
  routes: readonly InternetRoute[],
  /** From where the outermost gateway is asked; undefined: it is left out. */
  positionAt: (gateway: Workload) => Position | undefined,
): Iterable<WayBeyond> {
  for (const { workload, port } of endpointsBeyond(routes)) {
    const ways = routePlaces(enforcement)
      .along(workload, port)
      .filter(([outer, ...further]) => further.length > 0 && positionAt(outer.proxy.workload) !== undefined);
    for (const own of groupBy(ways, ([outer, inner]) => keyOf(outer, inner)).values()) {
      for (const [outer, ...further] of own) {
        const position = positionAt(outer.proxy.workload);
        const found = position && findRequest(enforcement, routes, [outer, ...further], position);
        if (!found) continue;
        yield {
          outer,
          through: further.map(({ proxy }, index) => {
            const before = [outer, ...further][index] ?? outer;
            return { gateway: proxy.workload, port: before.endpoint.port, by: before.by, why: leadsTo(before) };
          }),
          workload,
          port,
          found,
          why: [outer, ...further].map(leadsTo).join(', and there '),
        };
        break;
      }
    }
  }
}

/** One door of the outermost gateway, and the gateway that follows. */
const keyOf = ({ proxy, listener, by }: RoutePlace, inner: RoutePlace | undefined): string =>
  [proxy.workload.id, listener.port, by.kind, by.namespace, by.name, inner?.proxy.workload.id].join(' ');

/** What routes of gateways lead to that another gateway leads to. */
function endpointsBeyond(routes: readonly InternetRoute[]): Iterable<Pick<WayBeyond, 'workload' | 'port'>> {
  const inner = new Set<Workload>();
  const gateways = new Set(routes.map(({ gateway }) => gateway));
  for (const { gateway, workloads } of routes)
    for (const { workload } of workloads) if (workload !== gateway && gateways.has(workload)) inner.add(workload);
  const found = new Map<string, Pick<WayBeyond, 'workload' | 'port'>>();
  if (inner.size === 0) return [];
  for (const { gateway, workloads, mirrored, external } of routes) {
    if (mirrored || external || !inner.has(gateway)) continue;
    for (const { workload, port } of workloads) found.set(`${workload.id}:${port}`, { workload, port });
  }
  return found.values();
}

/** First the plain requests of the routes on the way, which say most to a reader; then any of the set that gets through. */
function findRequest(
  enforcement: Enforcement,
  routes: readonly InternetRoute[],
  [outer, ...further]: readonly [RoutePlace, ...RoutePlace[]],
  position: Position,
): FoundRequest | undefined {
  const { workload, port } = (further.at(-1) ?? outer).endpoint;
  const isOf = ({ by, proxy, listener }: RoutePlace, route: InternetRoute): boolean =>
    route.by === by && route.gateway === proxy.workload && route.listener === listener;
  const doors = routes.filter((route) => isOf(outer, route));
  const contents = [outer, ...further].flatMap((place) =>
    routes.flatMap((route) => (isOf(place, route) && route.query.http ? [route.query.http] : [])),
  );
  const index = indexGateways(enforcement);
  for (const { query } of doors) {
    const asked = { ...query, source: { ...query.source, position } };
    for (const http of contents.length > 0 ? contents : [undefined]) {
      const { host = '', headers = [] } = query.http ?? {};
      // A gateway's own host name and headers choose its route; what is behind it reads the path.
      const sent = http && { ...http, ...(query.http ? { host, headers: [...headers, ...http.headers] } : {}) };
      const tried = sent ? { ...asked, http: sent } : asked;
      const { backends } = decideAtGateway(enforcement, index, tried);
      if (!backends.some(({ workloads }) => workloads.some((each) => each.workload === outer.endpoint.workload)))
        continue;
      const verdict = decideWay(enforcement, tried, workload, port);
      if (verdict.outcome === 'allow') return { query: tried, verdict };
    }
  }
  try {
    for (const way of waysBy(enforcement, outer, further)) {
      const answer = findOnWay(enforcement, way, undefined, position);
      if (answer.kind === 'found') return answer;
    }
  } catch (error) {
    if (!(error instanceof SearchLimit)) throw error;
  }
  return undefined;
}

function leadsTo({ route, chain, by, backend }: RoutePlace): string {
  const match = route?.text ?? (chain.sniHosts ? `TLS ${chain.sniHosts.join(', ')}` : 'TCP');
  return `${match} of ${by.kind} ${by.namespace}/${by.name} leads to ${backend.service}:${backend.servicePort}`;
}
