import type { Principal } from '../model/inventory/types.ts';
import type { Clause, CompiledRule } from './authz/compile.ts';
import { isPathTemplate } from './authz/path-template.ts';

/** What a caller would have to send so that a rule matches: one concrete value per attribute that the rule asks about. */
export interface Sample {
  /** The identity asked for; null where the rule asks for none at all; undefined where any will do. */
  readonly peer?: Principal | null;
  /** Further identities that the same rule would take instead of `peer`. */
  readonly peers?: readonly Principal[];
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly sourceIp?: string;
  readonly remoteIp?: string;
  readonly sni?: string;
  readonly port?: number;
}

const MOST = 16;
const KNOWN = new WeakMap<CompiledRule, readonly Sample[]>();

/**
 * Concrete requests that should satisfy a rule, one per combination of its alternatives, at most 16. They are candidates: whoever uses one
 * decides it first, so that a wrong guess costs a witness and never a wrong verdict.
 */
export function samplesOf(rule: CompiledRule): readonly Sample[] {
  const known = KNOWN.get(rule) ?? makeSamples(rule);
  KNOWN.set(rule, known);
  return known;
}

function makeSamples(rule: CompiledRule): readonly Sample[] {
  const samples: Sample[] = [];
  for (const from of rule.from ?? [[]]) {
    for (const to of rule.to ?? [[]]) {
      if (samples.length >= MOST) return samples;
      samples.push(sampleOf([...from, ...to, ...rule.when]));
    }
  }
  return samples;
}

interface Draft {
  peer?: Principal | null;
  peers?: readonly Principal[];
  method?: string;
  path?: string;
  host?: string;
  headers?: (readonly [string, string])[];
  claims?: Record<string, unknown>;
  sourceIp?: string;
  remoteIp?: string;
  sni?: string;
  port?: number;
}

function sampleOf(clauses: readonly Clause[]): Sample {
  const draft: Draft = {};
  for (const clause of clauses.filter(({ negated }) => !negated)) fill(draft, clause);
  for (const clause of clauses.filter(({ negated }) => negated)) avoid(draft, clause);
  return draft;
}

const TRUST_DOMAIN = 'cluster.local';

/** An identity for each value of a field about identities. */
const IDENTITIES: Readonly<Record<string, (value: string) => Principal>> = {
  principals: identityFor,
  'source.principal': identityFor,
  namespaces: (value) => `${TRUST_DOMAIN}/ns/${concrete(value)}/sa/default` as Principal,
  'source.namespace': (value) => `${TRUST_DOMAIN}/ns/${concrete(value)}/sa/default` as Principal,
  serviceAccounts: accountIdentity,
  'source.serviceAccount': accountIdentity,
};

function accountIdentity(value: string): Principal {
  const [namespace, account] = value.includes('/') ? value.split('/') : ['default', value];
  return `${TRUST_DOMAIN}/ns/${namespace}/sa/${account}` as Principal;
}

function fill(draft: Draft, { field, values }: Clause): void {
  const value = values[0] ?? '';
  const identity = IDENTITIES[field];
  if (identity) {
    // The narrower of two fields about the caller says more.
    if (draft.peer !== undefined && field.toLowerCase().includes('namespace')) return;
    [draft.peer, draft.peers] = [identity(value), values.map(identity)];
    return;
  }
  switch (field) {
    case 'methods':
      draft.method = concrete(value, 'GET');
      return;
    case 'paths':
      draft.path = pathFor(value);
      return;
    case 'hosts':
      draft.host = concrete(value, 'example.com');
      return;
    case 'ports':
    case 'destination.port':
      draft.port = Number(value);
      return;
    case 'ipBlocks':
    case 'source.ip':
      draft.sourceIp = value.split('/')[0] ?? value;
      return;
    case 'remoteIpBlocks':
    case 'remote.ip':
      draft.remoteIp = value.split('/')[0] ?? value;
      return;
    case 'connection.sni':
      draft.sni = concrete(value, 'example.com');
      return;
    case 'requestPrincipals':
    case 'request.auth.principal':
      Object.assign(claimsOf(draft), requestPrincipalFor(value));
      return;
    case 'request.auth.audiences':
      claimsOf(draft).aud = concrete(value);
      return;
    case 'request.auth.presenter':
      claimsOf(draft).azp = concrete(value);
      return;
  }
  const header = /^request\.headers\[(.+)\]$/.exec(field)?.[1];
  if (header !== undefined) fillHeader(draft, header, value);
  const claim = /^request\.auth\.claims((\[[^\]]*\])+)$/.exec(field)?.[1];
  if (claim !== undefined) setClaim(claimsOf(draft), claim.slice(1, -1).split(']['), concrete(value));
}

