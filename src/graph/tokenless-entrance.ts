import type { Workload } from '../model/inventory/types.ts';
import { decide } from '../semantics/decide.ts';
import type { InternetRoute } from '../semantics/gateway/routes-of.ts';
import type { Query } from '../semantics/query.ts';
import { requestOf } from './request-of.ts';
import type { Access, Facts, PortFacts } from './facts.ts';
import { isPublicEndpoint } from './public-endpoints.ts';
import type { Tokenless } from './tokenless.ts';

/** A request from the internet that gets to the port without any token and without approval, on a path that is not public. */
export function findTokenlessEntrance(
  facts: Facts,
  { workload, port }: PortFacts,
  openings: readonly Tokenless[],
): Access | undefined {
  for (const { query, label } of routesFromOutside(facts, workload, port.port)) {
    const { http } = query;
    if (!http) continue;
    for (const { answer } of openings) {
      const { method = http.method, path = http.path } = answer.request.http ?? {};
      for (const tried of [path, http.path]) {
        if (isPublicEndpoint(tried, method)) continue;
        const asked: Query = { ...query, http: { ...http, method, path: tried } };
        const verdict = decide(facts.enforcement, asked);
        if (verdict.outcome !== 'allow' || verdict.routed !== label) continue;
        if (!verdict.requires.some(({ kind }) => kind === 'jwt' || kind === 'ext-authz')) {
          return { request: requestOf(asked), verdict };
        }
      }
    }
  }
  return undefined;
}

/** One request per route of an exposed gateway that leads to the port; of a gateway's own port, one per route of it. */
function routesFromOutside({ entrances }: Facts, workload: Workload, port: number) {
  const isExposed = (gateway: Workload, listener: number): boolean =>
    entrances
      .of(gateway, listener)
      .some(({ entry, gateway: through }) => entry === 'internet' && (!through || through === gateway));
  return (routesByWorkload(entrances.routes).get(workload) ?? [])
    .filter(({ gateway, listener, workloads }) =>
      gateway === workload
        ? listener.port === port
        : workloads.some((each) => each.workload === workload && each.port === port),
    )
    .filter(({ gateway, listener }) => isExposed(gateway, listener.port))
    .map(({ query, service, servicePort }): { readonly query: Query; readonly label: string } => ({
      query: { ...query, source: { ...query.source, position: { kind: 'internet' } } },
      label: `${service}:${servicePort}`,
    }));
}

const INDEXES = new WeakMap<readonly InternetRoute[], ReadonlyMap<Workload, readonly InternetRoute[]>>();

/** Routes by which requests themselves reach something, by each workload that they are of or lead to: no search over all of them per port. */
function routesByWorkload(routes: readonly InternetRoute[]): ReadonlyMap<Workload, readonly InternetRoute[]> {
  const known = INDEXES.get(routes);
  if (known) return known;
  const index = new Map<Workload, InternetRoute[]>();
  for (const route of routes) {
    if (route.mirrored || route.external) continue;
    for (const workload of new Set([route.gateway, ...route.workloads.map((each) => each.workload)])) {
      const list = index.get(workload);
      if (list) list.push(route);
      else index.set(workload, [route]);
    }
  }
  INDEXES.set(routes, index);
  return index;
}
