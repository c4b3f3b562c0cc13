import type { PolicyRule } from '../../../model/k8s/rbac.ts';

/** Something that one may ask the API server for. */
export interface Ask {
  readonly group: string;
  /** With its subresource: `pods/exec`. */
  readonly resource: string;
  /** Any of them will do. */
  readonly verbs: readonly string[];
}

/** What of an ask is granted. */
export interface Power {
  /** Which of the verbs, in the order of the ask. */
  readonly verbs: readonly string[];
  /** The only objects it is for; undefined: all of the namespace or cluster. */
  readonly names?: readonly string[];
  /** The first rule that grants it. */
  readonly rule: number;
}

/**
 * What of an ask the rules of a role grant, all of them together; a rule for all names holds before rules for some.
 *
 * Source: Kubernetes pkg/apis/rbac/v1/evaluation_helpers.go (VerbMatches, APIGroupMatches, ResourceMatches, ResourceNameMatches). `create` of
 * an object has no name to compare, so that a rule with `resourceNames` never grants it; `create` of a subresource has one.
 */
export function findPower(rules: readonly PolicyRule[], { group, resource, verbs }: Ask): Power | undefined {
  const hasName = resource.includes('/');
  const granted = new Set<string>();
  const named = new Set<string>();
  const names = new Set<string>();
  let first: number | undefined;
  let firstNamed: number | undefined;
  for (const [index, rule] of rules.entries()) {
    if (!has(rule.apiGroups, group) || !hasResource(rule.resources, resource)) continue;
    const allowed = verbs.filter((verb) => has(rule.verbs, verb));
    const only = rule.resourceNames ?? [];
    if (only.length === 0) {
      for (const verb of allowed) granted.add(verb);
      if (allowed.length > 0) first ??= index;
      continue;
    }
    const reaching = hasName ? allowed : allowed.filter((verb) => verb !== 'create' && verb !== 'deletecollection');
    if (reaching.length === 0) continue;
    firstNamed ??= index;
    for (const verb of reaching) named.add(verb);
    for (const name of only) names.add(name);
  }
  if (first !== undefined) return { verbs: verbs.filter((verb) => granted.has(verb)), rule: first };
  if (firstNamed === undefined) return undefined;
  return { verbs: verbs.filter((verb) => named.has(verb)), names: [...names], rule: firstNamed };
}

const has = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes(value) || list.includes('*'));

function hasResource(list: readonly string[] | undefined, resource: string): boolean {
  if (has(list, resource)) return true;
  const slash = resource.indexOf('/');
  return slash >= 0 && list?.includes(`*${resource.slice(slash)}`) === true;
}
