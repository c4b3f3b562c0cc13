import type { Workload } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import { hostsForNamespace, intersectHosts, withoutPort } from './host-name.ts';
import { compileHttpRoutes, type HttpRoute } from './http-route.ts';
import type { RouteIndex } from './route-index.ts';
import type { HttpRule, RouteObject } from './route-object.ts';
import type { Server } from './server.ts';

export interface VirtualHost {
  /** A host, `*.suffix`, or `*`. */
  readonly domain: string;
  /** In the order in which they are tried. */
  readonly routes: readonly HttpRoute[];
  /** The server that redirects plain HTTP to HTTPS. */
  readonly redirects: By | null;
}

/** What one HTTP connection manager of a gateway routes by. */
export interface VirtualHosts {
  readonly all: readonly VirtualHost[];
  /** A rule that says nothing of what to do, as of a delegate of a delegate: Envoy refuses all of them because of it (reference §17.6). */
  readonly refusedBy: By | null;
  readonly find: (authority: string) => VirtualHost | undefined;
}

interface Draft {
  readonly routes: HttpRoute[];
  redirects: By | null;
}

/**
 * The virtual hosts of servers that share a route configuration. Where the host of a server and that of a route object overlap, the narrower
 * of the two is a virtual host; route objects that share one are tried in their order, but routes that match everything come last.
 *
 * Source: istio pilot/pkg/networking/core/gateway.go (buildGatewayHTTPRouteConfig), core/route/route.go (SortVHostRoutes); reference §17.2.
 */
export function buildVirtualHosts(servers: readonly Server[], proxy: Workload, routes: RouteIndex): VirtualHosts {
  const drafts = new Map<string, Draft>();
  // Routes are made once per Gateway, for the port of its first server here.
  const compiled = new Map<string, Map<RouteObject, readonly HttpRoute[]>>();
  const draftOf = (domain: string): Draft => {
    let draft = drafts.get(domain);
    if (!draft) {
      draft = { routes: [], redirects: null };
      drafts.set(domain, draft);
    }
    return draft;
  };
  for (const server of servers) {
    const made = compiled.get(server.gateway) ?? new Map<RouteObject, readonly HttpRoute[]>();
    compiled.set(server.gateway, made);
    const bound = routes.boundTo(proxy.cluster, server.gateway, proxy.namespace);
    const hosts = server.hosts.map((host) => host.slice(host.indexOf('/') + 1));
    for (const owner of bound.candidates(hosts)) {
      const domains = intersectHosts(hostsForNamespace(server.hosts, owner.namespace), owner.hosts);
      if (domains.length === 0) continue;
      const own = made.get(owner) ?? compileHttpRoutes(owner, server.port, server.gateway, proxy);
      made.set(owner, own);
      if (own.length === 0) continue;
      for (const domain of domains) {
        const draft = draftOf(domain);
        for (const route of own) draft.routes.push(route);
        if (server.tls?.httpsRedirect) draft.redirects = server.by;
      }
    }
    // Also hosts without a route. A host with a namespace is taken as written, which no request names.
    if (server.tls?.httpsRedirect) for (const host of server.hosts) draftOf(host).redirects = server.by;
  }
  const all = [...drafts].map(([domain, { routes: own, redirects }]) => ({
    domain,
    routes: catchAllLast(own),
    redirects,
  }));
  const broken = all.flatMap((host) => host.routes).find(({ rule }) => !hasAction(rule));
  return { all, find: finder(all), refusedBy: broken?.by ?? null };
}

const hasAction = ({ spec }: HttpRule): boolean =>
  Boolean(spec.route?.length ?? 0) || spec.redirect !== undefined || spec.directResponse !== undefined;

const catchAllLast = (routes: readonly HttpRoute[]): readonly HttpRoute[] => [
  ...routes.filter(({ catchAll }) => !catchAll),
  ...routes.filter(({ catchAll }) => catchAll),
];

/** Exact first, then the longest wildcard; without case, port ignored. Source: envoy source/common/router/config_impl.cc (findVirtualHost). */
function finder(all: readonly VirtualHost[]): VirtualHosts['find'] {
  const byDomain = new Map(all.map((host) => [host.domain, host]));
  const hasWildcards = all.some(({ domain }) => domain.startsWith('*') && domain !== '*');
  return (authority) => {
    const host = withoutPort(authority.toLowerCase());
    const exact = host.startsWith('*') ? undefined : byDomain.get(host);
    if (exact) return exact;
    if (hasWildcards) {
      for (let from = 1; from < host.length; from++) {
        const wildcard = byDomain.get(`*${host.slice(from)}`);
        if (wildcard) return wildcard;
      }
    }
    return byDomain.get('*');
  };
}
