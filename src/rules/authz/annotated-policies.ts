import { waysThrough } from '../../graph/ways-through.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { hasTarget } from '../../semantics/ambient/convert-policy.ts';
import { waypointOf, waypointPolicies } from '../../semantics/ambient/waypoint.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { DRY_RUN } from './enforced-copy.ts';

/** Policies with the annotation that a workload's proxy, or the waypoint of its services, would enforce. */
export function annotatedAt(enforcement: Enforcement, workload: Workload): readonly AuthorizationPolicy[] {
  const { kind } = workload.dataPlane;
  if (kind === 'none') return [];
  const found = new Set<AuthorizationPolicy>();
  const add = (policies: readonly AuthorizationPolicy[]): void => {
    for (const policy of policies) if (Object.hasOwn(policy.annotations, DRY_RUN)) found.add(policy);
  };
  if (kind !== 'ambient') add(enforcement.envoy(workload).authorization);
  else {
    add(enforcement.ztunnel(workload).considered.filter((policy) => !hasTarget(policy)));
    for (const port of workload.ports) {
      for (const via of waysThrough(enforcement, port)) {
        const waypoint = waypointOf(enforcement, via.service);
        if (waypoint)
          add(
            waypointPolicies(enforcement, { destination: { workload, port: port.port, via } }, waypoint).authorization,
          );
      }
    }
  }
  return [...found];
}
