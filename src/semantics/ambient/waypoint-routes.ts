import { byOf } from '../../model/by.ts';
import type { Mesh, MeshService, Workload } from '../../model/inventory/types.ts';
import type { Destination } from '../../model/istio/destination.ts';
import type { By } from '../../result/location.ts';
import type { HttpRequest } from '../attempt.ts';
import type { Enforcement } from '../enforcement.ts';
import { isAgeUnknown } from '../gateway/age.ts';
import { ownAnswer } from '../gateway/answer.ts';
import { departingRequest } from '../gateway/depart.ts';
import { destinationsOf, type FoundDestination, findDestination } from '../gateway/destination.ts';
import { overlaps, qualifyGateway, serviceHost } from '../gateway/host-name.ts';
import { compileHttpRoutes, type HttpRoute, matchesRoute, type RoutedRequest } from '../gateway/http-route.ts';
import { meshRoutes } from '../gateway/mesh-routes.ts';
import type { RouteObject } from '../gateway/route-object.ts';
import { MESH } from '../gateway/virtual-services.ts';
import { withoutQuery } from '../http/normalize-path.ts';
import { APPLIED_TOGETHER } from '../mtls/effective-mode.ts';
import type { DepartureTarget } from '../outbound/depart.ts';
import { isEntryService } from '../outbound/entry-service.ts';
import type { Query } from '../query.ts';

/** Where a waypoint sends what its policies let on. */
export type WaypointDeparture =
  /** No route stands in the way: to the service itself, or to the pod that was addressed. */
  | { readonly kind: 'straight' }
  /** It answers itself, or has nowhere to send it. */
  | { readonly kind: 'refused'; readonly why: string; readonly by: By | null }
  | {
      readonly kind: 'routed';
      readonly targets: readonly DepartureTarget[];
      readonly why: string;
      readonly by: By;
      readonly assumes: readonly string[];
    };

type Addressed = NonNullable<Query['destination']['via']>;

const STRAIGHT: WaypointDeparture = { kind: 'straight' };

/**
 * By the VirtualServices of the mesh for the service (and HTTPRoutes whose parent it is): those of the service's namespace or the waypoint's, as far
 * as the waypoint sees them. Whatever name the request asks for, the service that was addressed counts. What no route takes has none (404). A route
 * to another service goes to its endpoints, past the policies and the waypoint of that one.
 *
 * Source: istio pilot/pkg/networking/core/listener_waypoint.go (buildWaypointInboundHTTPRouteConfig, getVirtualServiceForWaypoint,
 * getWaypointDestinationCluster); recorded in conformance/ways.
 */
export function departFromWaypoint(
  enforcement: Enforcement,
  waypoint: Workload,
  via: Addressed | undefined,
  sent: { readonly http?: HttpRequest; readonly claims?: RoutedRequest['claims'] },
): WaypointDeparture {
  if (!via) return STRAIGHT;
  const { http } = sent;
  if (!http) return departWithBytes(enforcement, waypoint, via);
  const routes = waypointRoutes(enforcement, waypoint, via);
  const [first] = routes;
  if (!first) return STRAIGHT;
  const request: RoutedRequest = {
    method: http.method,
    path: http.path,
    plainPath: withoutQuery(http.path),
    authority: http.host,
    scheme: 'http',
    headers: http.headers,
    claims: sent.claims,
  };
  const route = routes.find((each) => matchesRoute(each, request));
  const name = `${via.service.namespace}/${via.service.name}`;
  if (!route) {
    const why = `no route for \`${name}\` takes ${http.method} ${http.path}`;
    return { kind: 'refused', why, by: byOf(first.owner.resource) };
  }
  const answer = ownAnswer(route, http);
  if (answer !== undefined)
    return { kind: 'refused', why: answer.replace('the gateway', 'the waypoint'), by: route.by };
  const written = route.rule.spec.route ?? [];
  const assumes = isContested(route, routes, request) ? [APPLIED_TOGETHER] : [];
  const departing = weighted(written).map((each) => {
    // At a waypoint X-Forwarded-For is passed on as it came.
    const { http: rewritten, assumes: assumed } = departingRequest(route, each, http, null);
    assumes.push(...assumed);
    return { destination: each.destination, http: rewritten };
  });
  return routed(enforcement, waypoint, via, { owner: route.owner, by: route.by, departing, assumes });
}

/** The routes of the HTTP chain that a waypoint has for a port of a service; empty: straight to it. */
export function waypointRoutes(
  enforcement: Enforcement,
  waypoint: Workload,
  { service, port }: Addressed,
): readonly HttpRoute[] {
  return ownersOf(enforcement, waypoint, service).flatMap((owner) =>
    compileHttpRoutes(owner, port.port, MESH, waypoint),
  );
}

/** Where one route may send requests, whatever else they are. */
export function leadsTo(
  enforcement: Enforcement,
  waypoint: Workload,
  { port }: Addressed,
  { rule, owner }: HttpRoute,
): readonly FoundDestination[] {
  const context = { routeNamespace: owner.namespace, proxy: waypoint, listenPort: port.port };
  return weighted(rule.spec.route ?? []).flatMap(({ destination }) => {
    const found = findDestination(destination, destinationsOf(enforcement.mesh), context);
    return found.found ? [found] : [];
  });
}

const OWNERS = new WeakMap<Mesh, Map<MeshService, Map<Workload, readonly RouteObject[]>>>();

