import type { Workload } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import type { Entrance } from '../facts.ts';
import type { Foothold } from './foothold.ts';
import type { Grant } from './grant.ts';
import type { Pivot, PivotEdge } from './pivots/pivot.ts';
import type { WantedHop } from './wanted-hops.ts';

/** One step of an attacker. */
export type Edge =
  /** From outside to a gateway's own port, or straight to a workload that is exposed. */
  | {
      readonly kind: 'entrance';
      readonly workload: Workload;
      readonly port: number;
      readonly entrance: Entrance;
      readonly cause?: By;
    }
  /** Through a gateway by one of its routes; with a cause where a token is checked behind it and none is asked for. */
  | {
      readonly kind: 'route';
      readonly gateway: Workload;
      readonly workload: Workload;
      readonly port: number;
      readonly entrance: Entrance;
      readonly cause?: By;
    }
  | { readonly kind: 'wanted'; readonly hop: WantedHop }
  | { readonly kind: 'grant'; readonly grant: Grant }
  | { readonly kind: 'pivot'; readonly pivot: Pivot; readonly edge: PivotEdge };

/** What ranks one way against another, in this order (design §9). */
export interface Cost {
  /** Workloads that excess hops need taken over. */
  readonly breaches: number;
  readonly requires: number;
  /** Gateways among what is taken over: Envoy at the edge is harder to break into than the application behind it. */
  readonly gateways: number;
  /** Wanted calls on the way. */
  readonly depth: number;
  /** Hops whose verdict is not settled. */
  readonly conditional: number;
  readonly hops: number;
}

/** The best way found to a foothold. */
export interface Label {
  readonly at: Foothold;
  /** Some hop so far was excess. */
  readonly hasExcess: boolean;
  /** Configuration alone gives control of it: going on costs no breach. */
  readonly isFree: boolean;
  readonly cost: Cost;
  readonly previous?: Label;
  readonly edge?: Edge;
}

export const NO_COST: Cost = { breaches: 0, requires: 0, gateways: 0, depth: 0, conditional: 0, hops: 0 };

export function compareCost(a: Cost, b: Cost): number {
  return (
    a.breaches - b.breaches ||
    a.requires - b.requires ||
    a.gateways - b.gateways ||
    a.depth - b.depth ||
    a.conditional - b.conditional ||
    a.hops - b.hops
  );
}

/** Whether an edge is more than the business needs. A route is what its gateway is there for, for those whom it is meant for. */
export function isExcess(edge: Edge): boolean {
  switch (edge.kind) {
    case 'wanted':
      return false;
    case 'route':
    case 'entrance':
      return edge.cause !== undefined;
    case 'grant':
    case 'pivot':
      return true;
  }
}

/** Where an edge leads. */
export function headOf(edge: Edge): Foothold {
  switch (edge.kind) {
    case 'entrance':
    case 'route':
      return { kind: 'workload', workload: edge.workload };
    case 'wanted':
      return { kind: 'workload', workload: edge.hop.workload };
    case 'grant':
      return { kind: 'workload', workload: edge.grant.workload };
    case 'pivot':
      return edge.edge.to;
  }
}

/** The cost of going one step further. An excess hop needs its start taken over, unless one starts there or configuration gives it. */
export function costOf(from: Label, edge: Edge): Cost {
  const { cost } = from;
  const excess = isExcess(edge);
  // A client of a gateway needs no control of it.
  const needsControl = excess && edge.kind !== 'route' && !from.isFree;
  const { requires, conditional } = demandsOf(edge);
  return {
    breaches: cost.breaches + (needsControl ? 1 : 0),
    requires: cost.requires + requires,
    gateways: cost.gateways + (needsControl && isGateway(from.at) ? 1 : 0),
    depth: cost.depth + (excess ? 0 : 1),
    conditional: cost.conditional + conditional,
    hops: cost.hops + 1,
  };
}

export const isGateway = (at: Foothold): boolean => at.kind === 'workload' && at.workload.dataPlane.kind === 'gateway';

function demandsOf(edge: Edge): { readonly requires: number; readonly conditional: number } {
  switch (edge.kind) {
    case 'entrance':
    case 'route': {
      const { outcome, requires } = edge.entrance.verdict;
      return { requires: requires.length, conditional: outcome === 'unknown' ? 1 : 0 };
    }
    case 'grant': {
      const { outcome, requires } = edge.grant.verdict;
      return { requires: requires.length, conditional: outcome === 'unknown' ? 1 : 0 };
    }
    case 'pivot':
      return { requires: edge.edge.requires.length, conditional: edge.edge.status === 'UNKNOWN' ? 1 : 0 };
    case 'wanted':
      return { requires: 0, conditional: 0 };
  }
}
