import type { HttpRequest } from '../attempt.ts';
import type { Query } from '../query.ts';
import { authenticate, type JwtProvider } from './authenticate.ts';

export interface ReadToken {
  /** Of a token that a rule accepted. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  /** Whether the backend gets it: a token that is verified here is taken out, unless the rule says otherwise. */
  readonly forwarded: boolean;
}

/** What JWT authentication leaves of a request that it let on, for routes and for what comes behind. */
export function readToken(
  providers: readonly JwtProvider[],
  { method, headers }: Pick<HttpRequest, 'method' | 'headers'>,
  token: Query['token'],
): ReadToken {
  const outcome = authenticate(providers, { method, headers, ...(token ? { token } : {}) });
  if (outcome.kind !== 'accepted') return { claims: undefined, forwarded: true };
  const { by } = outcome;
  const provider = providers.find(
    ({ policy, index }) => policy.name === by.name && policy.namespace === by.namespace && index === by.rule,
  );
  return { claims: outcome.claims, forwarded: provider?.rule.forwardOriginalToken ?? false };
}
