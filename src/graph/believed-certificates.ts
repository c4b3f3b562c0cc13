import type { Principal, Workload } from '../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../model/istio/authorization-policy.ts';
import { decide } from '../semantics/decide.ts';
import { shakeHands } from '../semantics/gateway/client-tls.ts';
import { gatewayExposure } from '../semantics/gateway/exposure.ts';
import { indexGateways } from '../semantics/gateway/index-gateways.ts';
import type { InternetRoute } from '../semantics/gateway/routes-of.ts';
import type { Server } from '../semantics/gateway/server.ts';
import type { Query } from '../semantics/query.ts';
import type { Verdict } from '../semantics/verdict.ts';
import { concretePath } from './app-query.ts';
import type { Access, Facts } from './facts.ts';
import { requestOf } from './request-of.ts';

/** A server of a gateway that asks for client certificates. */
export interface CertificateServer {
  readonly gateway: Workload;
  /** The pods' own port. */
  readonly port: number;
  readonly server: Server;
  /** A certificate of nobody's CA completes the handshake, and counts as whoever stands in it. */
  readonly believes: boolean;
}

/** What an invented certificate gets at such a server. */
export interface Forgery {
  /** A request with it that passes, all the way; absent: none that was tried. */
  readonly passing?: Access & { readonly route: InternetRoute };
  /** The name in it decides: with another one the answer differs. */
  readonly reliesOn?: Principal;
  /** Policies that look at names of certificates, at the gateway or behind it. */
  readonly policies: readonly AuthorizationPolicy[];
}

/** Every server that asks clients for certificates, and whether the handshake itself looks at who signed them. */
export function certificateServers({ enforcement }: Facts): readonly CertificateServer[] {
  return indexGateways(enforcement).proxies.flatMap(({ workload, listeners }) =>
    listeners.flatMap(({ port, servers }) =>
      servers.flatMap((server): readonly CertificateServer[] => {
        if (server.tls === null || !asks(server)) return [];
        const shaken = shakeHands(server.tls, { clientCert: { principal: ANYBODY, trusted: false } });
        return [{ gateway: workload, port, server, believes: shaken.completes && shaken.peer !== null }];
      }),
    ),
  );
}

const ANYBODY = 'invented.example/ns/any/sa/any' as Principal;
const OF_THE_MESH = 'ISTIO_MUTUAL';

const asks = ({ tls }: Server): boolean =>
  tls?.mode === 'MUTUAL' || tls?.mode === 'OPTIONAL_MUTUAL' || tls?.mode === OF_THE_MESH;

/** Decides requests on every route of the server with invented certificates: first with the names that policies there speak of. */
export function findForgery(facts: Facts, { gateway, port, server }: CertificateServer): Forgery {
  const { enforcement, mesh } = facts;
  const index = indexGateways(enforcement);
  const { registry } = index.destinations;
  const routes = facts.entrances.routes.filter(({ gateway: own, listener, mirrored, query: { tls } }) => {
    if (own !== gateway || listener.port !== port || mirrored || !tls) return false;
    const hello = { sni: tls.sni ?? '', alpn: tls.alpn ?? ['h2', 'http/1.1'] };
    return listener.chains.choose(hello, registry, gateway.namespace)?.servers.includes(server) ?? false;
  });
  const read = new Set<AuthorizationPolicy>();
  const outside = gatewayExposure(mesh, gateway).exposed;
  const position =
    outside === 'cluster' ? 'unstated' : outside === 'node-network' ? 'node-network' : ('internet' as const);
  let found: Forgery['passing'];
  let reliesOn: Principal | undefined;
  for (const route of routes) {
    const policies = [gateway, ...route.workloads.map(({ workload }) => workload)].flatMap((workload) =>
      facts
        .ports(workload)
        .flatMap(({ authorization }) => authorization.policies)
        .filter(readsCertificates),
    );
    for (const policy of policies) read.add(policy);
    const trustDomain = enforcement.configOf(gateway).trustDomain.value;
    const names = [...new Set(policies.flatMap((policy) => namesIn(policy, trustDomain)))];
    for (const http of requestsFor(route, policies)) {
      const ask = (principal: Principal): { readonly query: Query; readonly verdict: Verdict } => {
        const tls = { ...route.query.tls, clientCert: { principal, trusted: false } };
        const source: Query['source'] = { ...route.query.source, position: { kind: position } };
        const query: Query = { ...route.query, ...(http ? { http } : {}), source, tls };
        return { query, verdict: decide(enforcement, query) };
      };
      const stranger = ask(ANYBODY);
      for (const name of names) {
        if (reliesOn !== undefined) break;
        const named = ask(name);
        const isLetIn = named.verdict.outcome === 'allow' && stranger.verdict.outcome === 'deny';
        // Whom a policy refuses by name comes under another one.
        const isEvaded = named.verdict.outcome === 'deny' && stranger.verdict.outcome === 'allow';
        if (!isLetIn && !isEvaded) continue;
        reliesOn = isLetIn ? name : ANYBODY;
        const { query, verdict } = isLetIn ? named : stranger;
        found = { request: requestOf(query), verdict, route };
      }
      if (!found && stranger.verdict.outcome === 'allow')
        found = { request: requestOf(stranger.query), verdict: stranger.verdict, route };
    }
  }
  return {
    ...(found ? { passing: found } : {}),
    ...(reliesOn === undefined ? {} : { reliesOn }),
    policies: [...read],
  };
}