function fillHeader(draft: Draft, name: string, value: string): void {
  if (name.toLowerCase() === ':method') draft.method = concrete(value, 'GET');
  else if (name.toLowerCase() === ':path') draft.path = pathFor(value);
  else if (name.toLowerCase() === ':authority') draft.host = concrete(value, 'example.com');
  else draft.headers = [...(draft.headers ?? []), [name.toLowerCase(), concrete(value)]];
}

/** A negative condition matters only where the value in hand, or the one that would be sent by default, is excluded. */
function avoid(draft: Draft, { field, values }: Clause): void {
  const excludes = (value: string): boolean => values.some((pattern) => loosely(pattern, value));
  if (field === 'notPaths' && excludes(draft.path ?? '/'))
    draft.path = firstFree(['/', '/x', '/index.html', '/a/b'], excludes, draft.path ?? '/');
  if (field === 'notMethods' && excludes(draft.method ?? 'GET')) {
    draft.method = firstFree(
      ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'],
      excludes,
      draft.method ?? 'GET',
    );
  }
  if (field === 'notPrincipals' && values.includes('*')) draft.peer = null;
}

const firstFree = (candidates: readonly string[], excludes: (value: string) => boolean, fallback: string): string =>
  candidates.find((candidate) => !excludes(candidate)) ?? fallback;

function loosely(pattern: string, value: string): boolean {
  if (pattern.startsWith('*')) return value.endsWith(pattern.slice(1));
  return pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : pattern === value;
}

function claimsOf(draft: Draft): Record<string, unknown> {
  draft.claims ??= {};
  return draft.claims;
}

function setClaim(claims: Record<string, unknown>, path: readonly string[], value: string): void {
  const [step = '', ...rest] = path;
  if (rest.length === 0) claims[step] = value;
  else {
    const inner: Record<string, unknown> = {};
    setClaim(inner, rest, value);
    claims[step] = inner;
  }
}

/** A value that a pattern matches. */
function concrete(pattern: string, forAny = 'any'): string {
  if (pattern === '*') return forAny;
  if (pattern.startsWith('*')) return `any${pattern.slice(1)}`;
  return pattern.endsWith('*') ? pattern.slice(0, -1) : pattern;
}

function pathFor(pattern: string): string {
  if (pattern === '*') return '/';
  if (isPathTemplate(pattern)) return pattern.replaceAll('{**}', 'x').replaceAll('{*}', 'x');
  if (pattern.startsWith('*')) return pattern.startsWith('*/') ? pattern.slice(1) : `/any${pattern.slice(1)}`;
  return pattern.endsWith('*') ? pattern.slice(0, -1) : pattern;
}

function identityFor(pattern: string): Principal {
  if (pattern === '*') return `${TRUST_DOMAIN}/ns/any/sa/any` as Principal;
  if (pattern.startsWith('*')) return `${TRUST_DOMAIN}/ns/any${pattern.slice(1)}` as Principal;
  if (!pattern.endsWith('*')) return pattern as Principal;
  const prefix = pattern.slice(0, -1);
  const given = prefix.split('/');
  const fill = [TRUST_DOMAIN, 'ns', 'any', 'sa', 'any'];
  return [...given.slice(0, -1), given.at(-1) || fill[given.length - 1] || '', ...fill.slice(given.length)].join(
    '/',
  ) as Principal;
}

function requestPrincipalFor(value: string): Record<string, unknown> {
  if (value === '*') return { iss: 'any-issuer', sub: 'any-subject' };
  const slash = value.lastIndexOf('/');
  if (slash < 0)
    return value.startsWith('*')
      ? { iss: 'any-issuer', sub: concrete(value) }
      : { iss: concrete(value), sub: 'any-subject' };
  const [issuer, subject] = [value.slice(0, slash), value.slice(slash + 1)];
  return { iss: concrete(issuer, 'any-issuer'), sub: concrete(subject, 'any-subject') };
}
