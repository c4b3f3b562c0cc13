import type { PolicyRule } from '../../model/k8s/rbac.ts';
import type { Ask } from '../../graph/attack/rbac/allows.ts';

/**
 * The rules of a role without some rights, all else as it was; undefined where a wildcard grants one of them, from which nothing can be taken.
 * Sources: Kubernetes pkg/apis/rbac/v1/evaluation_helpers.go (rules add up, and none takes away).
 */
export function rulesWithout(rules: readonly PolicyRule[], asks: readonly Ask[]): readonly PolicyRule[] | undefined {
  let left = rules;
  for (const ask of asks) {
    const next = left.map((rule) => ruleWithout(rule, ask));
    if (next.includes(undefined)) return undefined;
    left = next.flatMap((parts) => parts ?? []);
  }
  return joined(left);
}

/** What is left of a rule, in parts. */
function ruleWithout(rule: PolicyRule, { group, resource, verbs }: Ask): readonly PolicyRule[] | undefined {
  const { apiGroups = [], resources = [], verbs: own = [] } = rule;
  const slash = resource.indexOf('/');
  const wide = [apiGroups, resources, own].some((list) => list.includes('*'));
  const inGroup = apiGroups.includes(group) || apiGroups.includes('*');
  const named = [resource, '*', ...(slash < 0 ? [] : [`*${resource.slice(slash)}`])];
  const matching = resources.filter((each) => named.includes(each));
  const granted = own.filter((verb) => verb === '*' || verbs.includes(verb));
  if (!inGroup || matching.length === 0 || granted.length === 0) return [rule];
  if (wide || matching.some((each) => each !== resource)) return undefined;
  const parts = [
    { apiGroups: apiGroups.filter((each) => each !== group), resources, verbs: own },
    { apiGroups: [group], resources: resources.filter((each) => each !== resource), verbs: own },
    { apiGroups: [group], resources: [resource], verbs: own.filter((verb) => !verbs.includes(verb)) },
  ];
  return parts
    .filter((part) => part.apiGroups.length > 0 && part.resources.length > 0 && part.verbs.length > 0)
    .map((part) => ({ ...rule, ...part }));
}

/** Rules that differ in nothing but their resources are one, in the place of the first. */
function joined(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  const found = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const { resources = [], ...rest } = rule;
    const key = JSON.stringify([rest.apiGroups, rest.verbs, rest.resourceNames, rest.nonResourceURLs]);
    const known = found.get(key);
    found.set(key, known ? { ...known, resources: [...new Set([...(known.resources ?? []), ...resources])] } : rule);
  }
  return [...found.values()];
}
