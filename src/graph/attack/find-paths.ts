import type { Workload, WorkloadId } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import { actorOf, type AttackGraph, causeOf } from './attack-graph.ts';
import { callersAt, canUse, canUseFrom, isAdmitted, isMeant, placeAsked } from './can-use.ts';
import { causeKey } from './cause.ts';
import { isAsset } from './find-grants.ts';
import { type Foothold, footholdId, type FootholdKey, footholdKey } from './foothold.ts';
import type { Grant } from './grant.ts';
import { compareCost, type Edge, headOf, isExcess, isGateway, type Label } from './label.ts';
import { follow, isTakenBy, isTerminal, MOST_BREACHES, type Reachable } from './search.ts';

/** A way from an entry to something that matters, as the edges that it takes. */
export interface Route {
  readonly entry: Foothold;
  /** The last label; the others lead back to the entry. */
  readonly end: Label;
  /** The last excess on it: what has to be changed to close it. Undefined: every hop is wanted. */
  readonly cause: By | undefined;
  /** Further places from which the same excess leads there. */
  readonly others: number;
}

export interface Routes {
  readonly excess: readonly Route[];
  readonly inherent: readonly Route[];
  /** Excesses that need more breaches than are listed, or lie further from an asset. */
  readonly deeper: number;
}

/** Wanted calls behind an excess that are followed to an asset, and assets behind one excess. */
const MOST_ONWARD = 6;
const MOST_ASSETS = 500;

/**
 * For every excess and every asset behind it, the best route; the same excess from places of other depths as `variants` asks. Routes whose last
 * excess is the same object are told apart by their asset only.
 */
export function findRoutes(graph: AttackGraph, reachable: Reachable, variants = 1): Routes {
  const best = new Map<string, Label[]>();
  const others = new Map<string, number>();
  const causes = new Map<string, By>();
  let deeper = 0;
  const consider = (edge: Edge, starts: readonly Label[]): void => {
    const affordable = starts.filter((start) => follow(start, edge).cost.breaches <= MOST_BREACHES);
    const cause = causeOf(edge);
    if (affordable.length === 0 || !cause) {
      if (starts.length > 0) deeper++;
      return;
    }
    const head = headOf(edge);
    const ends = onward(graph, head);
    // Wanted calls lead there anyway: what lies behind it is reached without the excess.
    const isReachedAnyway = reachable.wanted.get(footholdKey(head))?.cost.requires === 0;
    for (const suffix of ends) {
      if (isReachedAnyway && suffix.edges.length > 0) continue;
      // Several rights of one binding come to the same: whoever has one has everything.
      const asset = suffix.asset.startsWith('tier0 ') ? 'tier0' : suffix.asset;
      const key = `${asset}\n${causeKey(cause)}`;
      for (const start of affordable) {
        const label = suffix.edges.reduce((at, step) => follow(at, step), follow(start, edge));
        if (repeats(label)) continue;
        const list = best.get(key) ?? [];
        best.set(key, list);
        causes.set(key, cause);
        others.set(key, (others.get(key) ?? 0) + 1);
        list.push(label);
      }
    }
  };
  const sources = new Sources(graph, reachable);
  for (const edge of graph.entrances) {
    const start = reachable.wanted.get(edge.entrance.entry);
    if (start && isExcess(edge)) consider(edge, [start]);
  }
  for (const edges of graph.routes.values()) {
    for (const edge of edges) {
      const start = reachable.wanted.get(edge.gateway);
      if (start && isExcess(edge) && isTakenBy(edge, start)) consider(edge, [start]);
    }
  }
  for (const grant of graph.grants) consider({ kind: 'grant', grant }, sources.of(grant, variants));
  for (const edges of graph.pivots.values()) {
    for (const edge of edges) consider(edge, reachable.at(edge.edge.from));
  }
  const excess = [...best].flatMap(([key, labels]): readonly Route[] => {
    labels.sort((a, b) => compareCost(a.cost, b.cost));
    const cause = causes.get(key);
    const kept = variants > 1 ? byDepth(labels, variants) : labels.slice(0, 1);
    return kept.map((end, i) => ({
      entry: reachable.entry,
      end,
      cause,
      others: i === 0 ? (others.get(key) ?? 1) - kept.length : 0,
    }));
  });
  return { excess, inherent: inherentRoutes(graph, reachable), deeper };
}

