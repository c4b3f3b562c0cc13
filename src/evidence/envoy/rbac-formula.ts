import { all, any, EVERYTHING, type Formula, NOTHING, not } from '../../semantics/algebra/formula.ts';
import type { EnvoyJson } from '../../model/observation/envoy-dump.ts';
import { isObject } from '../../model/shape.ts';
import { at, listAt } from './json.ts';
import type { Place } from './place.ts';
import { isLeaf, leafFormula } from './rbac-leaf.ts';

/**
 * The requests that the rules of an RBAC filter match: some policy, of which some permission and some principal does.
 *
 * Source: envoy api/envoy/config/rbac/v3/rbac.proto, source/extensions/filters/common/rbac/matchers.cc.
 */
export function rbacFormula(rules: unknown, place: Place): Formula {
  return any(Object.values(at(rules, 'policies')).map((policy) => policyFormula(policy, place)));
}

function policyFormula(policy: unknown, place: Place): Formula {
  for (const field of ['condition', 'checked_condition'])
    if (isObject(policy) && field in policy) place.unread.add(field);
  const some = (list: string): Formula =>
    oneOf(listAt(policy, list), (matcher) => matcherFormula(matcher, place), place);
  return all([some('permissions'), some('principals')]);
}

/** A permission or principal. Both are trees of the same shape over other leaves. */
function matcherFormula(matcher: unknown, place: Place): Formula {
  if (!isObject(matcher)) return skip('an empty matcher', place);
  const inner = (part: unknown): Formula => matcherFormula(part, place);
  if (matcher.any === true) return EVERYTHING;
  for (const [field, list] of LISTS) {
    if (!(field in matcher)) continue;
    const parts = listAt(matcher, field, list);
    return field.startsWith('and') ? all(parts.map(inner)) : oneOf(parts, inner, place);
  }
  for (const field of ['not_rule', 'not_id']) if (field in matcher) return not(inner(matcher[field]));
  return leafFormula([matcher], place) ?? skip(nameOf(matcher), place);
}

const LISTS = [
  ['and_rules', 'rules'],
  ['or_rules', 'rules'],
  ['and_ids', 'ids'],
  ['or_ids', 'ids'],
] as const;

/** Union. Leaves that read the same attribute become one set, so that a hundred names are not a hundred cases. */
function oneOf(parts: readonly unknown[], inner: (part: unknown) => Formula, place: Place): Formula {
  const groups = new Map<string, EnvoyJson[]>();
  const others: Formula[] = [];
  for (const part of parts) {
    const key = isLeaf(part);
    if (key === undefined || !isObject(part)) others.push(inner(part));
    else {
      const group = groups.get(key);
      if (group) group.push(part);
      else groups.set(key, [part]);
    }
  }
  const grouped = [...groups.values()].map(
    (leaves) => leafFormula(leaves, place) ?? skip(nameOf(leaves[0] ?? {}), place),
  );
  return any([...grouped, ...others]);
}

/** Stands for what is not read: nobody may conclude from it, which `unread` says. */
function skip(name: string, { unread }: Place): Formula {
  unread.add(name);
  return NOTHING;
}

function nameOf(matcher: EnvoyJson): string {
  const [field = 'an empty matcher'] = Object.keys(matcher);
  const type = at(matcher, field, 'typed_config')['@type'];
  return typeof type === 'string' ? `${field} ${type.slice(type.lastIndexOf('.') + 1)}` : field;
}
