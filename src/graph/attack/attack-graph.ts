import type { WorkloadId } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import { groupBy } from '../../util/group-by.ts';
import type { Entrance, Facts } from '../facts.ts';
import { findGrants } from './find-grants.ts';
import { type Foothold, footholdId } from './foothold.ts';
import { gatewayGrants } from './gateway-grants.ts';
import type { Actor, Grant } from './grant.ts';
import type { Edge } from './label.ts';
import { NetworkPlaces } from './network-places.ts';
import type { Pivot, PivotEdge } from './pivots/pivot.ts';
import { PIVOTS } from './pivots/index.ts';
import { tokenlessCause } from './tokenless-cause.ts';
import { WantedHops } from './wanted-hops.ts';

/** All edges of the attack graph, in the form in which they were found: openings for many sources stay one. */
export interface AttackGraph {
  readonly facts: Facts;
  readonly network: NetworkPlaces;
  readonly wanted: WantedHops;
  readonly grants: readonly Grant[];
  /** Ways in from outside, by entry. */
  readonly entrances: readonly Extract<Edge, { kind: 'entrance' }>[];
  /** Routes, by the gateway's workload. */
  readonly routes: ReadonlyMap<WorkloadId, readonly Extract<Edge, { kind: 'route' }>[]>;
  /** Pivots, by the foothold that they start from. */
  readonly pivots: ReadonlyMap<string, readonly Extract<Edge, { kind: 'pivot' }>[]>;
}

/** @throws {SearchLimit} when a search over requests was given up. */
export function buildAttackGraph(facts: Facts): AttackGraph {
  const network = new NetworkPlaces(facts.enforcement);
  const pivots = PIVOTS.flatMap((pivot: Pivot) =>
    [...pivot.find(facts)].map((edge: PivotEdge) => ({ kind: 'pivot', pivot, edge }) as const),
  );
  const { entrances, routes } = findEntryEdges(facts);
  const direct = [...findGrants(facts)];
  return {
    facts,
    network,
    wanted: new WantedHops(facts, network),
    // Where one gets to by oneself no gateway has to be asked: these come last.
    grants: [...direct, ...gatewayGrants(facts, direct)],
    entrances,
    routes: groupBy(routes, ({ gateway }) => gateway.id),
    pivots: groupBy(pivots, ({ edge }) => footholdId(edge.from)),
  };
}

function findEntryEdges(facts: Facts): {
  readonly entrances: readonly Extract<Edge, { kind: 'entrance' }>[];
  readonly routes: readonly Extract<Edge, { kind: 'route' }>[];
} {
  const { mesh, entrances, wanted } = facts;
  const found: Extract<Edge, { kind: 'entrance' }>[] = [];
  const routes: Extract<Edge, { kind: 'route' }>[] = [];
  for (const workload of mesh.workloads) {
    const isGateway = workload.dataPlane.kind === 'gateway';
    for (const own of workload.ports) {
      const { port } = own;
      for (const entrance of best(entrances.of(workload, port))) {
        const { gateway } = entrance;
        if (gateway) {
          const cause = tokenlessCause(facts, workload, own, entrance);
          routes.push({ kind: 'route', gateway, workload, port, entrance, ...(cause ? { cause } : {}) });
        } else {
          const isWanted =
            isGateway || wanted.to(workload).some((flow) => flow.from === 'internet' && (flow.port ?? port) === port);
          const cause = isWanted ? undefined : (entrance.by ?? undefined);
          found.push({ kind: 'entrance', workload, port, entrance, ...(cause ? { cause } : {}) });
        }
      }
    }
  }
  return { entrances: found, routes };
}

/** Of several entrances from the same place through the same gateway, the one that asks least. */
function best(entrances: readonly Entrance[]): readonly Entrance[] {
  const found = new Map<string, Entrance>();
  for (const entrance of entrances) {
    if (entrance.verdict.outcome === 'deny') continue;
    const key = `${entrance.entry} ${entrance.gateway?.id ?? ''}`;
    const known = found.get(key);
    if (!known || demand(entrance) < demand(known)) found.set(key, entrance);
  }
  return [...found.values()];
}

const demand = ({ verdict }: Entrance): number => verdict.requires.length + (verdict.outcome === 'unknown' ? 100 : 0);

/** Who acts from a foothold by way of the mesh; undefined where nobody can. */
export function actorOf(foothold: Foothold): Actor | undefined {
  switch (foothold.kind) {
    case 'workload':
      return { place: foothold.workload, identity: foothold.workload.identity, isBorrowed: false };
    case 'identity':
      return { place: foothold.from, identity: foothold.principal, isBorrowed: true };
    default:
      return undefined;
  }
}

/** The object that a path's hop is about to change; undefined for wanted hops. */
export function causeOf(edge: Edge): By | undefined {
  switch (edge.kind) {
    case 'route':
    case 'entrance':
      return edge.cause;
    case 'grant':
      return edge.grant.cause;
    case 'pivot':
      return edge.edge.cause;
    default:
      return undefined;
  }
}
