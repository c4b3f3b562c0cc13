import TinyQueue from 'tinyqueue';
import type { Workload } from '../../model/inventory/types.ts';
import { actorOf, type AttackGraph } from './attack-graph.ts';
import { callersAt, canUse, canUseFrom } from './can-use.ts';
import { type Foothold, footholdId, type FootholdKey, footholdKey } from './foothold.ts';
import type { Actor, Grant } from './grant.ts';
import { compareCost, costOf, type Edge, headOf, isExcess, type Label, NO_COST } from './label.ts';
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

/** Openings that still lead somewhere new, by how one gets in. Whoever gets somewhere first gets there at the least cost. */
class Openings {
  readonly #graph: AttackGraph;
  readonly #byWorkload = new Map<Workload, Grant[]>();
  readonly #byIdentity = new Map<string, Grant[]>();
  /** For starts that need a breach, and for those that configuration gives. */
  readonly #breached: Pending;
  readonly #given: Pending;

  constructor(graph: AttackGraph) {
    this.#graph = graph;
    const lists: Record<keyof Omit<Pending, 'done' | 'classes'>, Grant[]> = {
      anyone: [],
      anyIdentity: [],
      mostIdentities: [],
    };
    for (const grant of graph.grants) {
      const { who } = grant;
      if (who.kind === 'anyone') lists.anyone.push(grant);
      else if (who.kind === 'any-identity')
        (who.except.size > 0 ? lists.mostIdentities : lists.anyIdentity).push(grant);
      else
        for (const source of who.sources) {
          add(this.#byWorkload, source, grant);
          if (source.identity !== null) add(this.#byIdentity, source.identity, grant);
        }
    }
    const pending = (): Pending => ({ ...lists, done: new Set(), classes: new Set() });
    this.#breached = pending();
    this.#given = pending();
  }

  *from(label: Label): Iterable<Edge> {
    const { at, isFree } = label;
    const { network } = this.#graph;
    const pending = isFree ? this.#given : this.#breached;
    if (at.kind === 'pod-outside-mesh' || at.kind === 'node-network') {
      for (const grant of pending.anyone) if (canUseFrom(grant, at, network)) yield { kind: 'grant', grant };
      return;
    }
    const actor = actorOf(at);
    if (!actor) return;
    const { place, identity, isBorrowed } = actor;
    const own = isBorrowed ? this.#byIdentity.get(identity ?? '') : this.#byWorkload.get(place);
    yield* this.#take(own ?? [], actor, pending.done);
    // The network treats all of a class alike: what the first of it does not get to, no other does.
    const group = network.classOf(place);
    if (isNew(pending.classes, `plaintext ${group}`)) {
      pending.anyone = pending.anyone.filter(({ workload }) => !pending.done.has(workload));
      yield* this.#take(pending.anyone, actor, pending.done);
    }
    if (identity === null) return;
    if (isNew(pending.classes, `mtls ${group}`)) {
      pending.anyIdentity = pending.anyIdentity.filter(({ workload }) => !pending.done.has(workload));
      pending.mostIdentities = pending.mostIdentities.filter(({ workload }) => !pending.done.has(workload));
      yield* this.#take(pending.anyIdentity, actor, pending.done);
    }
    yield* this.#take(pending.mostIdentities, actor, pending.done);
  }

  *#take(grants: readonly Grant[], actor: Actor, done: Set<Workload>): Iterable<Edge> {
    for (const grant of grants) {
      const { workload } = grant;
      if (done.has(workload) || !canUse(grant, actor, this.#graph.network)) continue;
      // A way that asks for a token may be followed by one that asks for nothing.
      if (grant.verdict.outcome === 'allow' && grant.verdict.requires.length === 0) done.add(workload);
      yield { kind: 'grant', grant };
    }
  }
}

interface Pending {
  anyone: readonly Grant[];
  anyIdentity: readonly Grant[];
  /** Those that keep some identities out: every caller is asked about. */
  mostIdentities: readonly Grant[];
  /** Got to, and asking for nothing. */
  readonly done: Set<Workload>;
  /** Classes of places that were through with the openings for everybody. */
  readonly classes: Set<string>;
}

const isNew = (seen: Set<string>, key: string): boolean => {
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
};

function add<Key>(map: Map<Key, Grant[]>, key: Key, grant: Grant): void {
  const list = map.get(key);
  if (list) list.push(grant);
  else map.set(key, [grant]);
}
