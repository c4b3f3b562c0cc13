import { escapeRegExp } from './path-template.ts';
import { expandPrincipal, expandTrustDomain, type TrustBundle } from './trust-domain.ts';
import { type ValueMatcher, valueMatcher } from './value-matcher.ts';

/**
 * Matchers over a peer's SPIFFE id without the `spiffe://` in front. A connection without a peer never reaches them: for it the positive
 * condition is false.
 *
 * Source: istio pilot/pkg/security/authz/model/generator.go (reference §2.4, §2.5).
 */
export function principalMatcher(value: string, bundle: TrustBundle, quotes = true): ValueMatcher {
  // A value with a scheme is prefixed once more by Istio and so never matches.
  if (value.startsWith('spiffe://')) return () => false;
  const matchers = expandPrincipal(value, bundle).map((pattern) =>
    quotes || !pattern.startsWith('*') || pattern === '*' ? valueMatcher(pattern) : unquotedSuffix(pattern.slice(1)),
  );
  return matchers.length === 1 && matchers[0] ? matchers[0] : (peer) => matchers.some((matches) => matches(peer));
}

/** `.*​/ns/<value>/.*` over the whole SPIFFE id; every star in the value is a wildcard. */
export function namespaceMatcher(value: string, quotes = true): ValueMatcher {
  if (!value.includes('*') && quotes) {
    const infix = `/ns/${value}/`;
    return (peer) => peer.includes(infix);
  }
  const expression = new RegExp(`/ns/${value.split('*').map(quoting(quotes)).join('.*')}/`);
  return (peer) => expression.test(peer);
}

/** `sa` (of the policy's namespace) or `ns/sa`; any trust domain, no wildcards. */
export function serviceAccountMatcher(value: string, policyNamespace: string, quotes = true): ValueMatcher {
  const slash = value.indexOf('/');
  const namespace = slash < 0 ? policyNamespace : value.slice(0, slash);
  const account = slash < 0 ? value : value.slice(slash + 1);
  const quote = quoting(quotes);
  const expression = new RegExp(`^.+/ns/${quote(namespace)}/(.+/|)sa/${quote(account)}(/.+)?$`);
  return (peer) => expression.test(peer);
}

/** What releases without quoting made of a value: of all that means something in an expression, names hold no more than dots. */
const quoting =
  (quotes: boolean) =>
  (text: string): string =>
    quotes ? escapeRegExp(text) : escapeRegExp(text).replaceAll('\\.', '.');

function unquotedSuffix(suffix: string): ValueMatcher {
  const expression = new RegExp(`${quoting(false)(suffix)}$`);
  return (peer) => expression.test(peer);
}

/** Exact, `*`, or a wildcard that stays inside the trust domain (1.31 and later). */
export function trustDomainMatcher(value: string, bundle: TrustBundle): ValueMatcher {
  if (value === '*') return () => true;
  if (value.includes('*')) {
    const expression = new RegExp(`^${value.split('*').map(escapeRegExp).join('[^/]*')}$`);
    return (peer) => expression.test(peer.slice(0, peer.indexOf('/')));
  }
  const prefixes = expandTrustDomain(value, bundle).map((trustDomain) => `${trustDomain}/`);
  return (peer) => prefixes.some((prefix) => peer.startsWith(prefix));
}
