import { isObject } from '../../model/shape.ts';
import { type ValueMatcher, valueMatcher } from './value-matcher.ts';

export type Claims = Readonly<Record<string, unknown>>;
export type ClaimMatcher = (claims: Claims) => boolean;

/** A claim at a path: a string, or some string of a list. Numbers and booleans never match (reference §14). */
export function claimMatcher(path: readonly string[], value: string): ClaimMatcher {
  const matches = valueMatcher(value);
  return (claims) => {
    let current: unknown = claims;
    for (const step of path) {
      if (!isObject(current) || !Object.hasOwn(current, step)) return false;
      current = current[step];
    }
    if (typeof current === 'string') return matches(current);
    return Array.isArray(current) && current.some((item) => typeof item === 'string' && matches(item));
  };
}

/**
 * `requestPrincipals`: split at the last slash into issuer and subject, which both must match.
 *
 * Source: istio pilot/pkg/security/authz/model/generator.go, requestPrincipalGenerator (reference §2.6, §14).
 */
export function requestPrincipalMatcher(value: string): ClaimMatcher {
  const slash = value.lastIndexOf('/');
  const issuerPart = slash < 0 ? '' : value.slice(0, slash);
  const subjectPart = slash < 0 ? value : value.slice(slash + 1);
  const both = (issuer: ValueMatcher, subject: ValueMatcher): ClaimMatcher => {
    return (claims) =>
      typeof claims.iss === 'string' && typeof claims.sub === 'string' && issuer(claims.iss) && subject(claims.sub);
  };
  const present = valueMatcher('*');
  const exactly =
    (text: string): ValueMatcher =>
    (candidate) =>
      candidate === text;
  if (value === '*') return both(present, present);
  if (value.startsWith('*')) {
    return slash < 0 ? both(present, valueMatcher(value)) : both(valueMatcher(issuerPart), exactly(subjectPart));
  }
  if (value.endsWith('*')) {
    return slash < 0 ? both(valueMatcher(value), present) : both(exactly(issuerPart), valueMatcher(subjectPart));
  }
  // Without a slash the value is the issuer, and the subject must be there and empty (recorded).
  return slash < 0 ? both(exactly(value), exactly('')) : both(exactly(issuerPart), exactly(subjectPart));
}