/** Remembered: every port behind a service asks, and whoever looks for requests that a waypoint sends elsewhere. */
function ownersOf({ mesh }: Enforcement, waypoint: Workload, service: MeshService): readonly RouteObject[] {
  const byService = OWNERS.get(mesh) ?? new Map<MeshService, Map<Workload, readonly RouteObject[]>>();
  OWNERS.set(mesh, byService);
  let byWaypoint = byService.get(service);
  if (!byWaypoint) {
    byWaypoint = new Map();
    byService.set(service, byWaypoint);
  }
  let owners = byWaypoint.get(waypoint);
  if (!owners) {
    owners = findOwners(mesh, waypoint, service);
    byWaypoint.set(waypoint, owners);
  }
  return owners;
}

/** In their order; of several the routes stand one behind the other, what matches everything too. */
function findOwners(mesh: Mesh, waypoint: Workload, service: MeshService): readonly RouteObject[] {
  const hosts = isEntryService(service) ? service.hosts : [serviceHost(service.name, service.namespace)];
  return meshRoutes(mesh)
    .boundTo(waypoint.cluster, MESH, waypoint.namespace)
    .candidates(hosts)
    .filter(
      (owner) =>
        (owner.namespace === waypoint.namespace || owner.namespace === service.namespace) &&
        owner.hosts.some((host) => hosts.some((own) => overlaps(host, own))),
    );
}

/** Whether another object takes the request elsewhere, and which of the two comes first hangs on an age that is not known. */
function isContested(route: HttpRoute, routes: readonly HttpRoute[], request: RoutedRequest): boolean {
  const leadsTo = JSON.stringify(route.rule.spec);
  return routes
    .slice(routes.indexOf(route) + 1)
    .some(
      (other) =>
        other.owner !== route.owner &&
        isAgeUnknown(other.owner, route.owner) &&
        matchesRoute(other, request) &&
        JSON.stringify(other.rule.spec) !== leadsTo,
    );
}

interface L4Match {
  readonly port?: number;
  readonly gateways?: readonly string[];
  readonly sourceLabels?: Readonly<Record<string, string>>;
  readonly sourceNamespace?: string;
}

/** TLS routes come before TCP routes, and count by the service's name; of clients nothing is known. */
function departWithBytes(enforcement: Enforcement, waypoint: Workload, via: Addressed): WaypointDeparture {
  const owners = ownersOf(enforcement, waypoint, via.service);
  const host = isEntryService(via.service)
    ? via.service.hosts[0]
    : serviceHost(via.service.name, via.service.namespace);
  const takes =
    (owner: RouteObject) =>
    (match: L4Match): boolean =>
      (!match.port || match.port === via.port.port) &&
      (!match.gateways?.length || match.gateways.some((name) => qualifyGateway(name, owner.namespace) === MESH)) &&
      Object.keys(match.sourceLabels ?? {}).length === 0 &&
      !match.sourceNamespace;
  const go = (owner: RouteObject, rule: RouteObject['tls'][number] | RouteObject['tcp'][number]): WaypointDeparture => {
    const departing = weighted(rule.spec.route ?? []).map(({ destination }) => ({ destination }));
    const by = byOf(rule.resource, { rule: rule.index, path: rule.path });
    return routed(enforcement, waypoint, via, { owner, by, departing, assumes: [] });
  };
  for (const owner of owners) {
    const rule = owner.tls.find(
      ({ spec: { match = [] } }) =>
        match.length === 0 ||
        match.some((each) => each.sniHosts?.length === 1 && each.sniHosts[0] === host && takes(owner)(each)),
    );
    if (rule) return go(owner, rule);
  }
  for (const owner of owners) {
    const rule = owner.tcp.find(({ spec: { match = [] } }) => match.length === 0 || match.some(takes(owner)));
    if (rule) return go(owner, rule);
  }
  return STRAIGHT;
}

function weighted<R extends { readonly weight?: number }>(written: readonly R[]): readonly R[] {
  return written.length === 1 ? written : written.filter(({ weight = 0 }) => weight > 0);
}

interface Routing {
  readonly owner: RouteObject;
  readonly by: By;
  readonly departing: readonly { readonly destination: Destination | undefined; readonly http?: HttpRequest }[];
  readonly assumes: readonly string[];
}

function routed(
  enforcement: Enforcement,
  waypoint: Workload,
  { port }: Addressed,
  { owner, by, departing, assumes }: Routing,
): WaypointDeparture {
  const context = { routeNamespace: owner.namespace, proxy: waypoint, listenPort: port.port };
  const targets: DepartureTarget[] = [];
  const missing: string[] = [];
  for (const { destination, http } of departing) {
    const found = findDestination(destination, destinationsOf(enforcement.mesh), context);
    if (!found.found) missing.push(found.why.replace('the gateway', 'the waypoint'));
    else targets.push({ ...found, ...(http ? { http } : {}) });
  }
  if (targets.length === 0)
    return { kind: 'refused', why: `the route leads nowhere: ${missing.join('; ') || 'it has no destination'}`, by };
  const lost = missing.map((why) => `the request is not one that goes nowhere: ${why}`);
  const why = `the waypoint routes to ${targets.map(({ label, subset }) => (subset ? `${label} (${subset})` : label)).join(', ')}`;
  return { kind: 'routed', targets, why, by, assumes: [...assumes, ...lost] };
}
