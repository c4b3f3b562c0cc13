import { objectLocation } from '../model/by.ts';
import type { Mesh, Workload } from '../model/inventory/types.ts';
import type { GatewayResult } from '../result/types.ts';
import { findTaking } from '../semantics/algebra/routes/find-taking.ts';
import { routePlaces } from '../semantics/algebra/routes/route-places.ts';
import { waysBy } from '../semantics/algebra/routes/way-in.ts';
import { SearchLimit } from '../semantics/algebra/strings/find-word.ts';
import type { Position } from '../semantics/attempt.ts';
import { decide } from '../semantics/decide.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { exposedServices } from '../semantics/gateway/exposed-services.ts';
import { type Exposure, gatewayExposure } from '../semantics/gateway/exposure.ts';
import { type GatewayProxy, indexGateways } from '../semantics/gateway/index-gateways.ts';
import { type InternetRoute, routesOf } from '../semantics/gateway/routes-of.ts';
import type { Endpoint } from '../semantics/gateway/registry.ts';
import type { Query } from '../semantics/query.ts';
import { decideWay } from './decide-way.ts';
import { findWaysBeyond } from './entrances-beyond.ts';
import { findOnWay, type FoundRequest } from './ways-in.ts';
import { requestOf } from './request-of.ts';
import { tokensFor } from './tokens-for.ts';
import type { Entrance, Entrances } from './facts.ts';

/** Ways in from outside the cluster: through gateways, route by route, and past them. Reference §8.4, §15.5. */
export function findEntrances(enforcement: Enforcement): Entrances {
  const { mesh } = enforcement;
  const index = indexGateways(enforcement);
  const routes = routesOf(enforcement, index, (place) => findTaking(enforcement, place));
  const found: ByPort = new Map();
  const inside: ByPort = new Map();
  const add: Add = (...entrance) => addTo(found, ...entrance);
  const ways = new Map<InternetRoute, Entrance>();
  const exposures = new Map(index.proxies.map(({ workload }) => [workload, gatewayExposure(mesh, workload)]));
  // One request that passes says all about a gateway's own port.
  const open = new Set<string>();
  for (const route of routes) {
    const exposure = exposures.get(route.gateway);
    const listener = `${route.gateway.id}:${route.listener.port}`;
    if (exposure && exposure.exposed !== 'cluster' && !open.has(listener)) {
      const entrance = listenerEntrance(enforcement, route, exposure);
      if (entrance.verdict.outcome === 'allow') open.add(listener);
      add(route.gateway, route.listener.port, entrance);
    }
    if (exposure)
      addRoute(enforcement, route, exposure, (workload, port, entrance) => {
        if (!ways.has(route)) ways.set(route, entrance);
        addTo(exposure.exposed === 'cluster' ? inside : found, workload, port, entrance);
      });
  }
  addBeyond(enforcement, routes, exposures, (workload, port, entrance) => {
    // A gateway on the way is reached by whatever passes through it.
    const known = found.get(workload)?.get(port) ?? [];
    const isGateway = workload.dataPlane.kind === 'gateway';
    if (!isGateway || known.every(({ verdict }) => verdict.outcome === 'deny')) add(workload, port, entrance);
  });
  for (const { workload, port, entry, why, by, assumes } of exposedServices(mesh)) {
    const query = directQuery(workload, port, entry);
    const verdict = decide(enforcement, query);
    add(workload, port, {
      entry,
      request: requestOf(query),
      verdict: { ...verdict, assumes: [...assumes, ...verdict.assumes] },
      by,
      why,
    });
  }
  return {
    of: (workload, port) => found.get(workload)?.get(port) ?? [],
    inside: (workload, port) => inside.get(workload)?.get(port) ?? [],
    routes,
    gateways: () =>
      index.proxies.map((proxy) => gatewayResult(mesh, proxy, exposures.get(proxy.workload), routes, ways)),
  };
}

type Add = (workload: Workload, port: number, entrance: Entrance) => void;
type ByPort = Map<Workload, Map<number, Entrance[]>>;

