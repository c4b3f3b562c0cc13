import type { Claims } from '../authz/claims.ts';

/**
 * Whether Envoy can read a token's registered claims at all; a claim of another kind than the standard wants spoils the token.
 *
 * Source: google/jwt_verify_lib src/jwt.cc (parseJwtPayload); recorded in conformance/vectors/tokens.jsonl.
 */
export function hasReadableClaims(claims: Claims): boolean {
  return (
    ['iss', 'sub', 'jti'].every((name) => isAbsentOr(claims, name, (value) => typeof value === 'string')) &&
    ['iat', 'nbf', 'exp'].every((name) =>
      isAbsentOr(claims, name, (value) => typeof value === 'number' && value >= 0),
    ) &&
    isAbsentOr(claims, 'aud', isAudience)
  );
}

const isAbsentOr = (claims: Claims, name: string, isRight: (value: unknown) => boolean): boolean =>
  !Object.hasOwn(claims, name) || isRight(claims[name]);

const isAudience = (value: unknown): boolean =>
  typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'));

/** The engine has no clock: dates inside a token are compared with this day, in seconds since the epoch. */
const REFERENCE_TIME = Date.UTC(2026, 10, 1) / 1000;

/** An `exp` of 0 is none. */
export function isInTime({ nbf, exp }: Claims): boolean {
  return (
    !(typeof nbf === 'number' && nbf > REFERENCE_TIME) &&
    !(typeof exp === 'number' && exp !== 0 && exp <= REFERENCE_TIME)
  );
}

/**
 * Audiences are compared without their scheme and without a last slash.
 *
 * Source: google/jwt_verify_lib src/check_audience.cc.
 */
export function hasAudience({ aud }: Claims, wanted: readonly string[]): boolean {
  const bare = new Set(wanted.map(bareAudience));
  return (Array.isArray(aud) ? aud : [aud]).some((each) => typeof each === 'string' && bare.has(bareAudience(each)));
}

const bareAudience = (audience: string): string => audience.replace(/^https?:\/\//, '').replace(/\/$/, '');

/** Everything that a token may say to be taken for one of the wanted audiences. */
export function audienceForms(wanted: readonly string[]): readonly string[] {
  const forms = wanted
    .map(bareAudience)
    .flatMap((bare) => ['', 'http://', 'https://'].flatMap((scheme) => [`${scheme}${bare}`, `${scheme}${bare}/`]));
  return [...new Set(forms)];
}
