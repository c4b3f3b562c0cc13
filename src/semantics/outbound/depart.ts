import { byOf } from '../../model/by.ts';
import { matchesLabels } from '../../model/inventory/label-selection.ts';
import type { MeshService, Workload } from '../../model/inventory/types.ts';
import type { Destination } from '../../model/istio/destination.ts';
import type { By } from '../../result/location.ts';
import type { HttpRequest } from '../attempt.ts';
import type { Enforcement } from '../enforcement.ts';
import { ownAnswer } from '../gateway/answer.ts';
import { departingRequest } from '../gateway/depart.ts';
import { type FoundDestination, findDestination } from '../gateway/destination.ts';
import { covers, isWildcard, qualifyGateway, withoutPort } from '../gateway/host-name.ts';
import { compileHttpRoutes, matchesRoute } from '../gateway/http-route.ts';
import type { RegistryEntry } from '../gateway/registry.ts';
import type { RouteObject } from '../gateway/route-object.ts';
import { MESH } from '../gateway/virtual-services.ts';
import { normalizePath, withoutQuery } from '../http/normalize-path.ts';
import { APPLIED_TOGETHER } from '../mtls/effective-mode.ts';
import { type ClientView, isByName, portOf } from './client-view.ts';
import { isEntryService } from './entry-service.ts';

/** What an application sends, as its proxy sees it. */
export interface Asked {
  /** The service whose address it goes to, if it is one. */
  readonly service?: MeshService;
  /** The address, if it is known. */
  readonly ip?: string;
  /** The pod whose address it is. */
  readonly pod?: Workload;
  /** As sent: the service's port. */
  readonly port: number;
  readonly http?: HttpRequest;
  readonly sni?: string;
}

/** A cluster that the request goes to. */
export interface DepartureTarget extends Omit<FoundDestination, 'found'> {
  /** As it leaves. */
  readonly http?: HttpRequest;
}

export type Departure =
  /** The proxy answers itself, or has nowhere to send it. */
  | { readonly kind: 'refused'; readonly why: string; readonly by: By | null }
  /** It does not know the destination. */
  | { readonly kind: 'unknown'; readonly why: string }
  | {
      readonly kind: 'targets';
      readonly targets: readonly DepartureTarget[];
      readonly why: string;
      readonly by: By | null;
      readonly assumes: readonly string[];
    };

/**
 * Where a sidecar sends what its application sends: by the name that the request asks for on HTTP ports, by the address on others, and from
 * there by the VirtualServices of the mesh.
 *
 * Source: istio pilot/pkg/networking/core/listener.go (buildSidecarOutboundListeners), httproute.go, tls.go; reference §7, §8.2.
 */
export function depart(enforcement: Enforcement, view: ClientView, asked: Asked): Departure {
  const { service, ip, port, http, sni } = asked;
  const addressed = service
    ? view.entryOf(service, port, http?.host ?? sni)
    : ip
      ? view.entryAt(ip, port, asked.pod)
      : undefined;
  if (addressed && !isByName(addressed, port) && !(sni !== undefined && isBySni(addressed, port))) {
    const detected = http !== undefined && portOf(addressed, port)?.chain === 'auto';
    return detected ? byName(enforcement, view, asked, addressed) : l4(view, addressed, asked);
  }
  if (http && (addressed || view.listensForHttp(port))) return byName(enforcement, view, asked, undefined);
  // Bytes that are not HTTP leave a listener for HTTP by its default filter chain, as if nothing of the mesh were there.
  const [entry] = view
    .entriesAt(port)
    .filter((each) => takesBytes(each, port, sni))
    .sort((a, b) => {
      const named = isBySni(a, port);
      return Number(isBySni(b, port)) - Number(named) || (named ? bySpecificity(a.host, b.host) : 0);
    });
  if (entry) return l4(view, entry, asked);
  const name = service ? nameOf(service) : (http?.host ?? sni ?? ip ?? '');
  return { kind: 'unknown', why: `the client's proxy does not know \`${name}\` on port ${port}` };
}

const nameOf = (service: MeshService): string =>
  isEntryService(service) ? (service.hosts[0] ?? service.name) : `${service.namespace}/${service.name}`;

