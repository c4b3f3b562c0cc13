import type { Mesh, Workload } from '../../../model/inventory/types.ts';
import type { By } from '../../../result/location.ts';
import { shareNetwork } from '../../clusters.ts';
import type { Enforcement } from '../../enforcement.ts';
import { sniOf } from '../../gateway/auto-passthrough.ts';
import type { GatewayBackend } from '../../gateway/backend.ts';
import type { departingRequest } from '../../gateway/depart.ts';
import { type FoundDestination, findDestination, type RouteContext } from '../../gateway/destination.ts';
import type { FilterChain } from '../../gateway/filter-chain.ts';
import { covers } from '../../gateway/host-name.ts';
import type { HttpRoute } from '../../gateway/http-route.ts';
import {
  type GatewayIndex,
  type GatewayListener,
  type GatewayProxy,
  indexGateways,
} from '../../gateway/index-gateways.ts';
import type { Endpoint } from '../../gateway/registry.ts';
import type { VirtualHost } from '../../gateway/virtual-hosts.ts';
import { SERVER_NAME } from '../axes.ts';
import { type Formula, literal } from '../formula.ts';
import type { SetPool } from '../set-pool.ts';

type Target = Parameters<typeof departingRequest>[1];

/** One route of one virtual host, or of one chain without HTTP, to one of its destinations. Copies of requests lead nowhere. */
export interface RoutePlace {
  readonly proxy: GatewayProxy;
  readonly listener: GatewayListener;
  readonly chain: FilterChain;
  /** Of HTTP. */
  readonly host?: VirtualHost;
  readonly route?: HttpRoute;
  readonly target: Target;
  readonly backend: GatewayBackend;
  readonly endpoint: Endpoint;
  readonly by: By;
  /** The server name that the destination is asked for by. */
  readonly sni?: (pool: SetPool) => Formula;
}

export interface RoutePlaces {
  /** Every way by which some gateway leads to a port. */
  to(workload: Workload, port: number): readonly RoutePlace[];
  /** The same through further gateways: the outermost first, then what follows. */
  along(workload: Workload, port: number): readonly (readonly [RoutePlace, ...RoutePlace[]])[];
  /** Every way that leads through a gateway. */
  through(gateway: Workload): readonly RoutePlace[];
}

const KNOWN = new WeakMap<Enforcement, RoutePlaces>();

/** Where the routes of all gateways lead, whatever they take: found once per mesh, so that nobody looks at routes that lead elsewhere. */
export function routePlaces({ root }: Enforcement): RoutePlaces {
  let places = KNOWN.get(root);
  if (!places) {
    const found = new Map<Workload, Map<number, RoutePlace[]>>();
    const byGateway = new Map<Workload, RoutePlace[]>();
    for (const place of allPlaces(root.mesh, indexGateways(root))) {
      const { workload, port } = place.endpoint;
      const own = byGateway.get(place.proxy.workload);
      if (own) own.push(place);
      else byGateway.set(place.proxy.workload, [place]);
      const ports = found.get(workload) ?? new Map<number, RoutePlace[]>();
      found.set(workload, ports);
      const list = ports.get(port);
      if (list) list.push(place);
      else ports.set(port, [place]);
    }
    places = {
      to: (workload, port) => found.get(workload)?.get(port) ?? [],
      along: (workload, port) => alongGateways((at, on) => found.get(at)?.get(on) ?? [], workload, port),
      through: (gateway) => byGateway.get(gateway) ?? [],
    };
    KNOWN.set(root, places);
  }
  return places;
}

/** More gateways than that in a row are not followed. */
const MOST_GATEWAYS = 3;

function alongGateways(to: RoutePlaces['to'], workload: Workload, port: number): ReturnType<RoutePlaces['along']> {
  let ways = to(workload, port).map((place): readonly [RoutePlace, ...RoutePlace[]] => [place]);
  const all = [...ways];
  for (let gateways = 1; gateways < MOST_GATEWAYS && ways.length > 0; gateways++) {
    ways = ways.flatMap((way) =>
      to(way[0].proxy.workload, way[0].listener.port)
        .filter(({ proxy }) => way.every((later) => later.proxy !== proxy))
        .map((place): readonly [RoutePlace, ...RoutePlace[]] => [place, ...way]),
    );
    all.push(...ways);
  }
  return all;
}

type Base = Pick<RoutePlace, 'proxy' | 'listener'>;

function* allPlaces(mesh: Mesh, index: GatewayIndex): Iterable<RoutePlace> {
  for (const proxy of index.proxies) {
    const ports = new Set<number>();
    for (const listener of proxy.listeners) {
      // Of several addresses of a port one answers.
      if (ports.has(listener.port)) continue;
      ports.add(listener.port);
      for (const chain of listener.chains.all) yield* placesOf(mesh, index, { proxy, listener }, chain);
    }
  }
}

