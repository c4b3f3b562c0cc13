import type { Mesh } from '../../../model/inventory/types.ts';
import type { Resource } from '../../../model/resource.ts';
import type { Destination } from '../../../model/istio/destination.ts';
import type { GRPCRoute } from '../../../model/gateway/grpc-route.ts';
import type { HTTPRoute } from '../../../model/gateway/http-route.ts';
import type { ParentReference } from '../../../model/gateway/reference.ts';
import { type Aged, compare } from '../age.ts';
import type { HttpRule, RouteObject } from '../route-object.ts';
import { type BackendOwner, readBackends } from './backends.ts';
import { readHttpRules, sortHttpRules } from './http-rules.ts';
import type { Listeners } from './listeners.ts';
import { type Attaching, findParents, isIsolated } from './parents.ts';

type Kind = Attaching['kind'];
type Spec = { readonly parentRefs?: readonly ParentReference[]; readonly hostnames?: readonly string[] };

/**
 * HTTPRoutes, GRPCRoutes, TLSRoutes and TCPRoutes that attach to a listener, as istiod turns them into VirtualServices: one per listener and
 * host name. Routes of one kind for one listener and host name become one, ordered by how specific they are, then by age.
 *
 * Source: istio pilot/pkg/config/kube/gateway/route_collections.go (HTTPRouteCollection, mergeHTTPRoutes, TLSRouteCollection).
 */
export function readKubernetesRoutes(mesh: Mesh, listeners: Listeners): readonly RouteObject[] {
  return [
    ...httpRoutes(mesh, listeners, 'HTTPRoute', mesh.resources.of('HTTPRoute')),
    ...httpRoutes(mesh, listeners, 'GRPCRoute', mesh.resources.of('GRPCRoute')),
    ...tlsRoutes(mesh, listeners),
    ...tcpRoutes(mesh, listeners),
  ];
}

interface Part {
  readonly route: Resource<Spec>;
  readonly gateway: string;
  readonly host: string;
  readonly rules: readonly HttpRule[];
}

function httpRoutes(
  mesh: Mesh,
  listeners: Listeners,
  kind: 'HTTPRoute' | 'GRPCRoute',
  routes: readonly (HTTPRoute | GRPCRoute)[],
): readonly RouteObject[] {
  const groups = new Map<string, Part[]>();
  for (const route of [...routes].sort(byAge)) {
    const attaching = attachingOf(route, kind);
    const parents = findParents(attaching, listeners);
    if (parents.length === 0) continue;
    const rules = readHttpRules(mesh.resources, route);
    if (rules.length === 0) continue;
    for (const parent of parents) {
      const gateway = parent.listener.gateway.id;
      for (const host of attaching.hostnames) {
        if (isIsolated(parent, host)) continue;
        const key = `${route.cluster}:${gateway}/${host}`;
        const part = { route, gateway, host, rules };
        const group = groups.get(key);
        if (group) group.push(part);
        else groups.set(key, [part]);
      }
    }
  }
  return [...groups.values()].flatMap((parts) => {
    const [first] = parts;
    if (!first) return [];
    const http = sortHttpRules(parts.flatMap(({ rules }) => rules));
    return [
      {
        ...routeObject(first.route, first.gateway, [first.host]),
        name: `${first.gateway}/${first.host}`.replaceAll('/', '~'),
        http,
      },
    ];
  });
}

function tlsRoutes(mesh: Mesh, listeners: Listeners): readonly RouteObject[] {
  return mesh.resources.of('TLSRoute').flatMap((route) => {
    const attaching = attachingOf(route, 'TLSRoute');
    const destinations = l4Rules(mesh, route, 'TLSRoute');
    const tls = destinations.map(({ route: to, ...rule }) => ({
      ...rule,
      spec: { match: [{ sniHosts: attaching.hostnames }], route: to },
    }));
    return findParents(attaching, listeners).flatMap(({ listener }) =>
      attaching.hostnames.map(
        (host): RouteObject => ({ ...routeObject(route, listener.gateway.id, [host]), tls, isTlsRoute: true }),
      ),
    );
  });
}

function tcpRoutes(mesh: Mesh, listeners: Listeners): readonly RouteObject[] {
  return mesh.resources.of('TCPRoute').flatMap((route) => {
    const tcp = l4Rules(mesh, route, 'TCPRoute').map(({ route: to, ...rule }) => ({ ...rule, spec: { route: to } }));
    return findParents(attachingOf(route, 'TCPRoute'), listeners).map(
      ({ listener }): RouteObject => ({ ...routeObject(route, listener.gateway.id, ['*']), tcp }),
    );
  });
}

interface L4Rule {
  readonly resource: Resource;
  readonly path: readonly (string | number)[];
  readonly index: number;
  readonly route: readonly { readonly destination: Destination; readonly weight?: number }[];
}

type L4Spec = Spec & { readonly rules?: readonly { readonly backendRefs?: Parameters<typeof readBackends>[2] }[] };

/** Without a backend of some weight, connections go where nothing is. */
function l4Rules(mesh: Mesh, resource: Resource<L4Spec>, kind: Kind): readonly L4Rule[] {
  const owner: BackendOwner = { cluster: resource.cluster, namespace: resource.namespace, kind };
  const rules: L4Rule[] = [];
  for (const [index, { backendRefs = [] }] of (resource.spec.rules ?? []).entries()) {
    const backends = readBackends(mesh.resources, owner, backendRefs);
    if (!backends) return [];
    const route = backends.length > 0 ? backends : [{ destination: { host: '' } }];
    rules.push({ resource, path: ['spec', 'rules', index], index, route });
  }
  return rules;
}

function attachingOf({ cluster, namespace, spec }: Resource<Spec>, kind: Kind): Attaching {
  const hostnames = spec.hostnames?.length ? spec.hostnames.map((host) => host.toLowerCase()) : ['*'];
  return { cluster, namespace, kind, parentRefs: spec.parentRefs ?? [], hostnames };
}

/** A route without rules, bound to one gateway. */
export function routeObject(resource: Resource, gateway: string, hosts: readonly string[]): RouteObject {
  const { cluster, namespace, name, creationTimestamp } = resource;
  const age: Aged = { name, namespace, ...(creationTimestamp === undefined ? {} : { creationTimestamp }) };
  return {
    ...age,
    cluster,
    resource,
    hosts,
    gateways: [gateway],
    exportTo: undefined,
    semantics: 'gateway-api',
    http: [],
    tls: [],
    tcp: [],
  };
}

/** Source: istio conversion.go (sortRoutesByCreationTime): by namespace before name. */
export function byAge(a: Aged, b: Aged): number {
  const times = compare(a.creationTimestamp ?? '~', b.creationTimestamp ?? '~');
  return times || compare(a.namespace, b.namespace) || compare(a.name, b.name);
}
