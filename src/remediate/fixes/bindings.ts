import { objectOf } from '../../model/by.ts';
import type { ClusterRoleBinding } from '../../model/k8s/cluster-role-binding.ts';
import type { RoleBinding } from '../../model/k8s/role-binding.ts';
import { type Problem, startsOf } from '../candidate.ts';

export type Binding = RoleBinding | ClusterRoleBinding;
type BoundSubject = NonNullable<Binding['spec']['subjects']>[number];

/** The binding that is the cause of a problem, and the accounts whose hops rest on it. */
export interface BindingProblem {
  readonly binding: Binding;
  /** `ns/name`. */
  readonly accounts: ReadonlySet<string>;
  /** Their names in a text. */
  readonly who: string;
}

export function bindingProblemOf({ cause, hops }: Problem): BindingProblem | undefined {
  const isBinding = cause.kind === 'RoleBinding' || cause.kind === 'ClusterRoleBinding';
  const binding = isBinding ? (objectOf(cause)?.resource as Binding | undefined) : undefined;
  if (!binding) return undefined;
  const accounts = new Set(startsOf(hops).map(({ namespace, serviceAccount }) => `${namespace}/${serviceAccount}`));
  return { binding, accounts, who: [...accounts].sort().join(', ') };
}

/** Whether a subject of a binding is one of some accounts. */
export const isAmong = (
  accounts: ReadonlySet<string>,
  binding: Binding,
  { kind, namespace = binding.namespace, name }: BoundSubject,
): boolean => kind === 'ServiceAccount' && accounts.has(`${namespace}/${name}`);