/** No address stands for it, so that TLS is told apart by the name that it asks for. */
function isBySni(entry: RegistryEntry, port: number): boolean {
  const { service } = entry;
  const protocol = portOf(entry, port)?.protocol;
  return isEntryService(service) && service.vips.length === 0 && (protocol === 'tls' || protocol === 'https');
}

/** A ServiceEntry without addresses takes what goes to any: TLS by its SNI, else whatever comes. */
function takesBytes(entry: RegistryEntry, port: number, sni: string | undefined): boolean {
  if (isBySni(entry, port)) return sni !== undefined && covers(entry.host, sni.toLowerCase());
  const chain = portOf(entry, port)?.chain;
  return isEntryService(entry.service) && entry.service.vips.length === 0 && (chain === 'tcp' || chain === 'auto');
}

/** `only`: the service whose address alone it is, so that the name in the request does not count. */
function byName(
  enforcement: Enforcement,
  view: ClientView,
  { http, port, ip }: Asked,
  only: RegistryEntry | undefined,
): Departure {
  const request = http ?? { method: 'GET', path: '/', host: ip ?? '', headers: [] };
  const owner = only && view.routesFor(only.host, port);
  const found = only ? { entry: only, ...(owner ? { owner } : {}) } : view.findByName(request.host, port);
  if (!found) return { kind: 'unknown', why: `the client's proxy knows no host \`${request.host}\` on port ${port}` };
  const path = normalizePath(request.path, enforcement.configOf(view.client).pathNormalization.value);
  const sent: HttpRequest = { ...request, path };
  const routes = found.owner ? compileHttpRoutes(found.owner, port, MESH, view.client) : [];
  if (routes.length === 0) {
    return found.entry
      ? straight(view, found.entry, port, sent)
      : {
          kind: 'unknown',
          why: `no route of VirtualService for \`${request.host}\` is for port ${port} and this client`,
        };
  }
  const route = routes.find((each) =>
    matchesRoute(each, {
      method: sent.method,
      path,
      plainPath: withoutQuery(path),
      authority: sent.host,
      scheme: 'http',
      headers: sent.headers,
      claims: undefined,
    }),
  );
  const [first] = routes;
  if (!route)
    return {
      kind: 'refused',
      why: `no route for \`${sent.host}\` takes ${sent.method} ${path}`,
      by: first ? byOf(first.owner.resource) : null,
    };
  const answer = ownAnswer(route, sent);
  if (answer !== undefined)
    return { kind: 'refused', why: answer.replace('the gateway', "the client's proxy"), by: route.by };
  const written = route.rule.spec.route ?? [];
  const chosen = written.length === 1 ? written : written.filter(({ weight = 0 }) => weight > 0);
  const host = found.entry?.host ?? withoutPort(sent.host.toLowerCase());
  const assumes = view.isContested(route.owner, host, port) ? [APPLIED_TOGETHER] : [];
  const departing = chosen.map((each) => {
    const { http: rewritten, assumes: assumed } = departingRequest(route, each, sent, null);
    assumes.push(...assumed);
    return { destination: each.destination, http: rewritten };
  });
  return routed(view, route.owner, departing, port, route.by, assumes);
}

function routed(
  view: ClientView,
  owner: RouteObject,
  departing: readonly { readonly destination: Destination | undefined; readonly http?: HttpRequest }[],
  port: number,
  by: By,
  assumed: readonly string[],
): Departure {
  const context = { routeNamespace: owner.namespace, proxy: view.client, listenPort: port };
  const targets: DepartureTarget[] = [];
  const missing: string[] = [];
  for (const { destination, http } of departing) {
    const found = findDestination(destination, view.destinations, context);
    if (!found.found) missing.push(found.why.replace('the gateway', "the client's proxy"));
    else targets.push({ ...found, ...(http ? { http } : {}) });
  }
  if (targets.length === 0)
    return { kind: 'refused', why: `the route leads nowhere: ${missing.join('; ') || 'it has no destination'}`, by };
  const lost = missing.map((why) => `the request is not one that goes nowhere: ${why}`);
  const why = `routed to ${targets.map(({ label, subset }) => (subset ? `${label} (${subset})` : label)).join(', ')}`;
  return { kind: 'targets', targets, why, by, assumes: [...assumed, ...lost] };
}

