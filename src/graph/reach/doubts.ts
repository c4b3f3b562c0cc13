import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import { waypointOf, waypointPolicies } from '../../semantics/ambient/waypoint.ts';
import { isCaptured } from '../../semantics/capture.ts';
import type { Enforcement, EnvoyPolicies } from '../../semantics/enforcement.ts';
import { readsRequests } from '../../semantics/patches/decide-patched.ts';
import { changesOn } from '../../semantics/patches/filters-left.ts';
import { assumptionOf, type ProxyChange } from '../../semantics/patches/proxy-change.ts';
import { waysThrough } from '../ways-through.ts';

/**
 * What the sets of a port take for granted of objects that change its proxies in a way that is not worked out, or whose code may rewrite what
 * policies read: under these a proof holds, and without them nobody knows. Reference §15.9.
 */
export function doubtsAt(enforcement: Enforcement, workload: Workload, port: WorkloadPort): readonly string[] {
  if (!isCaptured(workload, port.port, port.transport).captured) return [];
  const own =
    workload.dataPlane.kind === 'ambient'
      ? []
      : doubtsOf(enforcement.changesAt(workload), enforcement.envoy(workload), port.port);
  const through = waysThrough(enforcement, port).flatMap((via) => {
    const waypoint = workload.dataPlane.kind === 'ambient' ? waypointOf(enforcement, via.service) : undefined;
    if (!waypoint) return [];
    const policies = waypointPolicies(enforcement, { destination: { workload, port: port.port, via } }, waypoint);
    return doubtsOf(enforcement.changesAt(waypoint, via.service), policies, via.port.port);
  });
  return [...new Set([...own, ...through])];
}

function doubtsOf(changes: readonly ProxyChange[], policies: EnvoyPolicies, port: number): readonly string[] {
  if (changes.length === 0) return [];
  return (['http', 'tcp'] as const).flatMap((type) =>
    changesOn(changes, type, port)
      .filter(
        ({ effect }) =>
          effect.kind === 'unclear' || (effect.kind === 'rewrites' && type === 'http' && readsRequests(policies.http)),
      )
      .map(assumptionOf),
  );
}
