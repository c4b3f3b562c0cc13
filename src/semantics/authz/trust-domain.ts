/** The mesh's trust domain and its aliases, in that order. */
export type TrustBundle = readonly string[];

/**
 * What a `principals` value becomes: a value of exactly five segments whose trust domain is the mesh's, an alias, or `cluster.local` stands
 * for all of them; everything else stays as written.
 *
 * Source: istio pilot/pkg/security/trustdomain/bundle.go, util.go (reference §2.10, §14).
 */
export function expandPrincipal(value: string, bundle: TrustBundle): readonly string[] {
  const trustDomain = value.slice(0, Math.max(0, value.indexOf('/')));
  if (slashesIn(value) !== 4 || trustDomain === '*') return [value];
  if (trustDomain !== 'cluster.local' && !bundle.some((known) => matchesEitherWay(known, trustDomain))) return [value];
  const rest = value.slice(trustDomain.length);
  const form = (known: string): string => (isSuffixPattern(trustDomain, known) ? value : known + rest);
  const [only] = bundle;
  return bundle.length === 1 && only !== undefined ? [form(only)] : [...new Set(bundle.map(form))];
}

function slashesIn(value: string): number {
  let slashes = 0;
  for (let at = value.indexOf('/'); at >= 0; at = value.indexOf('/', at + 1)) slashes++;
  return slashes;
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
