import type { Principal, Workload } from '../../model/inventory/types.ts';
import type { ClientTls } from '../../result/request.ts';
import type { HttpRequest } from '../attempt.ts';
import { shakeHands } from './client-tls.ts';
import { chooseRoute } from './choose-route.ts';
import type { FilterChain } from './filter-chain.ts';
import { withoutQuery } from '../http/normalize-path.ts';
import { covers, isWildcard } from './host-name.ts';
import type { HttpRoute, RouteCondition, RoutedRequest } from './http-route.ts';
import type { GatewayListener } from './index-gateways.ts';
import { subsumesPath } from './path-match.ts';
import type { Registry } from './registry.ts';
import type { ServerTlsSettings } from './server.ts';
import type { VirtualHost } from './virtual-hosts.ts';

/** What a client sends to take one route; no claims: no token. */
export interface HttpWitness {
  readonly http: HttpRequest;
  readonly claims?: Readonly<Record<string, unknown>>;
}

type Headers = HttpRequest['headers'];
type HttpChain = Extract<FilterChain, { kind: 'http' }>;

/** What routes are commonly told apart by. */
const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'];

/**
 * A request that takes exactly this route of a virtual host, found by trying: undefined for a route that earlier ones hide. `scheme` is what
 * the gateway takes for the scheme; with `trustsProto` the client may claim another.
 */
export function findHttpWitness(
  chain: HttpChain,
  host: VirtualHost,
  route: HttpRoute,
  scheme: string,
  trustsProto: boolean,
): HttpWitness | undefined {
  const claimsHttps = host.redirects !== null && scheme !== 'https' && trustsProto;
  const fixed = claimsHttps ? [['x-forwarded-proto', 'https'] as const] : [];
  const claims = claimsOf(route);
  const attempt = (
    authority: string,
    method: string,
    plainPath: string,
    extra: Headers,
    variant: number,
  ): HttpWitness | 'hidden' | undefined => {
    const path = withQuery(plainPath, route, variant);
    const sent = [...fixed, ...headersOf(route, variant), ...extra];
    const shown = claimsHttps ? 'https' : scheme;
    const request: RoutedRequest = {
      method,
      path,
      plainPath: withoutQuery(path),
      authority,
      scheme: shown,
      headers: sent,
      claims,
    };
    const chosen = chooseRoute(chain, request);
    if (chosen.kind !== 'route') return undefined;
    if (chosen.route === route)
      return { http: { method, path, host: authority, headers: sent }, ...(claims ? { claims } : {}) };
    const takesAll = chosen.route.conditions.length === 0 && subsumesPath(chosen.route.path, route.path);
    return takesAll ? 'hidden' : undefined;
  };
  for (const variant of variantsOf(route)) {
    for (const authority of authoritiesOf(chain, host, route)) {
      for (const against of [false, true]) {
        const extra = against ? headersAgainst(host, route) : [];
        if (against && extra.length === 0) break;
        for (const method of valuesOf(route, 'method') ?? METHODS) {
          for (const path of route.path.samples) {
            const found = attempt(authority, method, path, extra, variant);
            if (found) return found === 'hidden' ? undefined : found;
          }
        }
      }
    }
  }
  return undefined;
}

/** How often to try with other values of headers and parameters, where a condition admits several. */
const MOST_VARIANTS = 4;

function variantsOf({ conditions }: HttpRoute): readonly number[] {
  const values = conditions.filter(({ on, negated }) => !negated && (on === 'header' || on === 'query'));
  const most = Math.max(1, ...values.map(({ match }) => match.samples.length));
  return Array.from({ length: Math.min(most, MOST_VARIANTS) }, (_, index) => index);
}

const sampleAt = ({ match: { samples } }: RouteCondition, variant: number): string =>
  samples[variant % Math.max(1, samples.length)] ?? '';

const positive = ({ conditions }: HttpRoute, on: RouteCondition['on']): readonly RouteCondition[] =>
  conditions.filter((condition) => condition.on === on && !condition.negated);

function valuesOf(route: HttpRoute, on: RouteCondition['on']): readonly string[] | undefined {
  return positive(route, on)[0]?.match.samples;
}

/** Hosts that lead to this virtual host and to no narrower one. */
function authoritiesOf(chain: HttpChain, host: VirtualHost, route: HttpRoute): readonly string[] {
  const wanted = valuesOf(route, 'authority') ?? [];
  return (wanted.length > 0 ? wanted : samplesOfHost(host.domain))
    .filter((each) => chain.virtualHosts().find(each) === host)
    .slice(0, 2);
}

