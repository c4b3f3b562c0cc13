import { byOf } from '../../model/by.ts';
import type { JwtRule, RequestAuthentication } from '../../model/istio/request-authentication.ts';
import type { By } from '../../result/location.ts';
import type { Claims } from '../authz/claims.ts';

export interface JwtProvider {
  readonly rule: JwtRule;
  readonly policy: RequestAuthentication;
  readonly index: number;
}

export type TokenOutcome =
  | { readonly kind: 'absent' }
  /** `forwarded`: the header stays; else it is taken off before later filters look (`forwardOriginalToken`). */
  | { readonly kind: 'accepted'; readonly claims: Claims; readonly by: By; readonly forwarded: boolean }
  | { readonly kind: 'rejected'; readonly by: By; readonly why: string };

/** All rules of all attached policies, in one list: none wins over another (reference §3). */
export function providersOf(policies: readonly RequestAuthentication[]): readonly JwtProvider[] {
  return policies.flatMap((policy) => (policy.spec.jwtRules ?? []).map((rule, index) => ({ rule, policy, index })));
}

/**
 * What JWT authentication makes of a request's bearer token. No token passes without claims; a token that some rule reads and none accepts
 * is refused; one accepting rule is enough. A CORS preflight is not looked at.
 *
 * Source: istio pilot/pkg/security/authn/policy_applier.go (convertToEnvoyJwtConfig), reference §3, §14.
 */
export function authenticate(
  providers: readonly JwtProvider[],
  request: {
    readonly method: string;
    readonly headers: readonly (readonly [string, string])[];
    readonly token?: { readonly claims: Claims; readonly valid: boolean };
  },
): TokenOutcome {
  const token = request.token ?? rawBearer(request.headers);
  if (!token || isPreflight(request)) return { kind: 'absent' };
  const readers = providers.filter(({ rule }) => readsBearer(rule));
  const [first] = readers;
  if (!first) return { kind: 'absent' };
  const accepting = readers.find(({ rule }) => accepts(rule, token));
  if (accepting) {
    return {
      kind: 'accepted',
      claims: splitClaims(token.claims, accepting.rule),
      by: byProvider(accepting),
      forwarded: accepting.rule.forwardOriginalToken ?? false,
    };
  }
  const issuer = typeof token.claims.iss === 'string' ? token.claims.iss : '';
  const near = readers.find(({ rule }) => rule.issuer === issuer) ?? first;
  const why =
    !token.valid || !isInTime(token.claims)
      ? 'the token fails validation'
      : near.rule.issuer === issuer
        ? 'the token is for another audience'
        : `no rule accepts a token of issuer \`${issuer}\``;
  return { kind: 'rejected', by: byProvider(near), why };
}

const byProvider = ({ policy, index }: JwtProvider): By =>
  byOf(policy, { rule: index, clause: `jwtRules[${index}]`, path: ['spec', 'jwtRules', index] });

/** A rule that names other places reads only those. */
export function readsBearer(rule: JwtRule): boolean {
  if (!rule.fromHeaders?.length && !rule.fromParams?.length && !rule.fromCookies?.length) return true;
  return (rule.fromHeaders ?? []).some(
    ({ name, prefix }) => name?.toLowerCase() === 'authorization' && (prefix ?? '').trim().toLowerCase() === 'bearer',
  );
}

function accepts(rule: JwtRule, token: { readonly claims: Claims; readonly valid: boolean }): boolean {
  if (!token.valid || !isInTime(token.claims) || (rule.issuer && token.claims.iss !== rule.issuer)) return false;
  if (!rule.audiences?.length) return true;
  const { aud } = token.claims;
  const audiences = Array.isArray(aud) ? aud : [aud];
  return audiences.some((audience) => typeof audience === 'string' && rule.audiences?.includes(audience));
}

/** The engine has no clock: dates inside a token are compared with this day, in seconds since the epoch. */
const REFERENCE_TIME = Date.UTC(2026, 10, 1) / 1000;

function isInTime({ nbf, exp }: Claims): boolean {
  return !(typeof nbf === 'number' && nbf > REFERENCE_TIME) && !(typeof exp === 'number' && exp <= REFERENCE_TIME);
}

/** A bearer token that stands in the headers as text: nobody here can check a signature, and what is no real token fails. */
function rawBearer(headers: readonly (readonly [string, string])[]): { claims: Claims; valid: boolean } | undefined {
  const found = headers.some(([name, value]) => name.toLowerCase() === 'authorization' && value.startsWith('Bearer '));
  return found ? { claims: {}, valid: false } : undefined;
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
