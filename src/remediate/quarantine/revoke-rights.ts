import type { Mesh, Workload } from '../../model/inventory/types.ts';
import type { ClusterRoleBinding } from '../../model/k8s/cluster-role-binding.ts';
import type { RoleBinding } from '../../model/k8s/role-binding.ts';
import { nameOf } from '../candidate.ts';
import type { Change } from '../../model/change/change.ts';

type Binding = RoleBinding | ClusterRoleBinding;

/** Bindings that name the service account lose it; one that names nobody else goes. */
export interface Revocation {
  readonly changes: readonly Change[];
  /** Bindings of groups that it is in, which hold for others too: `ClusterRoleBinding x (system:serviceaccounts)`. */
  readonly byGroup: readonly string[];
}

export function revokeRights({ resources }: Mesh, { cluster, namespace, serviceAccount }: Workload): Revocation {
  const all: readonly Binding[] = [...resources.of('RoleBinding'), ...resources.of('ClusterRoleBinding')];
  const own = all.filter((binding) => binding.cluster === cluster);
  const groups = ['system:authenticated', 'system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  const isMeant = (binding: Binding, { kind, name, namespace: home = binding.namespace }: Subject): boolean =>
    (kind === 'ServiceAccount' && home === namespace && name === serviceAccount) ||
    (kind === 'User' && name === `system:serviceaccount:${namespace}:${serviceAccount}`);
  return {
    changes: own.flatMap((binding) => changeOf(binding, (subject) => isMeant(binding, subject))),
    byGroup: own.flatMap((binding) =>
      (binding.spec.subjects ?? []).flatMap(({ kind, name }) =>
        kind === 'Group' && groups.includes(name ?? '') ? [`${binding.kind} ${nameOf(binding)} (${name})`] : [],
      ),
    ),
  };
}

type Subject = NonNullable<Binding['spec']['subjects']>[number];

function changeOf(binding: Binding, isMeant: (subject: Subject) => boolean): readonly Change[] {
  const subjects = binding.spec.subjects ?? [];
  const meant = subjects.flatMap((subject, index) => (isMeant(subject) ? [index] : []));
  if (meant.length === 0) return [];
  if (meant.length === subjects.length) return [{ kind: 'remove', resource: binding }];
  // From the end, so that the numbers of the others stay.
  const edits = meant.reverse().map((index) => ({ op: 'delete', path: ['subjects', index] }) as const);
  return [{ kind: 'edit', resource: binding, edits }];
}
