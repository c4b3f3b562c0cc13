import { byOf } from '../../model/by.ts';
import type { JwtRule, RequestAuthentication } from '../../model/istio/request-authentication.ts';
import type { By } from '../../result/location.ts';
import type { Claims } from '../authz/claims.ts';
import { claimHeaders } from './claim-headers.ts';
import { type FoundToken, findTokens, type TokenRequest } from './find-tokens.ts';
import { hasAudience, hasReadableClaims, isInTime } from './registered-claims.ts';
import { BEARER, isRemovable, type SentToken, type TokenPlace } from './token-place.ts';

export interface JwtProvider {
  readonly rule: JwtRule;
  readonly policy: RequestAuthentication;
  readonly index: number;
}

export type TokenOutcome =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'accepted';
      readonly claims: Claims;
      readonly by: By;
      /** It stays where it is; else it is taken off before later filters look (`forwardOriginalToken`). */
      readonly forwarded: boolean;
      /** Headers that the rule writes out of the token. */
      readonly writes: readonly (readonly [string, string])[];
    }
  | { readonly kind: 'rejected'; readonly by: By; readonly why: string };

/**
 * All rules of all attached policies, in one list: none wins over another (reference §3). They are tried by issuer, then by the age and name of
 * the policy; the first that accepts gives the claims.
 *
 * Source: istio pilot/pkg/security/authn/policy_applier.go (NewPolicyApplier).
 */
export function providersOf(policies: readonly RequestAuthentication[]): readonly JwtProvider[] {
  const byAge = [...policies].sort(
    (a, b) => compare(a.creationTimestamp ?? '', b.creationTimestamp ?? '') || compare(a.name, b.name),
  );
  return byAge
    .flatMap((policy) => (policy.spec.jwtRules ?? []).map((rule, index) => ({ rule, policy, index })))
    .sort((a, b) => compare(a.rule.issuer ?? '', b.rule.issuer ?? ''));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * What JWT authentication makes of a request's tokens. No token passes without claims; where some rule finds one, some rule must accept all
 * that it finds. A CORS preflight is not looked at.
 *
 * Source: istio pilot/pkg/security/authn/policy_applier.go (convertToEnvoyJwtConfig); envoy
 * source/extensions/filters/http/jwt_authn/authenticator.cc; reference §3, §14.
 */
export function authenticate(
  providers: readonly JwtProvider[],
  request: TokenRequest & { readonly token?: SentToken },
): TokenOutcome {
  if (isPreflight(request)) return { kind: 'absent' };
  const readers = providers
    .map((provider) => ({ provider, found: findTokens(provider.rule, request) }))
    .filter(({ found }) => found.length > 0);
  const [first] = readers;
  if (!first) return { kind: 'absent' };
  const { token } = request;
  const accepting =
    token &&
    readers.find(({ provider, found }) => found.every((each) => each === 'token') && accepts(provider.rule, token))
      ?.provider;
  if (token && accepting) {
    return {
      kind: 'accepted',
      claims: splitClaims(token.claims, accepting.rule),
      by: byProvider(accepting),
      forwarded: (accepting.rule.forwardOriginalToken ?? false) || !isRemovable(token.place ?? BEARER),
      writes: claimHeaders(accepting.rule, token.claims),
    };
  }
  const issuer = typeof token?.claims.iss === 'string' ? token.claims.iss : '';
  const near = readers.find(({ provider }) => provider.rule.issuer === issuer)?.provider ?? first.provider;
  return {
    kind: 'rejected',
    by: byProvider(near),
    why: whyRejected(
      near,
      readers.flatMap(({ found }) => found),
      token,
    ),
  };
}

function whyRejected({ rule }: JwtProvider, found: readonly FoundToken[], token: SentToken | undefined): string {
  if (!token) return 'the token fails validation';
  if (!token.valid || !hasReadableClaims(token.claims) || !isInTime(token.claims)) return 'the token fails validation';
  if (rule.issuer && rule.issuer !== token.claims.iss)
    return `no rule accepts a token of issuer \`${String(token.claims.iss ?? '')}\``;
  if (found.includes('text')) return 'another token of the request fails validation';
  return 'the token is for another audience';
}

const byProvider = ({ policy, index }: JwtProvider): By =>
  byOf(policy, { rule: index, clause: `jwtRules[${index}]`, path: ['spec', 'jwtRules', index] });

/** Whether a rule takes what stands at a place for the token. */
export function readsAt(rule: JwtRule, place: TokenPlace): boolean {
  const found = findTokens(rule, { method: 'GET', headers: [], token: { place } });
  return found.length > 0 && found.every((each) => each === 'token');
}

function accepts(rule: JwtRule, token: SentToken): boolean {
  const { claims } = token;
  if (!token.valid || !hasReadableClaims(claims) || !isInTime(claims)) return false;
  if (rule.issuer && claims.iss !== rule.issuer) return false;
  return !rule.audiences?.length || hasAudience(claims, rule.audiences);
}

function isPreflight({
  method,
  headers,
}: {
  method: string;
  headers: readonly (readonly [string, string])[];
}): boolean {
  const has = (name: string): boolean => headers.some(([key, value]) => key.toLowerCase() === name && value !== '');
  return method === 'OPTIONS' && has('origin') && has('access-control-request-method');
}

/** `scope` and `permission` are lists written as one string. */
function splitClaims(claims: Claims, rule: JwtRule): Claims {
  const names = ['scope', 'permission', ...(rule.spaceDelimitedClaims ?? [])];
  const split = names
    .filter((name) => typeof claims[name] === 'string')
    .map((name) => [name, String(claims[name]).split(' ')]);
  return split.length > 0 ? { ...claims, ...Object.fromEntries(split) } : claims;
}
