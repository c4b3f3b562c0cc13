import type { Facts } from '../graph/facts.ts';
import type { Judged } from './tally.ts';

/** Whether the input tells what leads in from outside. */
export interface GatewayKnowledge {
  /**
   * That nothing leads in is known where the input is said to be complete for gateways, and assumed where it holds some. Absent: it tells
   * nothing about them.
   */
  readonly whenEmpty?: 'known' | 'assumed';
  readonly absent: string;
}

export function gatewayKnowledge(facts: Facts): GatewayKnowledge {
  const { mesh } = facts;
  const isWayIn = (role: string | undefined): boolean => role !== undefined && role !== 'waypoint' && role !== 'egress';
  const holdsSome =
    mesh.workloads.some(({ gateway }) => isWayIn(gateway?.kind)) ||
    mesh.resources.of('Gateway').length > 0 ||
    mesh.resources.of('Ingress').length > 0;
  const whenEmpty = facts.isComplete('gateways') ? 'known' : holdsSome ? 'assumed' : undefined;
  return {
    ...(whenEmpty ? { whenEmpty } : {}),
    absent:
      'gateways with their Services and routes, or `scope: { complete: [gateways] }` in meshproof.yaml if there is none',
  };
}

/** Ways in of kinds that are not modelled: nobody knows yet what they admit. */
export function unmodelledWays({ mesh }: Facts): readonly Judged[] {
  return mesh.resources.unmodelled
    .filter(({ touches }) => touches === 'ingress')
    .map(() => ({ covered: false, status: 'UNKNOWN', assumed: false, sensitive: false, exposed: true }));
}

export const waysUnsettled =
  'the objects that decide the ways in: Services and pods of the gateways, and ingress of kinds that are not modelled';