/** The request of a route, then one for each operation that policies speak of: names may decide for these alone. */
function requestsFor({ query }: InternetRoute, policies: readonly AuthorizationPolicy[]): readonly Query['http'][] {
  const { http } = query;
  if (!http) return [undefined];
  const operations = policies
    .flatMap(({ spec }) => spec.rules ?? [])
    .flatMap(({ to = [] }) => to.flatMap(({ operation }) => operation ?? []));
  const others = operations.flatMap(({ methods = [], paths = [] }) =>
    (methods.length > 0 ? methods : [http.method]).flatMap((method) =>
      (paths.length > 0 ? paths : [http.path]).map((path) => ({
        ...http,
        method: method === '*' ? http.method : method,
        path: concretePath(path),
      })),
    ),
  );
  const all = [http, ...others];
  return [...new Map(all.map((each) => [`${each.method} ${each.path}`, each])).values()].slice(0, MOST_OPERATIONS);
}

const MOST_OPERATIONS = 20;

const KEYS: readonly string[] = ['source.principal', 'source.namespace', 'source.serviceAccount'];
const FORWARDED = 'request.headers[x-forwarded-client-cert]';

function readsCertificates({ spec }: AuthorizationPolicy): boolean {
  return (spec.rules ?? []).some(
    ({ from = [], when = [] }) =>
      from.some(({ source = {} }) =>
        [
          ...[source.principals, source.notPrincipals, source.namespaces, source.notNamespaces],
          ...[source.serviceAccounts, source.notServiceAccounts, source.trustDomains, source.notTrustDomains],
        ].some((values) => (values ?? []).length > 0),
      ) || when.some(({ key = '' }) => KEYS.includes(key) || key.toLowerCase() === FORWARDED),
  );
}

/** Names that satisfy what a policy says of callers, one for each value. */
function namesIn({ namespace, spec }: AuthorizationPolicy, trustDomain: string): readonly Principal[] {
  const whole = (values: readonly string[] = []): readonly string[] =>
    values.map((value) => value.replace(/^\*$/, ANYBODY).replace(/^\*/, 'any').replace(/\*$/, 'any'));
  const inNamespace = (values: readonly string[] = []): readonly string[] =>
    values.map((value) => `${trustDomain}/ns/${value.replaceAll('*', 'any')}/sa/any`);
  const accounts = (values: readonly string[] = []): readonly string[] =>
    values.map((value) => {
      const [first = '', second] = value.split('/');
      return `${trustDomain}/ns/${second === undefined ? namespace : first}/sa/${second ?? first}`;
    });
  const uris = (values: readonly string[] = []): readonly string[] =>
    values.flatMap((value) => /spiffe:\/\/([^;,*"]+)/.exec(value)?.[1] ?? []);
  return (spec.rules ?? []).flatMap(({ from = [], when = [] }) => [
    ...from.flatMap(({ source = {} }) => [
      ...whole([...(source.principals ?? []), ...(source.notPrincipals ?? [])]),
      ...inNamespace([...(source.namespaces ?? []), ...(source.notNamespaces ?? [])]),
      ...accounts([...(source.serviceAccounts ?? []), ...(source.notServiceAccounts ?? [])]),
      ...(source.trustDomains ?? []).map((domain) => `${domain}/ns/any/sa/any`),
    ]),
    ...when.flatMap(({ key = '', values: wanted = [], notValues = [] }) => {
      const values = [...wanted, ...notValues];
      if (key === 'source.principal') return whole(values);
      if (key === 'source.namespace') return inNamespace(values);
      if (key === 'source.serviceAccount') return accounts(values);
      return key.toLowerCase() === FORWARDED ? uris(values) : [];
    }),
  ]) as Principal[];
}
