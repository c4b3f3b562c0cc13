import type { Workload, WorkloadPort } from '../model/inventory/types.ts';
import { waypointOf } from '../semantics/ambient/waypoint.ts';
import { departFromWaypoint, leadsTo, waypointRoutes } from '../semantics/ambient/waypoint-routes.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import type { Endpoint } from '../semantics/gateway/registry.ts';
import type { Via } from './ways-through.ts';

const KNOWN = new WeakMap<Enforcement, ReadonlyMap<string, readonly Via[]>>();

/** Services that are not those of a port, and whose waypoint sends requests there all the same, by a route. */
export function divertedWays(
  enforcement: Enforcement,
  workload: Workload,
  { port }: Pick<WorkloadPort, 'port'>,
): readonly Via[] {
  // No security policy changes a route.
  const { root } = enforcement;
  const known = KNOWN.get(root) ?? indexDiverted(root);
  KNOWN.set(root, known);
  return known.get(`${workload.id} ${port}`) ?? [];
}

function indexDiverted(enforcement: Enforcement): ReadonlyMap<string, readonly Via[]> {
  const found = new Map<string, Via[]>();
  for (const service of enforcement.mesh.services) {
    const waypoint = waypointOf(enforcement, service);
    if (!waypoint) continue;
    for (const port of service.ports) {
      const via = { service, port };
      for (const endpoint of endpointsBehind(enforcement, waypoint, via)) {
        if (service.workloads.includes(endpoint.workload.id)) continue;
        const key = `${endpoint.workload.id} ${endpoint.port}`;
        const vias = found.get(key);
        if (!vias) found.set(key, [via]);
        else if (!vias.includes(via)) vias.push(via);
      }
    }
  }
  return found;
}

function endpointsBehind(enforcement: Enforcement, waypoint: Workload, via: Via): readonly Endpoint[] {
  const { chain } = via.port;
  const bytes = chain === 'http' ? undefined : departFromWaypoint(enforcement, waypoint, via, {});
  const routes = chain === 'tcp' ? [] : waypointRoutes(enforcement, waypoint, via);
  const targets = [
    ...(bytes?.kind === 'routed' ? bytes.targets : []),
    ...routes.flatMap((route) => leadsTo(enforcement, waypoint, via, route)),
  ];
  return targets.flatMap(({ endpoints }) => endpoints);
}
