import type { Mesh, Workload } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import type { ClientTls } from '../../result/request.ts';
import { shareNetwork } from '../clusters.ts';
import type { Enforcement } from '../enforcement.ts';
import { ownAnswer } from './answer.ts';
import { sniOf } from './auto-passthrough.ts';
import { type FoundBackends, type GatewayBackend, httpBackends, l4Backends } from './backend.ts';
import type { FilterChain } from './filter-chain.ts';
import type { GatewayQuery } from './gateway-verdict.ts';
import { trustedProxies } from './gateway-view.ts';
import { covers, isWildcard } from './host-name.ts';
import type { HttpRoute } from './http-route.ts';
import type { GatewayIndex, GatewayListener, GatewayProxy } from './index-gateways.ts';
import type { Endpoint } from './registry.ts';
import type { TlsMode } from './server.ts';
import type { VirtualHost } from './virtual-hosts.ts';
import { findHandshake, findHttpWitness, type HttpWitness } from './witness.ts';

/** One way through a gateway to one destination. */
export interface InternetRoute {
  readonly gateway: Workload;
  readonly listener: GatewayListener;
  /** Host names of requests or, for TCP, of TLS; `*`: any. */
  readonly hosts: readonly string[];
  /** What takes the route, in words: `GET /v1*`, `TCP`, `TLS a.example.com`. */
  readonly match: string;
  /** `ns/name`, or the host of a ServiceEntry. */
  readonly service: string;
  readonly servicePort: number;
  readonly external: boolean;
  readonly workloads: readonly Endpoint[];
  /** Only copies of requests go there. */
  readonly mirrored: boolean;
  readonly identity: GatewayBackend['identity'];
  /** A concrete request from the internet that takes this route, whatever policies say; for `decideAtGateway`. */
  readonly query: GatewayQuery;
  /** The route object. */
  readonly by: By;
  /** How the port treats TLS; null: plaintext. */
  readonly tlsMode: TlsMode | null;
}

/**
 * Every route of every gateway that some request takes, with such a request. Routes that earlier ones hide are left out, as are those that
 * lead to nothing the gateway knows.
 */
export function routesOf(
  enforcement: Enforcement,
  index: GatewayIndex,
  findOther: FindOther = () => undefined,
): readonly InternetRoute[] {
  return index.proxies.flatMap((proxy) =>
    proxy.listeners.flatMap((listener) =>
      listener.chains.all.flatMap((chain) => routesOfChain(enforcement, index, { proxy, listener, chain }, findOther)),
    ),
  );
}

/** One route of a virtual host. */
export interface HttpPlace extends Place<HttpChain> {
  readonly host: VirtualHost;
  readonly route: HttpRoute;
}

/** What a client sends to take a route, and how it opens the connection; null: in plaintext. */
export interface Taking {
  readonly witness: HttpWitness;
  readonly tls: ClientTls | null;
}

/** Asked for routes that none of the tried requests takes. */
type FindOther = (place: HttpPlace) => Taking | undefined;
type HttpChain = Extract<FilterChain, { kind: 'http' }>;

interface Place<Chain extends FilterChain = FilterChain> {
  readonly proxy: GatewayProxy;
  readonly listener: GatewayListener;
  readonly chain: Chain;
}

type Kind<K extends FilterChain['kind']> = Place<Extract<FilterChain, { kind: K }>>;

function routesOfChain(
  enforcement: Enforcement,
  index: GatewayIndex,
  place: Place,
  findOther: FindOther,
): readonly InternetRoute[] {
  const { chain } = place;
  switch (chain.kind) {
    case 'http':
      return httpRoutes(enforcement, index, { ...place, chain }, findOther);
    case 'tcp':
      return tcpRoutes(enforcement, index, { ...place, chain });
    case 'auto-passthrough':
      return passthroughRoutes(enforcement.mesh, index, { ...place, chain });
  }
}

function httpRoutes(
  enforcement: Enforcement,
  index: GatewayIndex,
  place: Kind<'http'>,
  findOther: FindOther,
): readonly InternetRoute[] {
  const { proxy, listener, chain } = place;
  const { workload } = proxy;
  const trusts = trustedProxies(enforcement, workload) > 0;
  const trustDomain = enforcement.configOf(workload).trustDomain.value;
  const taken = new Map<HttpRoute, Taking & { readonly hosts: string[] }>();
  const tryRequests = (host: VirtualHost, route: HttpRoute): Taking | undefined => {
    const witness = findHttpWitness(chain, host, route, chain.tls ? 'https' : 'http', trusts);
    if (!witness || ownAnswer(route, witness.http) !== undefined) return undefined;
    const { registry } = index.destinations;
    const tls = findHandshake(listener, chain, witness.http.host, workload, registry, trustDomain);
    return tls === undefined ? undefined : { witness, tls };
  };
  const { all, refusedBy } = chain.virtualHosts();
  for (const host of refusedBy ? [] : all) {
    for (const route of new Set(host.routes)) {
      const known = taken.get(route);
      const found = tryRequests(host, route) ?? findOther({ proxy, listener, chain, host, route });
      if (!found) continue;
      if (known) known.hosts.push(host.domain);
      else taken.set(route, { hosts: [host.domain], ...found });
    }
  }
  return [...taken].flatMap(([route, { hosts, witness, tls }]) => {
    const context = contextOf(place, route.owner.namespace);
    const departing = { http: witness.http, clientIp: undefined, forwardsToken: true };
    const found = httpBackends(route, departing, index.destinations, context);
    const query = queryOf(place, tls, {
      http: witness.http,
      ...(witness.claims
        ? { token: { claims: { ...issuerOf(enforcement, workload), ...witness.claims }, valid: true } }
        : {}),
    });
    return toRoutes(place, found, { hosts, match: route.text, by: route.by, query });
  });
}

