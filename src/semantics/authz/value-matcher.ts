/**
 * String values of AuthorizationPolicy: `*` alone is presence, a leading star is a suffix match, a trailing star a prefix match, anything
 * else is exact. Only the first or last star is special: `*a*` is a suffix match for `a*`.
 *
 * Source: istio pilot/pkg/security/authz/matcher/string.go, header.go (reference §2.5).
 */
export type ValueMatcher = (value: string) => boolean;

/**
 * `presence` says what `*` means: `non-empty` for plain strings, `any` for headers, where an empty value is present too. Istio writes the
 * former as `.+`, in which a dot is no line feed (RE2), so that a claim with one does not count as present.
 */
export function valueMatcher(pattern: string, presence: 'non-empty' | 'any' = 'non-empty'): ValueMatcher {
  if (pattern === '*') return presence === 'any' ? () => true : (value) => value !== '' && !value.includes('\n');
  if (pattern.startsWith('*')) {
    const suffix = pattern.slice(1);
    return (value) => value.endsWith(suffix);
  }
  if (pattern.endsWith('*')) {
    const prefix = pattern.slice(0, -1);
    return (value) => value.startsWith(prefix);
  }
  return (value) => value === pattern;
}

/** Matches like `valueMatcher` but ignores case (`hosts`). */
export function caselessMatcher(pattern: string): ValueMatcher {
  const matches = valueMatcher(pattern.toLowerCase(), 'any');
  return (value) => matches(value.toLowerCase());
}
