import TinyQueue from 'tinyqueue';
import { actorOf, type AttackGraph } from './attack-graph.ts';
import { callersAt } from './can-use.ts';
import { type Foothold, footholdId, type FootholdKey, footholdKey } from './foothold.ts';
import { compareCost, costOf, type Edge, headOf, isExcess, type Label, NO_COST } from './label.ts';
import { Openings } from './openings.ts';
import { tier0Of } from './tier0.ts';

/** More breaches than this are told as a number only (design §9). */
export const MOST_BREACHES = 2;

/** The best ways from one entry to every foothold: by wanted calls alone, and with an excess. */
export interface Reachable {
  readonly entry: Foothold;
  /** By the id of the foothold. */
  readonly wanted: ReadonlyMap<FootholdKey, Label>;
  readonly excess: ReadonlyMap<FootholdKey, Label>;
  /** With an excess, and with control that no breach is needed for. */
  readonly free: ReadonlyMap<FootholdKey, Label>;
  /** In the order in which they were settled: by cost. */
  readonly all: readonly Label[];
  /** All labels of a foothold, cheapest first. */
  at(foothold: Foothold): readonly Label[];
}

/**
 * Dijkstra's algorithm over (foothold, excess so far), with lexicographic costs. An opening for many sources is looked at once for each class
 * of places, so that no pair of workloads is.
 */
export function searchFrom(graph: AttackGraph, entry: Foothold): Reachable {
  const settled = {
    wanted: new Map<FootholdKey, Label>(),
    excess: new Map<FootholdKey, Label>(),
    free: new Map<FootholdKey, Label>(),
  };
  const all: Label[] = [];
  const openings = new Openings(graph);
  let sequence = 0;
  const queue = new TinyQueue<{ readonly label: Label; readonly order: number }>(
    [],
    (a, b) => compareCost(a.label.cost, b.label.cost) || a.order - b.order,
  );
  const push = (label: Label): void => {
    if (label.cost.breaches <= MOST_BREACHES) queue.push({ label, order: sequence++ });
  };
  push({ at: entry, hasExcess: false, isFree: true, cost: NO_COST });
  for (let next = queue.pop(); next; next = queue.pop()) {
    const { label } = next;
    const id = footholdKey(label.at);
    // A dearer way that gives control may save a breach later.
    const known = !label.hasExcess ? settled.wanted : label.isFree ? settled.free : settled.excess;
    if (known.has(id) || settled.free.has(id)) continue;
    known.set(id, label);
    all.push(label);
    if (isTerminal(graph, label.at)) continue;
    for (const edge of edgesFrom(graph, openings, label)) push(follow(label, edge));
  }
  const at = (foothold: Foothold): readonly Label[] => {
    const key = footholdKey(foothold);
    return [settled.wanted, settled.excess, settled.free].flatMap((labels) => labels.get(key) ?? []);
  };
  return { entry, ...settled, all, at };
}

export function follow(from: Label, edge: Edge): Label {
  return {
    at: headOf(edge),
    hasExcess: from.hasExcess || isExcess(edge),
    // RBAC and nodes give control; a request does not.
    isFree: edge.kind === 'pivot' && edge.edge.gives !== 'reach',
    cost: costOf(from, edge),
    previous: from,
    edge,
  };
}

/** Whoever is there has everything: paths end. */
export function isTerminal({ facts }: AttackGraph, foothold: Foothold): boolean {
  if (foothold.kind === 'tier0') return true;
  return foothold.kind === 'workload' && tier0Of(facts.mesh).has(foothold.workload);
}

/** Wanted edges first, so that of two ways that cost the same the wanted one is kept. */
function* edgesFrom(graph: AttackGraph, openings: Openings, label: Label): Iterable<Edge> {
  const { at } = label;
  if (at.kind === 'internet' || at.kind === 'node-network') {
    for (const edge of graph.entrances) if (edge.entrance.entry === at.kind) yield edge;
  }
  if (at.kind === 'workload') {
    // Who came as a client of the gateway goes on by its routes; who controls it does the same as the gateway.
    for (const edge of graph.routes.get(at.workload.id) ?? []) if (isTakenBy(edge, label)) yield edge;
  }
  const actor = actorOf(at);
  if (actor && !isClientOf(label)) {
    for (const caller of callersAt(graph, at)) {
      for (const hop of graph.wanted.of(caller, actor.place)) yield { kind: 'wanted', hop };
    }
  }
  yield* openings.from(label);
  for (const edge of graph.pivots.get(footholdId(at)) ?? []) yield edge;
}

/** Came to a gateway from outside and does not control it: it forwards what its routes say, and nothing else. */
const isClientOf = ({ at, edge }: Label): boolean =>
  edge?.kind === 'entrance' && at.kind === 'workload' && at.workload.dataPlane.kind === 'gateway';

/** A route is taken by those who came to the gateway as its clients. */
export const isTakenBy = ({ entrance }: Extract<Edge, { kind: 'route' }>, { previous }: Label): boolean =>
  previous?.at.kind === entrance.entry;
