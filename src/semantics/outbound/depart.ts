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
import { covers, qualifyGateway, withoutPort } from '../gateway/host-name.ts';
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
  if (addressed && isByName(addressed, port) && portOf(addressed, port)?.chain === 'http')
    return { kind: 'refused', why: `port ${port} is HTTP and the bytes are not`, by: null };
  const entry = view.entriesAt(port).find((each) => takesBytes(each, port, sni));
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

/** TLS routes by SNI, else TCP routes; the first that is for this port and client. */
function l4(view: ClientView, entry: RegistryEntry, { port, sni }: Asked): Departure {
  const owner = view.routesFor(entry.host, port);
  const { client } = view;
  const applies = (match: {
    readonly port?: number;
    readonly gateways?: readonly string[];
    readonly sourceLabels?: Readonly<Record<string, string>>;
    readonly sourceNamespace?: string;
  }): boolean =>
    (!match.port || match.port === port) &&
    (!match.gateways?.length || match.gateways.some((name) => qualifyGateway(name, owner?.namespace ?? '') === MESH)) &&
    matchesLabels(match.sourceLabels ?? {}, client.labels) &&
    (!match.sourceNamespace || match.sourceNamespace === client.namespace);
  if (owner) {
    const tls =
      sni === undefined
        ? undefined
        : owner.tls.find(({ spec }) =>
            (spec.match ?? []).some(
              (match) =>
                applies(match) && (match.sniHosts ?? []).some((host) => covers(host.toLowerCase(), sni.toLowerCase())),
            ),
          );
    const rule = tls ?? owner.tcp.find(({ spec }) => !spec.match?.length || spec.match.some(applies));
    if (rule) {
      const written = rule.spec.route ?? [];
      const chosen = written.length === 1 ? written : written.filter(({ weight = 0 }) => weight > 0);
      const by = byOf(rule.resource, { rule: rule.index, path: rule.path });
      return routed(
        view,
        owner,
        chosen.map(({ destination }) => ({ destination })),
        port,
        by,
        [],
      );
    }
  }
  return straight(view, entry, port);
}
