import { expandPrincipal, expandTrustDomain, type TrustBundle } from '../../authz/trust-domain.ts';
import { anything, type Glob, literally, something, type Token } from './glob.ts';

/** The words that `valueMatcher` accepts, as globs. */
export function valueGlobs(pattern: string, presence: 'non-empty' | 'any' = 'non-empty'): readonly Glob[] {
  if (pattern === '*') return [presence === 'any' ? anything() : something('in-line')];
  if (pattern.startsWith('*')) return [[...anything(), ...literally(pattern.slice(1))]];
  if (pattern.endsWith('*')) return [[...literally(pattern.slice(0, -1)), ...anything()]];
  return [literally(pattern)];
}

/** The words that `pathTemplateMatcher` accepts; undefined where Istio refuses the template. */
export function templateGlob(template: string): Glob | undefined {
  if (!template.startsWith('/')) return undefined;
  const tokens: Token[] = [];
  let sawRest = false;
  for (const segment of template.slice(1).split('/')) {
    tokens.push(...literally('/'));
    if (segment === '{*}' || segment === '{**}') {
      if (sawRest) return undefined;
      sawRest = segment === '{**}';
      tokens.push(...(sawRest ? anything() : something('in-segment')));
      continue;
    }
    const literal = segment.replaceAll('{*}', '*');
    if (/[{}]|^\*|\*\*/.test(literal)) return undefined;
    // A star inside a segment repeats the character before it (see `pathTemplateMatcher`).
    for (const character of literal) {
      const last = tokens.at(-1);
      if (character === '*' && last) tokens[tokens.length - 1] = { of: last.of, repeats: true };
      else tokens.push(...literally(character));
    }
  }
  return tokens;
}

/** Over SPIFFE ids without scheme, as `principalMatcher`: of what a value stands for, only forms with a leading star are expressions. */
export function principalGlobs(value: string, bundle: TrustBundle, anyDots = false): readonly Glob[] {
  if (value.startsWith('spiffe://')) return [];
  return expandPrincipal(value, bundle).flatMap((pattern) => {
    const globs = valueGlobs(pattern);
    return anyDots && pattern.startsWith('*') ? globs.map(withAnyDots) : globs;
  });
}

/** As `namespaceMatcher`: every star is a wildcard. */
export function namespaceGlobs(value: string): readonly Glob[] {
  const parts = value.split('*').map(literally);
  const inner = parts.flatMap((part, i) => (i === 0 ? part : [...anything(), ...part]));
  return [[...anything(), ...literally('/ns/'), ...inner, ...literally('/'), ...anything()]];
}

/** As `serviceAccountMatcher`; the value names its namespace. */
export function serviceAccountGlobs(value: string): readonly Glob[] {
  const slash = value.indexOf('/');
  const head = [...something(), ...literally(`/ns/${value.slice(0, slash)}/`)];
  const account = literally(`sa/${value.slice(slash + 1)}`);
  const between: readonly Glob[] = [[], [...something(), ...literally('/')]];
  const after: readonly Glob[] = [[], [...literally('/'), ...something()]];
  return between.flatMap((middle) => after.map((end): Glob => [...head, ...middle, ...account, ...end]));
}

/** As `trustDomainMatcher`. */
export function trustDomainGlobs(value: string, bundle: TrustBundle): readonly Glob[] {
  if (value === '*') return [anything()];
  if (value.includes('*')) {
    const parts = value.split('*').map(literally);
    const inner = parts.flatMap((part, i) => (i === 0 ? part : [...anything('in-segment'), ...part]));
    return [[...inner, ...literally('/'), ...anything()]];
  }
  return expandTrustDomain(value, bundle).map((trustDomain) => [...literally(`${trustDomain}/`), ...anything()]);
}

/** Pairs of issuer and subject that `requestPrincipalMatcher` accepts. */
export function requestPrincipalGlobs(value: string): {
  readonly issuer: readonly Glob[];
  readonly subject: readonly Glob[];
} {
  const slash = value.lastIndexOf('/');
  const [issuer, subject] = slash < 0 ? ['', value] : [value.slice(0, slash), value.slice(slash + 1)];
  const present = [something('in-line')];
  if (value === '*') return { issuer: present, subject: present };
  if (value.startsWith('*')) {
    if (slash < 0) return { issuer: present, subject: valueGlobs(value) };
    return { issuer: valueGlobs(issuer), subject: [literally(subject)] };
  }
  if (value.endsWith('*')) {
    if (slash < 0) return { issuer: valueGlobs(value), subject: present };
    return { issuer: [literally(issuer)], subject: valueGlobs(subject) };
  }
  // Without a slash the value is the issuer, and the subject must be there and empty (recorded).
  return slash < 0
    ? { issuer: [literally(value)], subject: [literally('')] }
    : { issuer: [literally(issuer)], subject: [literally(subject)] };
}

/** A dot stands for any character (`quoting` of authz/identity.ts). */
export const withAnyDots = (glob: Glob): Glob =>
  glob.map((token) => (typeof token.of === 'object' && token.of.only === '.' ? { ...token, of: 'any' } : token));