/** Claims that make a token one which the gateway accepts. */
function issuerOf(enforcement: Enforcement, workload: Workload): Readonly<Record<string, unknown>> {
  const rule = enforcement.envoy(workload).providers[0]?.rule;
  return {
    iss: rule?.issuer ?? '',
    sub: 'any',
    ...(rule?.audiences?.[0] === undefined ? {} : { aud: rule.audiences[0] }),
  };
}

function tcpRoutes(enforcement: Enforcement, index: GatewayIndex, place: Kind<'tcp'>): readonly InternetRoute[] {
  const { proxy, listener, chain } = place;
  const [first = '*'] = chain.sniHosts ?? [];
  const trustDomain = enforcement.configOf(proxy.workload).trustDomain.value;
  const host = isWildcard(first) ? '' : first;
  const tls = findHandshake(listener, chain, host, proxy.workload, index.destinations.registry, trustDomain);
  if (tls === undefined) return [];
  const { route } = chain;
  const found = l4Backends(route, index.destinations, contextOf(place, route.owner.namespace));
  const hosts = chain.sniHosts ?? ['*'];
  return toRoutes(place, found, {
    hosts,
    match: chain.sniHosts ? `TLS ${hosts.join(', ')}` : 'TCP',
    by: route.by,
    query: queryOf(place, tls, {}),
  });
}

/** Every service in the mesh that the hosts cover. Whoever comes needs a certificate of the mesh, which the service asks for. */
function passthroughRoutes(mesh: Mesh, index: GatewayIndex, place: Kind<'auto-passthrough'>): readonly InternetRoute[] {
  const { proxy, chain } = place;
  const by = chain.servers[0]?.by;
  if (!by) return [];
  return index.destinations.registry.visibleTo(proxy.workload.namespace).flatMap((entry) => {
    if (entry.external || !chain.hosts.some((wide) => covers(wide, entry.host))) return [];
    return entry.ports.flatMap(({ port, transport }) => {
      const known = transport === 'TCP' ? entry.endpoints(port, {}, proxy.workload.cluster) : [];
      const workloads = known.filter((each) => shareNetwork(mesh, proxy.workload, each.workload));
      if (workloads.length === 0) return [];
      const sni = sniOf(entry.host, port);
      const backend = {
        label: `${entry.label}:${port}`,
        service: entry.label,
        servicePort: port,
        external: false,
        workloads,
      };
      const found = {
        backends: [{ ...backend, mirrored: false, identity: 'client' as const, forwardsToken: true }],
        missing: [],
        assumes: [],
      };
      const query = queryOf(place, { sni, alpn: ['istio'] }, {});
      return toRoutes(place, found, { hosts: [entry.host], match: `TLS ${sni}`, by, query });
    });
  });
}

function contextOf({ proxy, listener, chain }: Place, routeNamespace: string) {
  return {
    routeNamespace,
    proxy: proxy.workload,
    listenPort: chain.servers[0]?.port ?? listener.port,
  };
}

function queryOf(
  { proxy, listener }: Place,
  tls: ClientTls | null,
  content: Pick<GatewayQuery, 'http' | 'token'>,
): GatewayQuery {
  return {
    client: 'attacker',
    source: { position: { kind: 'internet' }, identity: null, connects: 'plaintext' },
    destination: { workload: proxy.workload, port: listener.port },
    transport: 'TCP',
    ...(tls ? { tls } : {}),
    ...content,
  };
}

function toRoutes(
  { proxy, listener, chain }: Place,
  { backends }: FoundBackends,
  route: Pick<InternetRoute, 'hosts' | 'match' | 'by' | 'query'>,
): readonly InternetRoute[] {
  const tlsMode = chain.servers[0]?.tls?.mode ?? null;
  return backends.map(({ service, servicePort, external, workloads, mirrored, identity }) => ({
    ...route,
    gateway: proxy.workload,
    listener,
    service,
    servicePort,
    external,
    workloads,
    mirrored,
    identity,
    tlsMode: chain.kind === 'http' && chain.tls === null ? null : tlsMode,
  }));
}
