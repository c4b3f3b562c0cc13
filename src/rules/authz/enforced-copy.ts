import { withPolicies } from '../../graph/apply.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Change } from '../../model/change/change.ts';
import { namespaceKey } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { actionOf } from '../../semantics/authz/compile.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { scopeOf } from '../policy-reach.ts';

export const DRY_RUN = 'istio.io/dry-run';

/** The policy without its dry-run annotation. */
function enforcedCopy(policy: AuthorizationPolicy): AuthorizationPolicy {
  const { [DRY_RUN]: _dryRun, ...annotations } = policy.annotations;
  return { ...policy, annotations };
}

/** The policy is enforced once its annotation is gone; the last one leaves no empty mapping. */
export function enforcing(policy: AuthorizationPolicy): Change {
  const isOnly = Object.keys(policy.annotations).length === 1;
  const path = ['metadata', 'annotations', ...(isOnly ? [] : [DRY_RUN])];
  return { kind: 'edit', resource: policy, edits: [{ op: 'delete', path }] };
}

/** What the mesh enforces once the policy no longer shadows. */
export function whenEnforced(facts: Facts, policy: AuthorizationPolicy): Enforcement {
  const { enforcement, mesh } = facts;
  const everywhere = policy.namespace === enforcement.rootNamespace;
  const near = mesh.workloadsByNamespace.get(namespaceKey(policy.cluster, policy.namespace)) ?? [];
  const scope = everywhere ? undefined : new Set([...scopeOf(facts, near), policy.namespace]);
  return withPolicies(enforcement, { add: [enforcedCopy(policy)] }, scope);
}

/** Only these two can be tried dry. */
export const canBeEnforced = (policy: AuthorizationPolicy): boolean => {
  const action = actionOf(policy);
  return action === 'ALLOW' || action === 'DENY';
};
