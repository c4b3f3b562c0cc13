import {
  HOST,
  METHOD,
  PATH,
  PEER,
  REMOTE_IP,
  SERVER_NAME,
  SOURCE_IP,
  TOKEN,
} from '../../src/semantics/algebra/axes.ts';
import type { Axis } from '../../src/semantics/algebra/formula.ts';
import type { Region } from '../../src/semantics/algebra/region.ts';
import type { Model } from '../../src/semantics/algebra/solver.ts';
import type { Enforcement } from '../../src/semantics/enforcement.ts';
import { normalizePath } from '../../src/semantics/http/normalize-path.ts';
import { authenticate } from '../../src/semantics/jwt/authenticate.ts';
import { changesOn, filtersLeft } from '../../src/semantics/patches/filters-left.ts';
import { NO_TOKEN, tokenValue } from '../../src/semantics/algebra/token-sets.ts';
import { BEARER, carrierOf, type SentToken } from '../../src/semantics/jwt/token-place.ts';
import type { Query } from '../../src/semantics/query.ts';

/** One concrete request as values of the axes; undefined where TLS or JWT authentication refuses it before any policy. */
export function axisValuesOf(enforcement: Enforcement, query: Query, region: Region): Model | undefined {
  const { source, destination, http, sni, token } = query;
  const { workload } = destination;
  const config = enforcement.configOf(workload);
  const isAmbient = workload.dataPlane.kind === 'ambient';
  const bundle = enforcement.bundleOf(config).slice(0, isAmbient ? 1 : undefined);
  if (source.identity !== null && !bundle.some((known) => source.identity?.startsWith(`${known}/`))) return undefined;
  let claims: Readonly<Record<string, unknown>> | undefined;
  let rule = 0;
  if (!isAmbient && region.protocol === 'http' && http) {
    const envoy = enforcement.envoy(workload);
    const changes = changesOn(enforcement.changesAt(workload), 'http', destination.port);
    const [{ providers }] = filtersLeft(changes, { chain: envoy.http, providers: envoy.providers });
    const outcome = authenticate(providers, { ...http, ...(token ? { token } : {}) });
    if (outcome.kind === 'rejected') return undefined;
    if (outcome.kind === 'accepted') {
      claims = outcome.claims;
      rule =
        1 +
        providers.findIndex(
          (_, i) =>
            authenticate(providers.slice(0, i + 1), { ...http, ...(token ? { token } : {}) }).kind === 'accepted',
        );
    }
  }
  const one = (value: string | undefined): readonly string[] => (value === undefined ? [] : [value]);
  const values = (axis: Axis): readonly string[] => {
    if (axis.path) return claimValues(claims, axis.path);
    if (axis.key.startsWith('header:')) {
      const name = axis.key.slice('header:'.length);
      const lines = (http?.headers ?? []).filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
      return lines.length === 0 ? carriedIn(name, token) : lines;
    }
    switch (axis.key) {
      case PEER.key:
        return one(source.identity ?? undefined);
      case METHOD.key:
        return one(http?.method);
      case PATH.key:
        return one(http && normalizePath(http.path, config.pathNormalization.value));
      case HOST.key:
        return one(http?.host);
      case SERVER_NAME.key:
        return [(sni ?? '').toLowerCase()];
      case SOURCE_IP.key:
        return one(source.ip);
      case REMOTE_IP.key:
        return one(source.remoteIp);
      case TOKEN.key:
        return [rule === 0 ? NO_TOKEN : tokenValue(rule, token?.place ?? BEARER)];
      default:
        throw new Error(`what is ${axis.key} of a request?`);
    }
  };
  return { values, axes: [] };
}

/** What a header holds that nobody wrote but for the token. */
export function carriedIn(name: string, token: SentToken | undefined): readonly string[] {
  const carrier = token && carrierOf(token.place ?? BEARER);
  return carrier?.[0] === name ? [carrier[1]] : [];
}

export function claimValues(claims: unknown, path: readonly string[]): readonly string[] {
  let at = claims;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, step)) return [];
    at = (at as Readonly<Record<string, unknown>>)[step];
  }
  if (typeof at === 'string') return [at];
  return Array.isArray(at) ? at.filter((item) => typeof item === 'string') : [];
}
