/** The mesh's trust domain and its aliases, in that order. */
export type TrustBundle = readonly string[];

/**
 * What a `principals` value becomes: a value of exactly five segments whose trust domain is the mesh's, an alias, or `cluster.local` stands
 * for all of them; everything else stays as written.
 *
 * Source: istio pilot/pkg/security/trustdomain/bundle.go, util.go (reference §2.10, §14).
 */
export function expandPrincipal(value: string, bundle: TrustBundle): readonly string[] {
  const segments = value.split('/');
  const trustDomain = segments[0] ?? '';
  if (segments.length !== 5 || trustDomain === '*') return [value];
  if (trustDomain !== 'cluster.local' && !bundle.some((known) => matchesEitherWay(known, trustDomain))) return [value];
  const rest = segments.slice(1).join('/');
  const expanded = bundle.map((known) => (isSuffixPattern(trustDomain, known) ? value : `${known}/${rest}`));
  return [...new Set(expanded)];
}

/** A `trustDomains` value in the bundle stands for the whole bundle; `cluster.local` is no pointer here (reference §14). */
export function expandTrustDomain(value: string, bundle: TrustBundle): readonly string[] {
  return bundle.some((known) => matchesEitherWay(known, value)) && !value.includes('*')
    ? [...new Set([value, ...bundle])]
    : [value];
}

function matchesEitherWay(a: string, b: string): boolean {
  return matchesPattern(a, b) || matchesPattern(b, a);
}

function matchesPattern(pattern: string, value: string): boolean {
  if (pattern === value || pattern === '*') return true;
  if (pattern.startsWith('*')) return value.endsWith(pattern.slice(1));
  if (pattern.endsWith('*')) return value.startsWith(pattern.slice(0, -1));
  return false;
}

const isSuffixPattern = (pattern: string, value: string): boolean =>
  pattern.startsWith('*') && value.endsWith(pattern.slice(1));
