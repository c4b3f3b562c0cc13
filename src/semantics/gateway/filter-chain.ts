import { byOf } from '../../model/by.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Destination } from '../../model/istio/destination.ts';
import type { By } from '../../result/location.ts';
import { parseServerHost, qualifyGateway, overlaps } from './host-name.ts';
import type { ServerGroup } from './merge-servers.ts';
import type { RouteIndex } from './route-index.ts';
import type { RouteObject } from './route-object.ts';
import { isHttp, isPassthrough, isTerminatedHttps, type Server, type ServerTlsSettings } from './server.ts';
import { buildVirtualHosts, type VirtualHosts } from './virtual-hosts.ts';

/** Where a chain without HTTP sends everything. */
export interface L4Route {
  readonly owner: RouteObject;
  readonly by: By;
  readonly destinations: readonly { readonly destination?: Destination; readonly weight?: number }[];
}

interface ChainBase {
  readonly servers: readonly Server[];
  /** Names that the client must ask for; null: any, and none. */
  readonly sniHosts: readonly string[] | null;
  /** What is terminated here; null: nothing is, bytes pass as they are. */
  readonly tls: ServerTlsSettings | null;
}

/** One way through a listener, chosen by SNI and ALPN before anything else is looked at. */
export type FilterChain = ChainBase &
  (
    | { readonly kind: 'http'; readonly virtualHosts: () => VirtualHosts }
    | { readonly kind: 'tcp'; readonly route: L4Route }
    /** Every service under the hosts, by the SNI that sidecars use among themselves; no policy is asked. */
    | { readonly kind: 'auto-passthrough'; readonly hosts: readonly string[] }
  );

/**
 * The filter chains of servers that share a port. Servers without TLS termination of HTTP need a route to have a chain at all.
 *
 * Source: istio pilot/pkg/networking/core/gateway.go (buildGatewayTCPBasedFilterChains, createGatewayTCPFilterChainOpts).
 */
export function buildFilterChains(
  { servers }: ServerGroup,
  proxy: Workload,
  routes: RouteIndex,
  /** SNI names of this port that other passthrough chains hold. */
  takenNames: Set<string>,
): readonly FilterChain[] {
  const http = servers.filter(isHttp);
  if (http.length > 0) return [httpChain(http, null, null, proxy, routes)];
  return servers.flatMap((server): readonly FilterChain[] => {
    const { tls } = server;
    if (tls && isTerminatedHttps(server)) return [httpChain([server], sniHostsOf(server), tls, proxy, routes)];
    if (tls?.mode === 'AUTO_PASSTHROUGH') {
      const hosts = server.hosts.map((host) => parseServerHost(host).host);
      return [{ kind: 'auto-passthrough', servers: [server], sniHosts: null, tls: null, hosts }];
    }
    if (isPassthrough(server)) return passthroughChains(server, proxy, routes, takenNames);
    const route = findTcpRoute(server, proxy, routes);
    return route ? [{ kind: 'tcp', servers: [server], sniHosts: tls ? sniHostsOf(server) : null, tls, route }] : [];
  });
}

function httpChain(
  servers: readonly Server[],
  sniHosts: FilterChain['sniHosts'],
  tls: ServerTlsSettings | null,
  proxy: Workload,
  routes: RouteIndex,
): FilterChain {
  let hosts: VirtualHosts | undefined;
  const virtualHosts = (): VirtualHosts => {
    hosts ??= buildVirtualHosts(servers, proxy, routes);
    return hosts;
  };
  return { kind: 'http', servers, sniHosts, tls, virtualHosts };
}

function sniHostsOf({ hosts }: Server): readonly string[] | null {
  const names = [...new Set(hosts.map((host) => parseServerHost(host).host))];
  return names.includes('*') ? null : names;
}

/** Route objects with a host that overlaps one of the server's, in either direction. */
function boundRoutes(server: Server, proxy: Workload, routes: RouteIndex): readonly RouteObject[] {
  const hosts = server.hosts.map(parseServerHost);
  const bound = routes.boundTo(proxy.cluster, server.gateway, proxy.namespace);
  return bound
    .candidates(hosts.map(({ host }) => host))
    .filter((route) =>
      hosts.some(
        ({ namespace, host }) =>
          (namespace ?? route.namespace) === route.namespace && route.hosts.some((own) => overlaps(host, own)),
      ),
    );
}

interface L4Match {
  readonly port?: number;
  readonly gateways?: readonly string[];
}

/** Destination subnets and source namespaces are not looked at (reference §17.5). */
function matchesServer(match: L4Match, server: Server, owner: RouteObject): boolean {
  if (match.port && match.port !== server.port) return false;
  return (
    !match.gateways?.length || match.gateways.some((name) => qualifyGateway(name, owner.namespace) === server.gateway)
  );
}

/** The first route that fits is the only one. */
function findTcpRoute(server: Server, proxy: Workload, routes: RouteIndex): L4Route | undefined {
  for (const owner of boundRoutes(server, proxy, routes)) {
    for (const { spec, resource, path, index } of owner.tcp) {
      const matches = spec.match ?? [];
      if (!spec.route?.length || (matches.length > 0 && !matches.some((match) => matchesServer(match, server, owner))))
        continue;
      return { owner, by: byOf(resource, { rule: index, path }), destinations: spec.route };
    }
    if (!owner.isTlsRoute) continue;
    for (const { spec, resource, path, index } of owner.tls) {
      if (!spec.route?.length || !spec.match?.some((match) => matchesServer(match, server, owner))) continue;
      return { owner, by: byOf(resource, { rule: index, path }), destinations: spec.route };
    }
  }
  return undefined;
}

/** One chain per match of a `tls` rule, also for names outside the server's hosts (reference §17.3). A name that is taken drops the match. */
function passthroughChains(
  server: Server,
  proxy: Workload,
  routes: RouteIndex,
  takenNames: Set<string>,
): readonly FilterChain[] {
  const chains: FilterChain[] = [];
  for (const owner of boundRoutes(server, proxy, routes)) {
    for (const { spec, resource, path, index } of owner.tls) {
      if (!spec.route?.length) continue;
      for (const match of spec.match ?? []) {
        if (!matchesServer(match, server, owner)) continue;
        const names = (match.sniHosts ?? []).map((name) => name.toLowerCase());
        const keys = names.map((name) => `${server.bind} ${name}`);
        if (keys.some((key) => takenNames.has(key))) continue;
        for (const key of keys) takenNames.add(key);
        const route = { owner, by: byOf(resource, { rule: index, path }), destinations: spec.route };
        const sniHosts = names.length === 0 || names.includes('*') ? null : names;
        chains.push({ kind: 'tcp', servers: [server], sniHosts, tls: null, route });
      }
    }
  }
  return chains;
}
