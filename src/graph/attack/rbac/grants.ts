import { matchesSelector } from '../../../model/inventory/label-selection.ts';
import type { ClusterRole } from '../../../model/k8s/cluster-role.ts';
import type { PolicyRule, Subject } from '../../../model/k8s/rbac.ts';
import type { Resource } from '../../../model/resource.ts';
import type { Resources } from '../../../model/resources.ts';
import { BUILT_IN_ROLES } from './built-in-roles.ts';

/** What one binding gives to its subjects. */
export interface Grant {
  /** The RoleBinding or ClusterRoleBinding. */
  readonly binding: Resource;
  /** `Role shop/launcher`, `ClusterRole edit`. */
  readonly role: string;
  readonly rules: readonly PolicyRule[];
  readonly cluster: string;
  /** Where it holds; undefined: in the whole cluster. */
  readonly namespace: string | undefined;
  readonly subjects: readonly Subject[];
  readonly assumes: readonly string[];
}

/** All grants of the input, ClusterRoleBindings first. Bindings to roles that the input lacks and no cluster has by itself are left out. */
export function readGrants(resources: Resources): readonly Grant[] {
  const ofClusterRole = clusterRules(resources);
  const grants: Grant[] = [];
  for (const binding of resources.of('ClusterRoleBinding')) {
    const found = ofClusterRole(binding.cluster, binding.spec.roleRef?.name ?? '');
    if (found) grants.push(toGrant(binding, found, undefined));
  }
  for (const binding of resources.of('RoleBinding')) {
    const { kind, name = '' } = binding.spec.roleRef ?? {};
    const found =
      kind === 'ClusterRole'
        ? ofClusterRole(binding.cluster, name)
        : ofRole(resources, binding.cluster, binding.namespace, name);
    if (found) grants.push(toGrant(binding, found, binding.namespace));
  }
  return grants;
}

type Rules = Pick<Grant, 'role' | 'rules' | 'assumes'>;

function toGrant(
  binding: Resource<{ readonly subjects?: readonly Subject[] | undefined }>,
  rules: Rules,
  namespace: string | undefined,
): Grant {
  const { cluster, spec } = binding;
  return { binding, cluster, namespace, subjects: spec.subjects ?? [], ...rules };
}

function ofRole(resources: Resources, cluster: string, namespace: string, name: string): Rules | undefined {
  const role = resources.find('Role', namespace, name, cluster);
  return role && { role: `Role ${namespace}/${name}`, rules: role.spec.rules ?? [], assumes: [] };
}

function clusterRules(resources: Resources): (cluster: string, name: string) => Rules | undefined {
  const known = new Map<string, Rules | undefined>();
  return (cluster, name) => {
    const key = `${cluster}/${name}`;
    if (!known.has(key)) known.set(key, readClusterRole(resources, cluster, name));
    return known.get(key);
  };
}

function readClusterRole(resources: Resources, cluster: string, name: string): Rules | undefined {
  const role = `ClusterRole ${name}`;
  const found = resources.find('ClusterRole', '', name, cluster);
  // A manifest with an aggregation rule leaves the list of rules to the controller of the cluster.
  if (found) return { role, rules: [...(found.spec.rules ?? []), ...aggregated(resources, found)], assumes: [] };
  const rules = BUILT_IN_ROLES.get(name);
  return rules && { role, rules, assumes: [`${role} is as Kubernetes makes it`] };
}

/** Source: Kubernetes pkg/controller/clusterroleaggregation (syncClusterRole). */
function aggregated(resources: Resources, role: ClusterRole): readonly PolicyRule[] {
  const selectors = role.spec.aggregationRule?.clusterRoleSelectors ?? [];
  if (selectors.length === 0) return [];
  return resources
    .of('ClusterRole')
    .filter((other) => other !== role && other.cluster === role.cluster)
    .filter(({ labels }) => selectors.some((selector) => matchesSelector(selector, labels)))
    .flatMap(({ spec }) => spec.rules ?? []);
}