function samplesOfHost(domain: string): readonly string[] {
  if (domain === '*') return ['www.example.com', 'example.org', 'gateway.invalid', 'a', 'b.invalid'];
  if (!isWildcard(domain)) return [domain];
  return ['www', 'a', 'api', 'any-1', 'x.y'].map((label) => label + domain.slice(1));
}

function headersOf({ conditions }: HttpRoute, variant: number): Headers {
  return conditions.flatMap((condition) => {
    const { on, name, negated, match } = condition;
    if (on !== 'header') return [];
    if (!negated) return [[name, sampleAt(condition, variant)] as const];
    // A header that must not match and may not be missing either.
    return match.kind !== 'present' && match.test('') ? [[name, 'a'] as const] : [];
  });
}

/** Headers that other routes of the host must not see, so that those do not match. */
function headersAgainst({ routes }: VirtualHost, route: HttpRoute): Headers {
  const found = new Map<string, string>();
  for (const other of routes) {
    if (other === route) break;
    for (const { on, name, negated, match } of other.conditions) {
      if (on === 'header' && negated && match.samples[0] !== undefined) found.set(name, match.samples[0]);
    }
  }
  for (const { on, name } of route.conditions) if (on === 'header') found.delete(name);
  return [...found];
}

function withQuery(path: string, route: HttpRoute, variant: number): string {
  const query = positive(route, 'query').map((condition) => `${condition.name}=${sampleAt(condition, variant)}`);
  return query.length > 0 ? `${path}?${query.join('&')}` : path;
}

function claimsOf(route: HttpRoute): Readonly<Record<string, unknown>> | undefined {
  const wanted = positive(route, 'claim');
  if (wanted.length === 0) return undefined;
  const claims: Record<string, unknown> = {};
  for (const { claim = [], match } of wanted) {
    let at = claims;
    for (const [i, key] of claim.entries()) {
      if (i === claim.length - 1) at[key] = match.samples[0] ?? '';
      else {
        const next: Record<string, unknown> = {};
        at[key] ??= next;
        at = at[key] as Record<string, unknown>;
      }
    }
  }
  return claims;
}

/**
 * A handshake that leads to a chain; undefined where other chains of the listener take everything, null for plaintext. `host` is what an
 * ordinary client would ask for.
 */
export function findHandshake(
  listener: GatewayListener,
  chain: FilterChain,
  host: string,
  proxy: Workload,
  registry: Registry,
  trustDomain: string,
): ClientTls | null | undefined {
  const isPlain = chain.tls === null && chain.sniHosts === null;
  if (isPlain)
    return listener.chains.choose({ sni: '', alpn: [] }, registry, proxy.namespace) === chain ? null : undefined;
  const certificate = chain.tls ? certificateFor(chain.tls, trustDomain) : undefined;
  for (const sni of sniCandidates(chain, host)) {
    if (listener.chains.choose({ sni, alpn: ['h2', 'http/1.1'] }, registry, proxy.namespace) !== chain) continue;
    const tls: ClientTls = { ...(sni === '' ? {} : { sni }), ...(certificate ? { clientCert: certificate } : {}) };
    if (!chain.tls || shakeHands(chain.tls, tls).completes) return tls;
  }
  return undefined;
}

function sniCandidates({ sniHosts }: FilterChain, host: string): readonly string[] {
  const name = host.replace(/:\d+$/, '');
  if (sniHosts === null) return [name, 'www.example.com', 'gateway.invalid', ''];
  const covered = sniHosts.some((wide) => covers(wide, name)) ? [name] : [];
  return [...covered, ...sniHosts.flatMap(samplesOfHost)];
}

function certificateFor(
  { mode, subjectAltNames, insecureSkipVerify }: ServerTlsSettings,
  trustDomain: string,
): ClientTls['clientCert'] {
  if (mode !== 'MUTUAL' && mode !== 'ISTIO_MUTUAL') return undefined;
  if (insecureSkipVerify) return { dns: 'client.example', trusted: false };
  const [name] = subjectAltNames;
  if (name?.startsWith('spiffe://')) return { principal: name.slice('spiffe://'.length) as Principal };
  if (name !== undefined) return { dns: name };
  return mode === 'MUTUAL'
    ? { dns: 'client.example' }
    : { principal: `${trustDomain}/ns/default/sa/default` as Principal };
}
