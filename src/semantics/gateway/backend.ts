import type { HttpRequest } from '../attempt.ts';
import type { Endpoint } from './registry.ts';
import { type DestinationOutcome, type Destinations, findDestination, type RouteContext } from './destination.ts';
import { departingRequest, keepsHeader } from './depart.ts';
import type { HttpRoute } from './http-route.ts';
import type { L4Route } from './filter-chain.ts';

/** Where a gateway sends what it admits. */
export interface GatewayBackend {
  /** `ns/service:servicePort`, or `host:port` of a ServiceEntry. */
  readonly label: string;
  readonly service: string;
  readonly servicePort: number;
  /** A host outside the mesh. */
  readonly external: boolean;
  readonly workloads: readonly Endpoint[];
  /** A copy goes there; its answer is thrown away. */
  readonly mirrored: boolean;
  /** Whose identity the backend sees: the gateway's, or, where TLS is passed through between proxies, the client's own. */
  readonly identity: 'gateway' | 'client';
  /** As it leaves the gateway; absent where it speaks no HTTP. */
  readonly http?: HttpRequest;
  /** The gateway looks at no HTTP: it passes on what the client sends, byte by byte. */
  readonly asBytes?: true;
  /** What Envoy at the backend takes for the client: the address that the gateway adds to X-Forwarded-For. */
  readonly remoteIp?: string;
  /** The token is still in the request. */
  readonly forwardsToken: boolean;
}

export interface FoundBackends {
  readonly backends: readonly GatewayBackend[];
  /** Why some, or all, of the route's destinations are none. */
  readonly missing: readonly string[];
  readonly assumes: readonly string[];
}

interface Departing {
  readonly http: HttpRequest;
  readonly clientIp: string | undefined;
  readonly forwardsToken: boolean;
  /** The header that holds the token. */
  readonly carrier?: readonly [string, string];
}

/** The destinations of an HTTP route that get requests, its mirrors last. */
export function httpBackends(
  route: HttpRoute,
  departing: Departing,
  all: Destinations,
  context: RouteContext,
): FoundBackends {
  const { spec } = route.rule;
  const written = spec.route ?? [];
  const targets = written.length === 1 ? written : written.filter(({ weight = 0 }) => weight > 0);
  const backends: GatewayBackend[] = [];
  const missing: string[] = [];
  const assumes: string[] = [];
  for (const target of targets) {
    const { http, assumes: assumed } = departingRequest(route, target, departing.http, departing.clientIp);
    const found = findDestination(target.destination, all, context);
    const forwardsToken = departing.forwardsToken && keepsCarrier(route, target, departing);
    if (!found.found) missing.push(found.why);
    else backends.push(toBackend(found, { ...departing, http, forwardsToken }, false));
    assumes.push(...assumed);
  }
  for (const destination of mirrorsOf(route)) {
    const { http } = departingRequest(route, undefined, departing.http, departing.clientIp);
    const found = findDestination(destination, all, context);
    // Envoy marks copies by the host.
    if (found.found)
      backends.push(toBackend(found, { ...departing, http: { ...http, host: shadowHost(http.host) } }, true));
  }
  return { backends, missing, assumes: [...new Set(assumes)] };
}

/** Whether the route leaves the header alone that the token is in. */
function keepsCarrier(
  route: HttpRoute,
  target: Parameters<typeof departingRequest>[1],
  { http, carrier }: Departing,
): boolean {
  return carrier === undefined || keepsHeader(route, target, http, carrier[0]);
}

const shadowHost = (host: string): string => host.replace(/(:\d+)?$/, '-shadow$1');

function mirrorsOf({ rule: { spec } }: HttpRoute) {
  const percent = spec.mirrorPercentage?.value ?? spec.mirrorPercent ?? spec.mirror_percent ?? 100;
  const single = spec.mirror && percent > 0 ? [spec.mirror] : [];
  const several = (spec.mirrors ?? []).filter(({ percentage }) => (percentage ? (percentage.value ?? 0) : 100) > 0);
  return [...single, ...several.flatMap(({ destination }) => destination ?? [])];
}

type Found = Extract<DestinationOutcome, { found: true }>;

function toBackend(
  { label, entry, port, endpoints }: Found,
  departing: Partial<Departing>,
  mirrored: boolean,
): GatewayBackend {
  const { http, clientIp, forwardsToken = false } = departing;
  return {
    label,
    service: entry.label,
    servicePort: port,
    external: entry.external,
    workloads: endpoints,
    mirrored,
    identity: 'gateway',
    forwardsToken,
    ...(http ? { http } : {}),
    ...(clientIp === undefined ? {} : { remoteIp: clientIp }),
  };
}

export function l4Backends({ destinations }: L4Route, all: Destinations, context: RouteContext): FoundBackends {
  const targets = destinations.length === 1 ? destinations : destinations.filter(({ weight = 0 }) => weight > 0);
  const found = targets.map(({ destination }) => findDestination(destination, all, context));
  return {
    backends: found.flatMap((each) => (each.found ? [toBackend(each, {}, false)] : [])),
    missing: found.flatMap((each) => (each.found ? [] : [each.why])),
    assumes: [],
  };
}