/** No route stands in the way: to the service itself. */
function straight(view: ClientView, named: RegistryEntry, port: number, http?: HttpRequest): Departure {
  if (!view.isServed(named)) {
    const why = `another ServiceEntry has \`${named.host}\`, which knows no port ${port}`;
    return { kind: 'refused', why, by: byOf(named.service.resource) };
  }
  const { registry } = view.destinations;
  const entry = named.alias === undefined ? named : registry.find(named.alias, named.namespace, view.client.namespace);
  if (!entry) {
    const outside = [{ kind: 'outside', address: named.alias ?? '', port } as const];
    const base = { entry: named, port, subset: '', label: `${named.alias}:${port}`, endpoints: [], outside };
    return {
      kind: 'targets',
      targets: [{ ...base, ...(http ? { http } : {}) }],
      why: `to ${named.alias}:${port}`,
      by: null,
      assumes: [],
    };
  }
  const target: DepartureTarget = {
    entry,
    port,
    subset: '',
    label: `${entry.label}:${port}`,
    endpoints: entry.endpoints(port, {}, view.client.cluster),
    outside: entry.outside(port, {}),
    ...(http ? { http } : {}),
  };
  return { kind: 'targets', targets: [target], why: `to ${target.label}`, by: null, assumes: [] };
}

/** An exact name comes before wildcards, and of those the longest. Source: envoy source/common/listener_manager/filter_chain_manager_impl.cc. */
const bySpecificity = (a: string, b: string): number =>
  Number(isWildcard(a)) - Number(isWildcard(b)) || b.length - a.length;

interface L4Match {
  readonly port?: number;
  readonly gateways?: readonly string[];
  readonly sourceLabels?: Readonly<Record<string, string>>;
  readonly sourceNamespace?: string;
}

/**
 * TLS ports take TLS routes, by SNI: once there is one for this port and client, a name that none has is nobody's. Others take the first TCP route
 * for this port and client.
 *
 * Source: istio pilot/pkg/networking/core/tls.go.
 */
function l4(view: ClientView, entry: RegistryEntry, asked: Asked): Departure {
  const { port, sni } = asked;
  const owners = view.allRoutesFor(entry.host, port);
  const protocol = portOf(entry, port)?.protocol;
  if (protocol !== 'tls' && protocol !== 'https') {
    for (const owner of owners) {
      const rule = owner.tcp.find(
        ({ spec }) =>
          spec.route?.length && (!spec.match?.length || spec.match.some((match) => applies(view, owner, match, port))),
      );
      if (rule) return l4Routed(view, owner, rule, port);
    }
    return straight(view, entry, port);
  }
  const found = owners.flatMap((owner) =>
    owner.tls.flatMap((rule) =>
      rule.spec.route?.length
        ? (rule.spec.match ?? [])
            .filter((match) => applies(view, owner, match, port))
            .flatMap((match) => (match.sniHosts ?? []).map((host) => ({ owner, rule, host: host.toLowerCase() })))
        : [],
    ),
  );
  if (found.length === 0) return straight(view, entry, port);
  const [best] = found
    .filter(({ host }) => sni !== undefined && covers(host, sni.toLowerCase()))
    .sort((a, b) => bySpecificity(a.host, b.host));
  if (best) return l4Routed(view, best.owner, best.rule, port);
  const why = `the TLS routes for \`${entry.host}\` that the client's proxy has on port ${port} are for other names than \`${sni ?? ''}\``;
  return { kind: 'unknown', why };
}

function applies(view: ClientView, owner: RouteObject, match: L4Match, port: number): boolean {
  const { client } = view;
  return (
    (!match.port || match.port === port) &&
    (!match.gateways?.length || match.gateways.some((name) => qualifyGateway(name, owner.namespace) === MESH)) &&
    matchesLabels(match.sourceLabels ?? {}, client.labels) &&
    (!match.sourceNamespace || match.sourceNamespace === client.namespace)
  );
}

function l4Routed(
  view: ClientView,
  owner: RouteObject,
  rule: RouteObject['tls'][number] | RouteObject['tcp'][number],
  port: number,
): Departure {
  const written = rule.spec.route ?? [];
  const chosen = written.length === 1 ? written : written.filter(({ weight = 0 }) => weight > 0);
  const by = byOf(rule.resource, { rule: rule.index, path: rule.path });
  const departing = chosen.map(({ destination }) => ({ destination }));
  return routed(view, owner, departing, port, by, []);
}