/** Of ways that cost the same in breaches, one of each depth. */
function byDepth(labels: readonly Label[], most: number): readonly Label[] {
  const seen = new Set<string>();
  return labels
    .filter(({ cost }) => {
      const key = `${cost.breaches} ${cost.depth}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .slice(0, most);
}

/** Nobody goes twice through the same place. */
function repeats(end: Label): boolean {
  const seen = new Set<FootholdKey>();
  for (let label: Label | undefined = end; label; label = label.previous) {
    const id = footholdKey(label.at);
    if (seen.has(id)) return true;
    seen.add(id);
  }
  return false;
}

interface Onward {
  readonly asset: string;
  readonly edges: readonly Edge[];
}

const ONWARD = new WeakMap<AttackGraph, Map<string, readonly Onward[]>>();

/** The assets at a foothold and behind it by wanted calls, nearest first. */
function onward(graph: AttackGraph, from: Foothold): readonly Onward[] {
  const known = ONWARD.get(graph) ?? new Map<string, readonly Onward[]>();
  ONWARD.set(graph, known);
  const id = footholdId(from);
  let found = known.get(id);
  if (!found) {
    found = findOnward(graph, from);
    known.set(id, found);
  }
  return found;
}

function findOnward(graph: AttackGraph, from: Foothold): readonly Onward[] {
  if (isTerminal(graph, from)) return [{ asset: footholdId(from), edges: [] }];
  const found: Onward[] = [];
  const start = actorOf(from);
  if (from.kind === 'workload' && isAsset(graph.facts, from.workload))
    found.push({ asset: from.workload.id, edges: [] });
  if (!start) return found;
  const seen = new Set<WorkloadId>(from.kind === 'workload' ? [from.workload.id] : []);
  let front: { readonly callers: readonly Workload[]; readonly place: Workload; readonly edges: readonly Edge[] }[] = [
    { callers: callersAt(graph, from), place: start.place, edges: [] },
  ];
  for (let depth = 0; depth < MOST_ONWARD && front.length > 0 && found.length < MOST_ASSETS; depth++) {
    const next: typeof front = [];
    for (const { callers: from, place, edges } of front) {
      for (const hop of from.flatMap((caller) => graph.wanted.of(caller, depth === 0 ? place : caller))) {
        if (seen.has(hop.workload.id)) continue;
        seen.add(hop.workload.id);
        const way: readonly Edge[] = [...edges, { kind: 'wanted', hop }];
        if (isAsset(graph.facts, hop.workload)) found.push({ asset: hop.workload.id, edges: way });
        next.push({ callers: [hop.workload], place: hop.workload, edges: way });
      }
    }
    front = next;
  }
  return found;
}

/** Assets that wanted calls alone lead to. */
function inherentRoutes({ facts }: AttackGraph, { entry, wanted }: Reachable): readonly Route[] {
  return [...wanted.values()].flatMap((end): readonly Route[] =>
    end.at.kind === 'workload' && end.previous && isAsset(facts, end.at.workload)
      ? [{ entry, end, cause: undefined, others: 0 }]
      : [],
  );
}

/** From where an opening is used at the least cost. */
class Sources {
  readonly #graph: AttackGraph;
  readonly #reachable: Reachable;
  /** The cheapest of each class of places, in order of cost; those that have an identity apart. */
  readonly #classes: Starts;
  readonly #identified: Starts;

  constructor(graph: AttackGraph, reachable: Reachable) {
    this.#graph = graph;
    this.#reachable = reachable;
    const ordered = reachable.all.filter(({ at }) => actorOf(at) !== undefined && !isTerminal(graph, at));
    const identified = ordered.filter(({ at }) => actorOf(at)?.identity !== null);
    this.#classes = new Starts(classesOf(graph, ordered));
    this.#identified = new Starts(classesOf(graph, identified));
  }

  /** The cheapest, and with `most` above one others at other depths. */
  of(grant: Grant, most: number): readonly Label[] {
    const { entry, wanted } = this.#reachable;
    const { network } = this.#graph;
    const found: Label[] = [];
    const first = wanted.get(footholdKey(entry));
    if (first && canUseFrom(grant, entry, network)) found.push(first);
    if (grant.who.kind === 'workloads') {
      const sources = grant.who.sources.flatMap((workload) => this.#reachable.at({ kind: 'workload', workload }));
      return [...found, ...sources.filter((label) => this.#isUsable(grant, label))];
    }
    const starts = grant.who.kind === 'anyone' ? this.#classes : this.#identified;
    for (const label of starts.within(network.admitted.of(placeAsked(grant)))) {
      // A gateway comes early and is the last that one takes over.
      if (found.length >= most && found.some(({ at }) => !isGateway(at))) break;
      const usable = this.#usableOf(grant, starts, label);
      if (usable) found.push(usable);
    }
    return found;
  }

  /** Whoever stands for its class, or where its own call is wanted, the first of the others. */
  #usableOf(grant: Grant, starts: Starts, label: Label): Label | undefined {
    if (this.#isUsable(grant, label)) return label;
    const actor = actorOf(label.at);
    if (!actor || !isMeant(grant, actor)) return undefined;
    const position = { kind: 'workload', workload: actor.place } as const;
    if (!isAdmitted(grant, position, this.#graph.network)) return undefined;
    return starts.classOf(label).find((other) => this.#isUsable(grant, other));
  }

  #isUsable(grant: Grant, { at }: Label): boolean {
    const actor = actorOf(at);
    return actor !== undefined && canUse(grant, actor, this.#graph.network);
  }
}

/** Places to start from, in order of cost; the first of each class stands for it. */
class Starts {
  readonly #all: readonly Label[];
  readonly #classes: ReadonlyMap<Label | undefined, readonly Label[]>;
  /** By namespace, with their numbers in the order; those in the network of their node, which policies of namespaces do not tell apart. */
  readonly #homes = new Map<string, (readonly [number, Label])[]>();
  readonly #onNodes: (readonly [number, Label])[] = [];
  readonly #known = new Map<ReadonlySet<string>, readonly Label[]>();

  constructor(classes: readonly (readonly Label[])[]) {
    this.#classes = new Map(classes.map((labels) => [labels[0], labels]));
    this.#all = classes.flatMap(([first]) => first ?? []);
    for (const numbered of this.#all.entries()) {
      const place = actorOf(numbered[1].at)?.place;
      if (!place) continue;
      const list = place.hostNetwork ? this.#onNodes : (this.#homes.get(place.namespace) ?? []);
      if (!place.hostNetwork) this.#homes.set(place.namespace, list);
      list.push(numbered);
    }
  }

  classOf(first: Label): readonly Label[] {
    return this.#classes.get(first) ?? [];
  }

  /** Those in some namespaces; all where none are given. */
  within(namespaces: ReadonlySet<string> | undefined): readonly Label[] {
    if (!namespaces) return this.#all;
    let found = this.#known.get(namespaces);
    if (!found) {
      const near = [...namespaces].flatMap((namespace) => this.#homes.get(namespace) ?? []);
      found = [...near, ...this.#onNodes].sort(([a], [b]) => a - b).map(([, label]) => label);
      this.#known.set(namespaces, found);
    }
    return found;
  }
}

/** Labels in their order, those that the network does not tell apart and that cost the same together. */
function classesOf({ network }: AttackGraph, labels: readonly Label[]): readonly (readonly Label[])[] {
  const classes = new Map<string, Label[]>();
  for (const label of labels) {
    const actor = actorOf(label.at);
    if (!actor) continue;
    const { cost, isFree } = label;
    const key = `${network.classOf(actor.place)} ${cost.breaches} ${isFree} ${cost.depth}`;
    const known = classes.get(key);
    if (known) known.push(label);
    else classes.set(key, [label]);
  }
  return [...classes.values()];
}