function addTo(all: ByPort, workload: Workload, port: number, entrance: Entrance): void {
  const ports = all.get(workload) ?? new Map<number, Entrance[]>();
  all.set(workload, ports);
  const entrances = ports.get(port);
  if (entrances) entrances.push(entrance);
  else ports.set(port, [entrance]);
}

/** A route is an entrance to each of its endpoints; of a gateway that only the cluster reaches, for whoever gets to it. */
function addRoute(enforcement: Enforcement, route: InternetRoute, exposure: Exposure, add: Add): void {
  if (route.mirrored || route.external) return;
  const { query, entry } = outsideQuery(route, exposure);
  for (const { workload, port } of route.workloads) {
    let best: FoundRequest | undefined;
    for (const way of waysThrough(enforcement, route, query)) {
      const verdict = decideWay(enforcement, way, workload, port);
      if (!best || verdict.outcome === 'allow') best = { query: way, verdict };
      if (verdict.outcome === 'allow') break;
    }
    // What none of these requests passes, another one may.
    if (best?.verdict.outcome === 'deny')
      best = findAmongAll(enforcement, route, { workload, port }, query.source.position) ?? best;
    if (!best) continue;
    const { verdict } = best;
    add(workload, port, {
      entry,
      gateway: route.gateway,
      ...(route.identity === 'client' ? { asClient: true as const } : {}),
      request: requestOf(best.query),
      verdict: { ...verdict, assumes: [...assumesOf(exposure), ...verdict.assumes] },
      by: route.by,
      why: `${route.match} of ${route.by.kind} ${route.by.namespace}/${route.by.name} leads to ${route.service}:${route.servicePort}`,
    });
  }
}

/** What gateways exposed to the outside lead to through further gateways, and these themselves. */
function addBeyond(
  enforcement: Enforcement,
  routes: readonly InternetRoute[],
  exposures: ReadonlyMap<Workload, Exposure>,
  add: Add,
): void {
  const positionAt = (gateway: Workload): Position | undefined => {
    const exposed = exposures.get(gateway)?.exposed ?? 'cluster';
    return exposed === 'cluster' ? undefined : { kind: entryOf(exposed) };
  };
  for (const { outer, through, workload, port, found, why } of findWaysBeyond(enforcement, routes, positionAt)) {
    const gateway = outer.proxy.workload;
    const exposure = exposures.get(gateway);
    if (!exposure) continue;
    const { query, verdict } = found;
    const shared = {
      entry: entryOf(exposure.exposed),
      gateway,
      request: requestOf(query),
      verdict: { ...verdict, assumes: [...assumesOf(exposure), ...verdict.assumes] },
      by: outer.by,
    };
    for (const [index, passed] of through.entries())
      add(passed.gateway, passed.port, { ...shared, through: through.slice(0, index), why: passed.why });
    add(workload, port, { ...shared, through, why });
  }
}

const entryOf = (exposed: Exposure['exposed']): Entrance['entry'] =>
  exposed === 'node-network' ? 'node-network' : 'internet';

const assumesOf = ({ exposed, why, assumes }: Exposure): readonly string[] =>
  exposed === 'unknown' ? [`the gateway is exposed to the internet: ${why}`] : assumes;

/** A request of the set that a route lets through to an endpoint. A search that is given up leaves it at what was tried. */
function findAmongAll(
  enforcement: Enforcement,
  { gateway, listener, by }: InternetRoute,
  { workload, port }: Pick<Endpoint, 'workload' | 'port'>,
  position: Position,
): FoundRequest | undefined {
  try {
    for (const place of routePlaces(enforcement).to(workload, port)) {
      if (place.by !== by || place.proxy.workload !== gateway || place.listener !== listener) continue;
      for (const way of waysBy(enforcement, place)) {
        const answer = findOnWay(enforcement, way, undefined, position);
        if (answer.kind === 'found') return answer;
      }
    }
  } catch (error) {
    if (!(error instanceof SearchLimit)) throw error;
  }
  return undefined;
}

