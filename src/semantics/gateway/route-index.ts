import { compareAge } from './age.ts';
import { isWildcard } from './host-name.ts';
import type { RouteObject } from './route-object.ts';
import { isExported } from './visibility.ts';

/** The routes bound to one Gateway that a gateway proxy sees, in the order in which they count, found by host. */
export class BoundRoutes {
  readonly all: readonly RouteObject[];
  readonly #position = new Map<RouteObject, number>();
  /** By every suffix at a dot of their hosts, `''` for all. */
  readonly #bySuffix = new Map<string, RouteObject[]>();
  readonly #byHost = new Map<string, RouteObject[]>();
  /** With a wildcard that does not stand for whole labels. */
  readonly #odd: RouteObject[] = [];

  constructor(routes: readonly RouteObject[]) {
    this.all = routes;
    for (const [position, route] of routes.entries()) {
      this.#position.set(route, position);
      for (const host of route.hosts) {
        push(this.#byHost, host, route);
        for (const suffix of suffixesOf(host)) push(this.#bySuffix, suffix, route);
        if (isWildcard(host) && host !== '*' && !host.startsWith('*.')) this.#odd.push(route);
      }
    }
  }

  /** Those with a host that overlaps one of these, perhaps a few more; in order. */
  candidates(hosts: readonly string[]): readonly RouteObject[] {
    const found = new Set<RouteObject>(this.#odd);
    for (const host of hosts) {
      if (host === '*' || (isWildcard(host) && !host.startsWith('*.'))) return this.all;
      const add = (routes: readonly RouteObject[] = []): void => {
        for (const route of routes) found.add(route);
      };
      if (isWildcard(host)) add(this.#bySuffix.get(host.slice(1)));
      add(this.#byHost.get(host));
      // Wildcards that stand for this host too.
      for (const suffix of suffixesOf(host)) add(this.#byHost.get(`*${suffix}`));
    }
    return [...found].sort((a, b) => (this.#position.get(a) ?? 0) - (this.#position.get(b) ?? 0));
  }
}

/** `a.b.c` → `.b.c`, `.c`, ``; of `*.b.c` also `.b.c` itself. */
function suffixesOf(host: string): readonly string[] {
  const suffixes: string[] = [''];
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) suffixes.push(host.slice(dot));
  return suffixes;
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (!list) map.set(key, [value]);
  else if (list.at(-1) !== value) list.push(value);
}

/** All routes of the mesh, by the Gateway that they name. */
export class RouteIndex {
  readonly #byGateway = new Map<string, RouteObject[]>();
  readonly #bound = new Map<string, BoundRoutes>();
  readonly #exportedByDefault: readonly string[];

  readonly #configClusterOf: (cluster: string) => string;

  constructor(
    routes: readonly RouteObject[],
    exportedByDefault: readonly string[],
    configClusterOf: (cluster: string) => string,
  ) {
    this.#configClusterOf = configClusterOf;
    this.#exportedByDefault = exportedByDefault;
    for (const route of [...routes].sort(compareAge)) {
      for (const gateway of route.gateways) push(this.#byGateway, `${route.cluster}:${gateway}`, route);
    }
  }

  /**
   * Routes bound to a Gateway: first those exported to the proxy's namespace alone, then what is exported to all; of the latter, Gateway API
   * routes of the proxy's own namespace come first.
   *
   * Source: istio pilot/pkg/model/push_context.go (VirtualServicesForGateway).
   */
  boundTo(proxyCluster: string, gateway: string, proxyNamespace: string): BoundRoutes {
    const cluster = this.#configClusterOf(proxyCluster);
    const key = `${cluster}:${gateway} ${proxyNamespace}`;
    let bound = this.#bound.get(key);
    if (!bound) {
      const named = this.#byGateway.get(`${cluster}:${gateway}`) ?? [];
      const visible = named.filter((route) =>
        isExported(route.exportTo, this.#exportedByDefault, route.namespace, proxyNamespace),
      );
      const rank = (route: RouteObject): number => {
        if (!this.#isPublic(route)) return route.namespace === proxyNamespace ? 0 : 1;
        return route.semantics === 'gateway-api' && route.namespace === proxyNamespace ? 2 : 3;
      };
      bound = new BoundRoutes(visible.sort((a, b) => rank(a) - rank(b)));
      this.#bound.set(key, bound);
    }
    return bound;
  }

  #isPublic({ exportTo }: RouteObject): boolean {
    const to = exportTo?.length ? exportTo : this.#exportedByDefault;
    return to.length === 0 || to.includes('*');
  }
}
