import type { Refusal } from '../refusal.ts';
import type { Path } from '../resource.ts';
import type { AuthorizationCondition } from './authorization-policy.ts';
import { checkBlocks, checkNoneEmpty, checkPorts, checkServiceAccounts, type ValueCheck } from './validate-values.ts';

const ANY: ValueCheck = () => [];

/** Keys that stand alone, and what their values must be. */
const PLAIN_KEYS: ReadonlyMap<string, ValueCheck> = new Map([
  ['source.ip', checkBlocks],
  ['remote.ip', checkBlocks],
  ['destination.ip', checkBlocks],
  ['destination.port', checkPorts],
  ['source.serviceAccount', checkServiceAccounts],
  ['source.namespace', ANY],
  ['source.principal', ANY],
  ['source.trustDomain', ANY],
  ['request.auth.principal', ANY],
  ['request.auth.audiences', ANY],
  ['request.auth.presenter', ANY],
  ['connection.sni', ANY],
]);

/** Keys with a name in brackets. The webhook compares prefixes, so `request.headersx[a]` passes it too. */
const BRACKET_KEYS = [
  'request.headers',
  'request.experimental.inline.headers',
  'request.auth.claims',
  'experimental.envoy.filters.',
];

const REPLACED: Readonly<Record<string, string>> = {
  'destination.namespace': 'policies act in their own namespace: put the policy there',
  'destination.name': 'use `selector`',
  'destination.user': 'use `selector`',
};

/** One entry of `when` (I:pkg/config/security/security.go, ValidateAttribute). */
export function* checkCondition(condition: AuthorizationCondition, path: Path): Iterable<Refusal> {
  const { key, values = [], notValues = [] } = condition;
  if (!key) {
    yield { path, reason: 'a condition has no `key`', help: 'name the attribute, as `request.auth.claims[groups]`' };
    return;
  }
  if (values.length + notValues.length === 0) {
    yield {
      path,
      reason: `the condition on \`${key}\` has no values`,
      help: 'give `values` or `notValues`; `"*"` means: is there',
    };
    return;
  }
  const unknown = findKeyProblem(key, [...path, 'key']);
  if (unknown) {
    yield unknown;
    return;
  }
  const check = PLAIN_KEYS.get(key) ?? ANY;
  for (const [field, list] of [
    ['values', values],
    ['notValues', notValues],
  ] as const) {
    yield* checkNoneEmpty(list, [...path, field]);
    yield* check(list, [...path, field]);
  }
}

function findKeyProblem(key: string, path: Path): Refusal | undefined {
  if (PLAIN_KEYS.has(key)) return undefined;
  const replaced = Object.hasOwn(REPLACED, key)
    ? REPLACED[key]
    : key.startsWith('destination.labels')
      ? 'use `selector`'
      : undefined;
  if (replaced) return { path, reason: `the attribute \`${key}\` is no longer known`, help: replaced };
  if (!BRACKET_KEYS.some((prefix) => key.startsWith(prefix))) {
    const help = `known: ${[...PLAIN_KEYS.keys(), 'request.headers[NAME]', 'request.auth.claims[NAME]', 'experimental.envoy.filters.FILTER[KEY]'].join(', ')}`;
    return { path, reason: `the attribute \`${key}\` is unknown`, help };
  }
  const open = key.indexOf('[');
  if (key.endsWith(']') && open > 0 && open < key.length - 2) return undefined;
  return {
    path,
    reason: `the attribute \`${key}\` has no name in brackets`,
    help: 'write it as `request.headers[x-name]`',
  };
}
