import * as fc from 'fast-check';
import { type RandomGateway, randomGateway } from './random-gateway.ts';
import { authorization, jwtRule, type RandomMesh, randomMesh } from './random-mesh.ts';

type Json = Readonly<Record<string, unknown>>;

/** How somebody changes one of the policies of a mesh, mostly so that something that passed still passes. */
type Edit =
  | { readonly kind: 'drop' | 'twice' | 'reverse' | 'split' | 'widen' | 'narrow' | 'flip'; readonly at: number }
  | { readonly kind: 'add'; readonly policy: Json }
  | { readonly kind: 'issuer'; readonly rule: Json };

const at = fc.nat(7);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('drop', 'twice', 'reverse', 'split', 'widen', 'widen', 'narrow', 'flip' as const),
      at,
    }),
  },
  {
    weight: 2,
    arbitrary: authorization.map(({ namespace, ...spec }): Edit => ({ kind: 'add', policy: added(namespace, spec) })),
  },
  { weight: 1, arbitrary: jwtRule.map((rule): Edit => ({ kind: 'issuer', rule })) },
);

function added(namespace: string, { action, provider, rules }: Json): Json {
  const list = Array.isArray(rules) && rules.length > 0 ? rules : [{}];
  const spec = { action, rules: list, ...(action === 'CUSTOM' ? { provider: { name: provider } } : {}) };
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'added', namespace },
    spec,
  };
}

/** A mesh before and after one or two edits. */
export const editedMesh: fc.Arbitrary<readonly [RandomMesh, RandomMesh]> = fc
  .tuple(randomMesh, fc.array(edit, { minLength: 1, maxLength: 2 }))
  .map(([mesh, edits]) => [mesh, { ...mesh, policies: edits.reduce(applied, mesh.policies) }]);

/** The same of a gateway with what stands behind it. */
export const editedGateway: fc.Arbitrary<readonly [RandomGateway, RandomGateway]> = fc
  .tuple(randomGateway, fc.array(edit, { minLength: 1, maxLength: 2 }))
  .map(([gateway, edits]) => [gateway, { objects: edits.reduce(applied, gateway.objects) }]);

const EDITED: ReadonlySet<unknown> = new Set(['AuthorizationPolicy', 'RequestAuthentication', 'VirtualService']);

function applied(objects: readonly Json[], change: Edit): readonly Json[] {
  if (change.kind === 'add') return [...objects, change.policy];
  const isTokens = change.kind === 'issuer';
  const known = objects.filter(({ kind }) => (isTokens ? kind === 'RequestAuthentication' : EDITED.has(kind)));
  const own = known[(isTokens ? 0 : change.at) % Math.max(known.length, 1)];
  if (!own) return objects;
  return objects.flatMap((each) => (each === own ? changed(each, change) : [each]));
}

function changed(object: Json, change: Exclude<Edit, { kind: 'add' }>): readonly Json[] {
  const spec = object.spec as Json;
  const field = ['rules', 'jwtRules', 'http'].find((name) => Array.isArray(spec[name]));
  if (!field) return [object];
  const rules = spec[field] as readonly Json[];
  const withRules = (list: readonly Json[]): Json => ({ ...object, spec: { ...spec, [field]: list } });
  if (change.kind === 'issuer') return [withRules([change.rule, ...rules])];
  switch (change.kind) {
    case 'drop':
      return [];
    case 'twice':
      return [withRules([...rules, ...rules])];
    case 'reverse':
      return [withRules([...rules].reverse())];
    case 'split':
      return rules.length < 2 ? [object] : [withRules(rules.slice(0, 1)), renamed(withRules(rules.slice(1)))];
    case 'widen':
      return [withRules(rules.map((rule) => replaced(rule, change.at, (values) => [...values, ...values.map(wider)])))];
    case 'narrow':
      return [withRules(rules.map((rule) => replaced(rule, change.at, (values) => values.slice(0, 1))))];
    case 'flip':
      return spec.action === 'ALLOW' || spec.action === 'DENY'
        ? [{ ...object, spec: { ...spec, action: spec.action === 'ALLOW' ? 'DENY' : 'ALLOW' } }]
        : [withRules(rules.slice(0, 1))];
  }
}

function renamed(object: Json): Json {
  const metadata = object.metadata as Json;
  return { ...object, metadata: { ...metadata, name: `${String(metadata.name)}-more` } };
}

/** A value beside it: a prefix in place of the whole, the next port. */
function wider(value: string): string {
  if (/^\d+$/.test(value)) return value === '8080' ? '9000' : '8080';
  return /[*{]/.test(value) || /^[\d.:/]+$/.test(value) ? value : `${value}*`;
}

/** One list of texts inside a rule, counted from the top, in place of another. */
function replaced(rule: Json, which: number, by: (values: readonly string[]) => readonly string[]): Json {
  let lists = 0;
  const isList = (value: unknown): value is readonly string[] =>
    Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string');
  JSON.stringify(rule, (_key, value: unknown) => {
    if (isList(value)) lists++;
    return value;
  });
  if (lists === 0) return rule;
  let seen = -1;
  const text = JSON.stringify(rule, (_key, value: unknown) => {
    if (!isList(value)) return value;
    seen++;
    return seen === which % lists ? by(value) : value;
  });
  return JSON.parse(text) as Json;
}
