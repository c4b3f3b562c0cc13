import type { Facts } from '../../graph/facts.ts';
import { namespaceKey, type Workload } from '../../model/inventory/types.ts';
import { actionOf } from '../../semantics/authz/compile.ts';
import { isDryRun } from '../../semantics/authz/dry-run.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { hasSelector, targetsOf } from '../../semantics/policy-index.ts';
import type { Manifest } from '../../model/change/manifest.ts';

/** An enforced ALLOW policy without selector stands in the namespace, or in the root namespace, so that nothing is open by default. */
export function hasDefaultDeny({ policies, rootNamespace }: Enforcement, cluster: string, namespace: string): boolean {
  return [namespace, rootNamespace].some((place) =>
    policies.authorization
      .selecting(cluster, place, {})
      .some(
        (policy) =>
          actionOf(policy) === 'ALLOW' &&
          !isDryRun(policy) &&
          !hasSelector(policy.spec) &&
          targetsOf(policy.spec).length === 0,
      ),
  );
}

/** ALLOW without rules: what no other ALLOW admits is refused (reference §2.1). */
export function defaultDeny({ mesh }: Facts, namespace: string, cluster: string): Manifest {
  const taken = (name: string): boolean =>
    mesh.resources.find('AuthorizationPolicy', namespace, name, cluster) !== undefined;
  const name =
    ['default-deny', 'default-deny-all', 'meshproof-default-deny'].find((candidate) => !taken(candidate)) ??
    'meshproof-default-deny';
  return { apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata: { name, namespace }, spec: {} };
}

/** Workloads of a namespace that a first default deny closes: those that no ALLOW policy applies to today, gateways among them. */
export function closedByDefault({ mesh, enforcement }: Facts, namespace: string, cluster: string): readonly Workload[] {
  const own = mesh.workloadsByNamespace.get(namespaceKey(cluster, namespace)) ?? [];
  return own.filter((workload) => {
    if (workload.dataPlane.kind === 'none' || workload.gateway?.kind === 'waypoint') return false;
    const attached =
      workload.dataPlane.kind === 'ambient'
        ? enforcement.ztunnel(workload).considered
        : enforcement.envoy(workload).authorization;
    return !attached.some((policy) => actionOf(policy) === 'ALLOW' && !isDryRun(policy));
  });
}