/** The gateway's own port, by what the gateway alone decides. */
function listenerEntrance(enforcement: Enforcement, route: InternetRoute, exposure: Exposure): Entrance {
  const { query, entry } = outsideQuery(route, exposure);
  const verdict = decide(enforcement, { ...query, at: 'gateway' });
  return {
    entry,
    request: requestOf(query),
    verdict: { ...verdict, assumes: [...exposure.assumes, ...verdict.assumes] },
    by: exposure.by,
    why: exposure.why,
  };
}

/** The request that takes a route, sent from as far outside as the gateway can be reached from. */
function outsideQuery(
  route: InternetRoute,
  { exposed }: Exposure,
): { readonly query: Query; readonly entry: Entrance['entry'] } {
  const entry = entryOf(exposed);
  const position = { kind: exposed === 'cluster' ? 'unstated' : entry } as const;
  return { query: { ...route.query, source: { ...route.query.source, position } }, entry };
}

/**
 * The plain request of a route and one below its path, which policies on `path/*` ask for; then the same with a token that the gateway and the
 * backend would take.
 */
export function* waysThrough(enforcement: Enforcement, route: InternetRoute, query: Query): Iterable<Query> {
  const { http } = query;
  if (!http) {
    yield query;
    return;
  }
  const below =
    http.path.includes('?') || http.path.endsWith('/') ? [] : [{ ...query, http: { ...http, path: `${http.path}/` } }];
  const plain = [query, ...below];
  yield* plain;
  const backends = route.workloads.map(({ workload }) => workload);
  const tokens = tokensFor(enforcement, [route.gateway, ...backends], backends);
  for (const claims of tokens) for (const each of plain) yield { ...each, token: { claims, valid: true } };
}

function directQuery(workload: Workload, port: number, entry: Entrance['entry']): Query {
  const declared = workload.ports.find((candidate) => candidate.port === port);
  const http = { method: 'GET', path: '/', host: `${workload.name}.${workload.namespace}`, headers: [] };
  return {
    client: 'attacker',
    source: { position: { kind: entry }, identity: null, connects: 'plaintext' },
    destination: { workload, port },
    transport: 'TCP',
    ...(declared?.chain === 'tcp' ? {} : { http }),
  };
}

function gatewayResult(
  { workloads }: Mesh,
  proxy: GatewayProxy,
  exposure: Exposure | undefined,
  routes: readonly InternetRoute[],
  ways: ReadonlyMap<InternetRoute, Entrance>,
): GatewayResult {
  const { workload, listeners } = proxy;
  const own = routes.filter((route) => route.gateway === workload);
  const known = workloads.includes(workload);
  return {
    workload: workload.id,
    kind: workload.gateway?.kind ?? 'istio',
    exposed: exposure?.exposed ?? 'unknown',
    why: known ? (exposure?.why ?? '') : `${exposure?.why ?? ''} (its pods are not in the input)`,
    listeners: listeners.flatMap(({ port, servers }) =>
      servers.map((server) => ({
        port,
        protocol: server.protocol.protocol,
        hosts: server.hosts,
        tls: server.tls ? (server.tls.httpsRedirect ? 'redirect to https' : server.tls.mode) : 'none',
        location: objectLocation(server.by),
      })),
    ),
    routes: own.map((route) => ({
      hosts: route.hosts,
      match: route.match,
      to: `${route.service}:${route.servicePort}`,
      workloads: route.workloads.map((endpoint) => endpoint.workload.id),
      access: accessOf(route, ways.get(route)),
      location: objectLocation(route.by),
    })),
  };
}

/** What a caller at the gateway needs to get to the workload behind a route. */
function accessOf(route: InternetRoute, way: Entrance | undefined): GatewayResult['routes'][number]['access'] {
  if (route.external) return 'external';
  if (!way || way.verdict.outcome === 'unknown') return 'unknown';
  if (way.verdict.outcome === 'deny') return 'denied';
  const kinds = new Set(way.verdict.requires.map(({ kind }) => kind));
  if (kinds.has('jwt')) return 'token';
  if (kinds.has('ext-authz')) return 'ext-authz';
  return kinds.has('client-certificate') ? 'client-certificate' : 'open';
}
