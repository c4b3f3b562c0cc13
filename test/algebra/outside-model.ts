import type { Principal } from '../../src/model/inventory/types.ts';
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
import { GATEWAY_TOKEN, tokenAxisAt } from '../../src/semantics/algebra/routes/gateway-side.ts';
import type { WayIn } from '../../src/semantics/algebra/routes/way-in.ts';
import type { Model } from '../../src/semantics/algebra/solver.ts';
import type { Enforcement } from '../../src/semantics/enforcement.ts';
import { normalizePath } from '../../src/semantics/http/normalize-path.ts';
import { authenticate, type JwtProvider } from '../../src/semantics/jwt/authenticate.ts';
import { forwardedAddress } from '../../src/semantics/authz/address.ts';
import { trustedProxies } from '../../src/semantics/gateway/gateway-view.ts';
import type { Query } from '../../src/semantics/query.ts';
import { tokenValue } from '../../src/semantics/algebra/token-sets.ts';
import { BEARER } from '../../src/semantics/jwt/token-place.ts';
import { carriedIn, claimValues } from './model-of-request.ts';

/** Whether a way is about connections that are opened like this. */
export function takesHandshake({ port, handshake, place }: WayIn, { tls, destination }: Query): boolean {
  if (port !== destination.port || handshake.tls !== (tls !== undefined)) return false;
  const { certificate, peer } = handshake;
  const shown = tls?.clientCert;
  if (certificate === undefined) {
    // A listener that asks for no certificate gets none; one that may be left out is another way.
    return shown === undefined || !/MUTUAL/.test(place.chain.tls?.mode ?? '');
  }
  if (certificate === 'identity') return shown?.principal !== undefined && peer === 'identity';
  // What is not verified is one whatever it says, short of a SPIFFE id.
  if (certificate.trusted === false) return shown !== undefined && shown.principal === undefined;
  return shown?.dns !== undefined && shown.dns === certificate.dns;
}

/** One concrete request as values of the axes of a way. */
export function outsideModel(enforcement: Enforcement, way: WayIn, query: Query): Model {
  const { http, token, source, tls } = query;
  const config = enforcement.configOf(way.gateway);
  const lines = (name: string): readonly string[] =>
    (http?.headers ?? []).filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  const ruleOf = (providers: readonly JwtProvider[]): string => {
    if (!http || !token) return '0';
    const outcome = (count: number): string =>
      authenticate(providers.slice(0, count), { method: http.method, path: http.path, headers: http.headers, token })
        .kind;
    if (outcome(providers.length) === 'absent') return '0';
    const rule = providers.findIndex((_, i) => outcome(i + 1) === 'accepted');
    return rule < 0 ? '-1' : tokenValue(rule + 1, token.place ?? BEARER);
  };
  const one = (value: string | undefined): readonly string[] => (value === undefined ? [] : [value]);
  const values = (axis: Axis): readonly string[] => {
    if (axis.path) return claimValues(token?.claims, axis.path);
    if (axis.key.startsWith('header:')) {
      const name = axis.key.slice('header:'.length);
      const sent = lines(name);
      return sent.length === 0 ? carriedIn(name, token) : sent;
    }
    switch (axis.key) {
      case PEER.key:
        return one(tls?.clientCert?.principal as Principal | undefined);
      case METHOD.key:
        return one(http?.method);
      case PATH.key:
        return one(http && normalizePath(http.path, config.pathNormalization.value));
      case HOST.key:
        return one(http?.host);
      case SERVER_NAME.key:
        return [(tls?.sni ?? '').toLowerCase()];
      case SOURCE_IP.key:
        return one(source.ip);
      case REMOTE_IP.key: {
        const hops = trustedProxies(enforcement, way.gateway);
        return one((hops > 0 && http ? forwardedAddress(http.headers, hops - 1) : undefined) ?? source.ip);
      }
      case GATEWAY_TOKEN.key:
        return [ruleOf(enforcement.envoy(way.gateway).providers)];
      case TOKEN.key:
        return [ruleOf(enforcement.envoy(way.endpoint.workload).providers)];
      default: {
        const next = way.further.findIndex((_, i) => tokenAxisAt(i + 1).key === axis.key);
        const place = way.further[next];
        if (place) return [ruleOf(enforcement.envoy(place.proxy.workload).providers)];
        throw new Error(`what is ${axis.key} of a request?`);
      }
    }
  };
  return { values, axes: [] };
}
