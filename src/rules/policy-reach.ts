import type { Facts } from '../graph/facts.ts';
import { namespaceKey, type Workload } from '../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../model/istio/authorization-policy.ts';
import { waypointOf } from '../semantics/ambient/waypoint.ts';

/** Namespaces whose policies the answers rest on, those of waypoints included. */
export function scopeOf({ enforcement, mesh }: Facts, workloads: readonly Workload[]): ReadonlySet<string> {
  const scope = new Set(workloads.map(({ namespace }) => namespace));
  for (const { services, dataPlane } of workloads) {
    if (dataPlane.kind !== 'ambient') continue;
    for (const id of services) {
      const service = mesh.serviceById.get(id);
      const waypoint = service && waypointOf(enforcement, service);
      if (waypoint) scope.add(waypoint.namespace);
    }
  }
  return scope;
}

/** Workloads whose own proxy enforces the policy. */
export function attachedTo({ mesh, enforcement }: Facts, policy: AuthorizationPolicy): readonly Workload[] {
  const everywhere = policy.namespace === enforcement.rootNamespace;
  const near = everywhere
    ? mesh.workloads
    : (mesh.workloadsByNamespace.get(namespaceKey(policy.cluster, policy.namespace)) ?? []);
  return near.filter((workload) => {
    if (workload.dataPlane.kind === 'none' || workload.gateway?.kind === 'waypoint') return false;
    const { considered } =
      workload.dataPlane.kind === 'ambient'
        ? enforcement.ztunnel(workload)
        : { considered: enforcement.envoy(workload).authorization };
    return considered.includes(policy);
  });
}
