import type { Facts } from '../graph/facts.ts';
import type { Judged } from './tally.ts';

/** Whether the input tells what leads in from outside. */
export interface GatewayKnowledge {
  /** Gateways are in the input, or it is said to be complete for them: that nothing leads in is then a fact. */
  readonly known: boolean;
  /** What to add where they are not. */
  readonly missing: string;
}

export function gatewayKnowledge(facts: Facts): GatewayKnowledge {
  const { mesh } = facts;
  const isWayIn = (role: string | undefined): boolean => role !== undefined && role !== 'waypoint' && role !== 'egress';
  const known =
    facts.isComplete('gateways') ||
    mesh.workloads.some(({ gateway }) => isWayIn(gateway?.kind)) ||
    mesh.resources.of('Gateway').length > 0 ||
    mesh.resources.of('Ingress').length > 0;
  return {
    known,
    missing: 'gateways, their Services and routes; say `scope: { complete: [gateways] }` if there is none',
  };
}

/** Ways in of kinds that are not modelled: nobody knows yet what they admit. */
export function unmodelledWays({ mesh }: Facts): readonly Judged[] {
  return mesh.resources.unmodelled
    .filter(({ touches }) => touches === 'ingress')
    .map(() => ({ covered: false, status: 'UNKNOWN', assumed: false, sensitive: false, exposed: true }));
}
