import type { HttpRequest } from '../attempt.ts';
import type { Query } from '../query.ts';
import { authenticate, type JwtProvider } from './authenticate.ts';
import { BEARER, carrierOf } from './token-place.ts';

export interface ReadToken {
  /** Of a token that a rule accepted. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  /** Whether the backend gets it: a token that is verified here is taken out, unless the rule says otherwise. */
  readonly forwarded: boolean;
  /** The header that it is still in. */
  readonly carrier?: readonly [string, string];
}

/** What JWT authentication leaves of a request that it let on, for routes and for what comes behind. */
export function readToken(
  providers: readonly JwtProvider[],
  { method, path, headers }: Pick<HttpRequest, 'method' | 'path' | 'headers'>,
  token: Query['token'],
): ReadToken {
  const outcome = authenticate(providers, { method, path, headers, ...(token ? { token } : {}) });
  const [claims, forwarded] = outcome.kind === 'accepted' ? [outcome.claims, outcome.forwarded] : [undefined, true];
  const carrier = token && forwarded ? carrierOf(token.place ?? BEARER) : undefined;
  return { claims, forwarded, ...(carrier ? { carrier } : {}) };
}
