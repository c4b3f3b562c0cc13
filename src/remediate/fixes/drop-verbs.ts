import type { Facts } from '../../graph/facts.ts';
import { describePowers, findPowers } from '../../graph/attack/rbac/edges.ts';
import { PIVOTS } from '../../graph/attack/pivots/index.ts';
import type { Pivot } from '../../graph/attack/pivots/pivot.ts';
import { objectOf } from '../../model/by.ts';
import type { Resource } from '../../model/resource.ts';
import type { ClusterRole } from '../../model/k8s/cluster-role.ts';
import type { ClusterRoleBinding } from '../../model/k8s/cluster-role-binding.ts';
import type { RoleBinding } from '../../model/k8s/role-binding.ts';
import { type Fix, nameOf, type Problem, startsOf } from '../candidate.ts';
import { rulesWithout } from './rules-without.ts';

/**
 * Rights that turn one workload into another, in a role that nobody else has: just the verbs that do are taken out of it. Roles that others are
 * bound to, that come with the cluster or are put together from others, and wildcards are left to `revoke-binding`.
 */
export const dropVerbs: Fix = {
  id: 'drop-verbs',
  propose(facts, problem) {
    const binding = bindingOf(problem);
    const role = binding && roleOf(facts, binding);
    if (!binding || !role || !isTheirsAlone(facts, problem, binding)) return [];
    const ways = waysOf(facts, binding);
    const asks = ways.flatMap((way) => way.asks ?? []);
    const rules = role.spec.rules ?? [];
    const left = asks.length > 0 ? rulesWithout(rules, asks) : undefined;
    const namespace = binding.kind === 'RoleBinding' ? binding.namespace : undefined;
    const taken = findPowers({ rules }, asks);
    if (!left || taken.length === 0) return [];
    const may = describePowers(taken, { namespace });
    const who = [...new Set(startsOf(problem.hops).map((each) => `${each.namespace}/${each.serviceAccount}`))].sort();
    const names = who.join(', ');
    return [
      {
        id: `drop-verbs ${role.kind} ${nameOf(role)}`,
        summary: `${role.kind} ${nameOf(role)}: ${names} may no longer ${may}`,
        changes: [{ kind: 'edit', resource: role, edits: [{ op: 'set', path: ['rules'], value: left }] }],
        destinations: [],
        senders: [],
        effort: 1,
        unknownCallers: [],
        unproven: [`whether ${names} needs these verbs: the audit log of the API server tells`],
        preconditions: [`no request of ${names} in the audit log of the last 30 days uses the verbs that are taken`],
        sideEffects: [`calls of ${names} that need them get 403; all else that the role allows stays`],
      },
    ];
  },
};

function bindingOf({ cause }: Problem): RoleBinding | ClusterRoleBinding | undefined {
  const isBinding = cause.kind === 'RoleBinding' || cause.kind === 'ClusterRoleBinding';
  return isBinding ? (objectOf(cause)?.resource as RoleBinding | ClusterRoleBinding | undefined) : undefined;
}

function roleOf({ mesh }: Facts, { cluster, namespace, spec }: RoleBinding | ClusterRoleBinding) {
  const { kind, name = '' } = spec.roleRef ?? {};
  if (kind === 'Role') return mesh.resources.find('Role', namespace, name, cluster);
  const role: ClusterRole | undefined = mesh.resources.find('ClusterRole', '', name, cluster);
  const isAggregated = role?.spec.aggregationRule !== undefined || Object.keys(role?.labels ?? {}).some(isAggregating);
  return isAggregated ? undefined : role;
}

/** It is part of another role, such as `edit`. */
const isAggregating = (label: string): boolean => label.includes('/aggregate-to-');

/** All who are bound to the role, by whatever binding, are those whom the problem is about. */
function isTheirsAlone(
  { mesh: { resources } }: Facts,
  { hops }: Problem,
  { cluster, namespace, spec: { roleRef } }: RoleBinding | ClusterRoleBinding,
): boolean {
  const accounts = new Set(startsOf(hops).map((each) => `${each.namespace}/${each.serviceAccount}`));
  const others = [...resources.of('RoleBinding'), ...resources.of('ClusterRoleBinding')].filter(
    (each) =>
      each.cluster === cluster &&
      each.spec.roleRef?.kind === roleRef?.kind &&
      each.spec.roleRef?.name === roleRef?.name &&
      (roleRef?.kind !== 'Role' || each.namespace === namespace),
  );
  return others.every((each) =>
    (each.spec.subjects ?? []).every(
      ({ kind, namespace: home = each.namespace, name }) =>
        kind === 'ServiceAccount' && accounts.has(`${home}/${name}`),
    ),
  );
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
