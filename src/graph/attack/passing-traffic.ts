import type { Workload } from '../../model/inventory/types.ts';
import { waypointOf } from '../../semantics/ambient/waypoint.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Facts } from '../facts.ts';

/** What control of a gateway or waypoint shows and lets change, besides its own identity. */
export interface PassingTraffic {
  /** Workloads whose requests it sees in plaintext, since it ends TLS for them; sorted. */
  readonly sees: readonly Workload['id'][];
  /** Issuers of the users' tokens among these requests, which whoever holds the gateway can use again. */
  readonly tokensOf: readonly string[];
  /** One sentence; for people only. */
  readonly why: string;
}

/** Undefined for what is neither, and for gateways through which nothing passes. */
export function passingTrafficOf(
  { mesh, enforcement, entrances }: Facts,
  gateway: Workload,
): PassingTraffic | undefined {
  if (gateway.dataPlane.kind !== 'gateway') return undefined;
  const targets =
    gateway.gateway?.kind === 'waypoint'
      ? mesh.workloads.filter((each) => waypointsBefore(enforcement, each).includes(gateway))
      : mesh.workloads.filter((each) =>
          each.ports.some(({ port }) =>
            [...entrances.of(each, port), ...entrances.inside(each, port)].some(
              ({ gateway: outer, through = [], request }) =>
                (outer === gateway || through.some((passed) => passed.gateway === gateway)) &&
                request.http !== undefined,
            ),
          ),
        );
  if (targets.length === 0) return undefined;
  const providers = [gateway, ...targets].flatMap((each) => enforcement.envoy(each).providers);
  const tokensOf = [...new Set(providers.flatMap(({ rule }) => rule.issuer ?? []))].sort();
  const tokens = tokensOf.length > 0 ? `, with tokens of ${tokensOf.join(', ')}` : '';
  const sees = targets.map(({ id }) => id).sort();
  const whom = sees.length === 1 ? sees[0] : `${sees.length} workloads`;
  return { sees, tokensOf, why: `${gateway.id} sees in plaintext what passes to ${whom}${tokens}` };
}

/** Waypoints that requests to a workload, or to one of its services, are led through. */
export function waypointsBefore(enforcement: Enforcement, workload: Workload): readonly Workload[] {
  if (workload.dataPlane.kind === 'gateway') return [];
  const services = workload.services.flatMap((id) => enforcement.mesh.serviceById.get(id) ?? []);
  return [...new Set([workload, ...services].flatMap((target) => waypointOf(enforcement, target) ?? []))];
}
