import type { Facts } from '../../graph/facts.ts';
import { describePowers, findPowers } from '../../graph/attack/rbac/edges.ts';
import { PIVOTS } from '../../graph/attack/pivots/index.ts';
import type { Pivot } from '../../graph/attack/pivots/pivot.ts';
import { objectOf } from '../../model/by.ts';
import type { Resource } from '../../model/resource.ts';
import type { ClusterRole } from '../../model/k8s/cluster-role.ts';
import { type Fix, nameOf } from '../candidate.ts';
import { type Binding, type BindingProblem, bindingProblemOf, isAmong } from './bindings.ts';
import { rulesWithout } from './rules-without.ts';

/**
 * Rights that turn one workload into another, in a role that nobody else has: just the verbs that do are taken out of it. Roles that others are
 * bound to, that come with the cluster or are put together from others, and wildcards are left to `revoke-binding`.
 */
export const dropVerbs: Fix = {
  id: 'drop-verbs',
  propose(facts, problem) {
    const found = bindingProblemOf(problem);
    const role = found && roleOf(facts, found.binding);
    if (!found || !role || !isTheirsAlone(facts, found)) return [];
    const { binding, who } = found;
    const ways = waysOf(facts, binding);
    const asks = ways.flatMap((way) => way.asks ?? []);
    const rules = role.spec.rules ?? [];
    const left = asks.length > 0 ? rulesWithout(rules, asks) : undefined;
    const namespace = binding.kind === 'RoleBinding' ? binding.namespace : undefined;
    const taken = findPowers({ rules }, asks);
    if (!left || taken.length === 0) return [];
    const may = describePowers(taken, { namespace });
    return [
      {
        id: `drop-verbs ${role.kind} ${nameOf(role)}`,
        summary: `${role.kind} ${nameOf(role)}: ${who} may no longer ${may}`,
        changes: [{ kind: 'edit', resource: role, edits: [{ op: 'set', path: ['rules'], value: left }] }],
        destinations: [],
        senders: [],
        effort: 1,
        unknownCallers: [],
        unproven: [`whether ${who} needs these verbs: the audit log of the API server tells`],
        preconditions: [`no request of ${who} in the audit log of the last 30 days uses the verbs that are taken`],
        sideEffects: [`calls of ${who} that need them get 403; all else that the role allows stays`],
      },
    ];
  },
};

function roleOf({ mesh }: Facts, { cluster, namespace, spec }: Binding) {
  const { kind, name = '' } = spec.roleRef ?? {};
  if (kind === 'Role') return mesh.resources.find('Role', namespace, name, cluster);
  const role: ClusterRole | undefined = mesh.resources.find('ClusterRole', '', name, cluster);
  const isAggregated = role?.spec.aggregationRule !== undefined || Object.keys(role?.labels ?? {}).some(isAggregating);
  return isAggregated ? undefined : role;
}

/** It is part of another role, such as `edit`. */
const isAggregating = (label: string): boolean => label.includes('/aggregate-to-');

/** All who are bound to the role, by whatever binding, are those whom the problem is about. */
function isTheirsAlone({ mesh: { resources } }: Facts, { binding, accounts }: BindingProblem): boolean {
  const { cluster, namespace, spec } = binding;
  const { kind, name } = spec.roleRef ?? {};
  const bound = [...resources.of('RoleBinding'), ...resources.of('ClusterRoleBinding')].filter(
    (each) =>
      each.cluster === cluster &&
      each.spec.roleRef?.kind === kind &&
      each.spec.roleRef?.name === name &&
      (kind !== 'Role' || each.namespace === namespace),
  );
  return bound.every((each) => (each.spec.subjects ?? []).every((subject) => isAmong(accounts, each, subject)));
}

const WAYS = new WeakMap<Facts, ReadonlyMap<Resource, ReadonlySet<Pivot>>>();

/** How what a binding gives turns into control of something: all ways at once, so that nothing is left for another step. */
function waysOf(facts: Facts, binding: Resource): readonly Pivot[] {
  let known = WAYS.get(facts);
  if (!known) {
    const found = new Map<Resource, Set<Pivot>>();
    for (const pivot of PIVOTS) {
      if (!pivot.asks) continue;
      for (const { cause } of pivot.find(facts)) {
        const resource = objectOf(cause)?.resource;
        if (resource) found.set(resource, (found.get(resource) ?? new Set()).add(pivot));
      }
    }
    known = found;
    WAYS.set(facts, known);
  }
  return [...(known.get(binding) ?? [])];
}
