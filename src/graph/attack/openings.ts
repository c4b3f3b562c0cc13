import type { Workload } from '../../model/inventory/types.ts';
import { actorOf, type AttackGraph } from './attack-graph.ts';
import { canUse, canUseFrom, isMeant, placeAsked } from './can-use.ts';
import type { Actor, Grant } from './grant.ts';
import { type Edge, isGateway, type Label } from './label.ts';

/** Openings that still lead somewhere new, by how one gets in. Whoever gets somewhere first gets there at the least cost. */
export class Openings {
  readonly #graph: AttackGraph;
  readonly #byWorkload = new Map<Workload, Grant[]>();
  readonly #byIdentity = new Map<string, Grant[]>();
  /** For starts that need a breach, and for those that configuration gives. */
  readonly #breached: Pending;
  readonly #given: Pending;

  constructor(graph: AttackGraph) {
    this.#graph = graph;
    const lists = { anyone: [] as Grant[], anyIdentity: [] as Grant[], mostIdentities: [] as Grant[] };
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
    const pending = (): Pending => ({
      anyone: new ByHome(graph, lists.anyone),
      anyIdentity: new ByHome(graph, lists.anyIdentity),
      mostIdentities: new ByHome(graph, lists.mostIdentities),
      done: new Set(),
      taken: new Set(),
      spared: new Map(),
      classes: new Set(),
    });
    this.#breached = pending();
    this.#given = pending();
  }

  *from(label: Label): Iterable<Edge> {
    const { at, isFree } = label;
    const { network } = this.#graph;
    const pending = isFree ? this.#given : this.#breached;
    if (at.kind === 'pod-outside-mesh' || at.kind === 'node-network') {
      for (const grant of pending.anyone.all) if (canUseFrom(grant, at, network)) yield { kind: 'grant', grant };
      return;
    }
    const actor = actorOf(at);
    if (!actor) return;
    const { place, identity, isBorrowed } = actor;
    const own = isBorrowed ? this.#byIdentity.get(identity ?? '') : this.#byWorkload.get(place);
    yield* this.#take(own ?? [], actor, pending, label);
    // The network treats all of a class alike: what the first of it does not get to, no other does.
    const group = network.classOf(place);
    const left = (grants: ByHome): readonly Grant[] =>
      grants.near(place, (grant) => !pending.done.has(grant.workload) && !pending.taken.has(grant));
    const spared = pending.spared.get(group);
    if (spared && spared.size > 0) yield* this.#take([...spared], actor, pending, label);
    if (isNew(pending.classes, `plaintext ${group}`)) yield* this.#take(left(pending.anyone), actor, pending, label);
    if (identity === null) return;
    if (isNew(pending.classes, `mtls ${group}`)) yield* this.#take(left(pending.anyIdentity), actor, pending, label);
    yield* this.#take(left(pending.mostIdentities), actor, pending, label);
  }

  *#take(
    grants: readonly Grant[],
    actor: Actor,
    { done, taken, spared }: Pending,
    { at, isFree }: Label,
  ): Iterable<Edge> {
    const { network } = this.#graph;
    for (const grant of grants) {
      const { workload } = grant;
      if (done.has(workload) || taken.has(grant)) {
        spared.get(network.classOf(actor.place))?.delete(grant);
        continue;
      }
      if (!canUse(grant, actor, network)) {
        // Others of its class may not be meant.
        if (grant.who.kind !== 'workloads' && isMeant(grant, actor)) spare(spared, network.classOf(actor.place), grant);
        continue;
      }
      // A way that asks for a token may be followed by one that asks for nothing.
      if (grant.verdict.outcome === 'allow' && grant.verdict.requires.length === 0) done.add(workload);
      // By the same opening whoever comes later costs no less, but for a gateway, which is harder to take over than what comes after it.
      if (isFree || !isGateway(at)) taken.add(grant);
      yield { kind: 'grant', grant };
    }
  }
}

interface Pending {
  readonly anyone: ByHome;
  readonly anyIdentity: ByHome;
  /** Those that keep some identities out: every caller is asked about. */
  readonly mostIdentities: ByHome;
  /** Got to, and asking for nothing. */
  readonly done: Set<Workload>;
  /** Openings that were used, at the least cost there is. */
  readonly taken: Set<Grant>;
  /** By class, openings for everybody that its first does not need, since its calls are wanted: each of the others is asked about them. */
  readonly spared: Map<string, Set<Grant>>;
  /** Classes of places that were through with the openings for everybody. */
  readonly classes: Set<string>;
}

/** Openings by the namespaces from which NetworkPolicy may let anybody in to them, so that nobody asks for all that are closed to them. */
class ByHome {
  readonly all: readonly Grant[];
  readonly #place = new Map<Grant, number>();
  #onNodes: readonly Grant[];
  #anywhere: readonly Grant[];
  readonly #homes = new Map<string, readonly Grant[]>();

  constructor({ network }: AttackGraph, grants: readonly Grant[]) {
    this.all = grants;
    this.#onNodes = grants;
    const anywhere: Grant[] = [];
    const homes = new Map<string, Grant[]>();
    for (const [i, grant] of grants.entries()) {
      this.#place.set(grant, i);
      const admitted = network.admitted.of(placeAsked(grant));
      if (!admitted) anywhere.push(grant);
      else for (const home of admitted) add(homes, home, grant);
    }
    this.#anywhere = anywhere;
    this.#homes = homes;
  }

  /** Those that a place may get to, in order; what is not `left` is forgotten. */
  near({ namespace, hostNetwork }: Workload, left: (grant: Grant) => boolean): readonly Grant[] {
    // What runs on the node of a pod gets to it whatever policies say.
    if (hostNetwork) {
      this.#onNodes = this.#onNodes.filter(left);
      return this.#onNodes;
    }
    this.#anywhere = this.#anywhere.filter(left);
    const own = this.#homes.get(namespace)?.filter(left);
    if (!own) return this.#anywhere;
    this.#homes.set(namespace, own);
    return [...this.#anywhere, ...own].sort((a, b) => this.#placeOf(a) - this.#placeOf(b));
  }

  #placeOf(grant: Grant): number {
    return this.#place.get(grant) ?? 0;
  }
}

function spare(spared: Map<string, Set<Grant>>, group: string, grant: Grant): void {
  const own = spared.get(group) ?? new Set();
  spared.set(group, own.add(grant));
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