function* placesOf(mesh: Mesh, index: GatewayIndex, base: Base, chain: FilterChain): Iterable<RoutePlace> {
  switch (chain.kind) {
    case 'http':
      return yield* httpPlaces(index, base, chain);
    case 'tcp': {
      const { owner, by, destinations } = chain.route;
      const context = contextOf(base, chain, owner.namespace);
      for (const target of weighted(destinations)) {
        const found = findDestination(target.destination, index.destinations, context);
        if (!found.found) continue;
        yield* endpointsOf({ ...base, chain, target: undefined, by }, found, 'tcp');
        // Bytes may be HTTP to what is behind.
        yield* endpointsOf({ ...base, chain, target: undefined, by }, found, 'http in bytes');
      }
      return;
    }
    case 'auto-passthrough':
      yield* passthroughPlaces(mesh, index, base, chain);
  }
}

function* httpPlaces(
  { destinations }: GatewayIndex,
  base: Base,
  chain: Extract<FilterChain, { kind: 'http' }>,
): Iterable<RoutePlace> {
  const { all, refusedBy } = chain.virtualHosts();
  if (refusedBy) return;
  const known = new Map<HttpRoute, readonly { readonly target: Target; readonly found: FoundDestination }[]>();
  for (const host of all) {
    for (const route of new Set(host.routes)) {
      let targets = known.get(route);
      if (!targets) {
        const context = contextOf(base, chain, route.owner.namespace);
        targets = weighted(route.rule.spec.route ?? []).flatMap((target) => {
          const found = findDestination(target.destination, destinations, context);
          return found.found ? [{ target, found }] : [];
        });
        known.set(route, targets);
      }
      for (const { target, found } of targets)
        yield* endpointsOf({ ...base, chain, host, route, target, by: route.by }, found, 'http');
    }
  }
}

/** A destination of weight zero gets nothing, unless it is the only one. */
const weighted = <T extends { readonly weight?: number }>(targets: readonly T[]): readonly T[] =>
  targets.length === 1 ? targets : targets.filter(({ weight = 0 }) => weight > 0);

const contextOf = ({ proxy, listener }: Base, chain: FilterChain, routeNamespace: string): RouteContext => ({
  routeNamespace,
  proxy: proxy.workload,
  listenPort: chain.servers[0]?.port ?? listener.port,
});

function* endpointsOf(
  place: Omit<RoutePlace, 'backend' | 'endpoint'>,
  { label, entry, port, endpoints }: FoundDestination,
  speaks: 'http' | 'http in bytes' | 'tcp',
): Iterable<RoutePlace> {
  const backend: GatewayBackend = {
    label,
    service: entry.label,
    servicePort: port,
    external: entry.external,
    workloads: endpoints,
    mirrored: false,
    identity: 'gateway',
    forwardsToken: false,
    ...(speaks === 'tcp' ? {} : { http: { method: 'GET', path: '/', host: 'x', headers: [] } }),
    ...(speaks === 'http in bytes' ? { asBytes: true } : {}),
  };
  for (const endpoint of endpoints) yield { ...place, backend, endpoint };
}

/** Every service that the hosts cover, by the SNI that sidecars use among themselves. */
function* passthroughPlaces(
  mesh: Mesh,
  { destinations: { registry } }: GatewayIndex,
  base: Base,
  chain: Extract<FilterChain, { kind: 'auto-passthrough' }>,
): Iterable<RoutePlace> {
  const by = chain.servers[0]?.by;
  const { workload: gateway } = base.proxy;
  if (!by) return;
  for (const entry of registry.visibleTo(gateway.namespace)) {
    if (entry.external || !chain.hosts.some((wide) => covers(wide, entry.host))) continue;
    for (const { port, transport } of entry.ports) {
      if (transport !== 'TCP') continue;
      const known = entry.endpoints(port, {}, gateway.cluster);
      const workloads = known.filter(({ workload }) => shareNetwork(mesh, gateway, workload));
      const name = sniOf(entry.host, port);
      const backend: GatewayBackend = {
        label: `${entry.label}:${port}`,
        service: entry.label,
        servicePort: port,
        external: false,
        workloads,
        mirrored: false,
        identity: 'client',
        forwardsToken: true,
      };
      const sni = (pool: SetPool): Formula => literal(SERVER_NAME, pool.exactly([name]));
      for (const endpoint of workloads) yield { ...base, chain, target: undefined, backend, endpoint, by, sni };
    }
  }
}
