import { SENSITIVITIES } from '../../result/status.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { groupBy } from '../../util/group-by.ts';
import type { AttackGraph } from './attack-graph.ts';
import { canUse } from './can-use.ts';
import { assetOf } from './asset-of.ts';
import { isAsset } from './find-grants.ts';
import { footholdId } from './foothold.ts';
import type { Actor, Grant } from './grant.ts';
import { isTerminal } from './search.ts';

/** How far somebody gets in one step who controls a workload. */
export interface BlastRadius {
  readonly workload: Workload;
  /** Workloads that it may send requests to. */
  readonly workloads: number;
  /** Among these more than wanted traffic needs. */
  readonly excess: number;
  /** Worst first. */
  readonly assets: readonly { readonly workload: Workload; readonly isExcess: boolean }[];
  /** What its rights and its node give besides, one clause each. */
  readonly pivots: readonly string[];
}

/**
 * The workloads whose takeover costs most. What everybody may reach is worked out once for each class of places, so that no pair of workloads
 * is looked at; wanted calls are decided only for those that may get onto the list.
 */
export function findBlastRadii(graph: AttackGraph, most = 20): readonly BlastRadius[] {
  const common = new CommonReach(graph);
  const ownGrants = ownGrantsOf(graph);
  const reachOf = (workload: Workload, wanted: ReadonlySet<Workload>, precision: Precision): BlastRadius =>
    radiusOf(graph, workload, { wanted, common, own: ownGrants.get(workload) ?? [], precision });
  return graph.facts.mesh.workloads
    .filter((workload) => !isTerminal(graph, { kind: 'workload', workload }))
    .map((workload) => reachOf(workload, statedTargets(graph, workload), 'at most'))
    .sort(compareRadii(graph))
    .slice(0, most * 2)
    .map(({ workload }) => reachOf(workload, new Set(graph.wanted.of(workload).map((hop) => hop.workload)), 'exact'))
    .filter(({ workloads, pivots }) => workloads > 0 || pivots.length > 0)
    .sort(compareRadii(graph))
    .slice(0, most);
}

/** Wanted destinations as they are stated, whether or not the call passes. */
function statedTargets({ facts }: AttackGraph, workload: Workload): ReadonlySet<Workload> {
  return new Set(facts.wanted.from(workload).flatMap(({ to }) => facts.mesh.workloadById.get(to) ?? []));
}

interface Reached {
  readonly wanted: ReadonlySet<Workload>;
  readonly common: CommonReach;
  readonly own: readonly Grant[];
  readonly precision: Precision;
}

/** NetworkPolicy is asked only about those that may get onto the list. */
type Precision = 'at most' | 'exact';

function radiusOf(graph: AttackGraph, workload: Workload, { wanted, common, own, precision }: Reached): BlastRadius {
  const actor: Actor = { place: workload, identity: workload.identity, isBorrowed: false };
  const base = common.of(actor, precision);
  const further = new Set<Workload>(wanted);
  for (const grant of own)
    if (precision === 'at most' || canUse(grant, actor, graph.network)) further.add(grant.workload);
  further.delete(workload);
  let total = base.targets.size - (base.targets.has(workload) ? 1 : 0);
  let excess = total;
  const assets = new Map(base.assets.filter((each) => each !== workload).map((each) => [each, !wanted.has(each)]));
  for (const each of further) {
    const isWanted = wanted.has(each);
    if (base.targets.has(each)) {
      if (isWanted) excess--;
      continue;
    }
    total++;
    if (!isWanted) excess++;
    if (isAsset(graph.facts, each)) assets.set(each, !isWanted);
  }
  const pivots = graph.pivots.get(footholdId({ kind: 'workload', workload })) ?? [];
  return {
    workload,
    workloads: total,
    excess,
    assets: [...assets]
      .sort(([a], [b]) => levelOf(graph, a) - levelOf(graph, b) || (a.id < b.id ? -1 : 1))
      .map(([each, isExcess]) => ({ workload: each, isExcess })),
    pivots: [...new Set(pivots.map(({ edge }) => (edge.to.kind === 'tier0' ? edge.to.name : edge.why)))],
  };
}

const levelOf = ({ facts }: AttackGraph, workload: Workload): number =>
  SENSITIVITIES.indexOf(assetOf(facts, workload).level);

/** Rights over the mesh first, then the assets by level, then how many workloads. */
function compareRadii(graph: AttackGraph): (a: BlastRadius, b: BlastRadius) => number {
  const known = new Map<BlastRadius, readonly number[]>();
  const keyOf = (radius: BlastRadius): readonly number[] => {
    let key = known.get(radius);
    if (!key) {
      const pivots = graph.pivots.get(footholdId({ kind: 'workload', workload: radius.workload })) ?? [];
      const counts = SENSITIVITIES.slice(0, 3).map((_, level) =>
        count(radius.assets, (each) => levelOf(graph, each.workload) === level),
      );
      key = [count(pivots, ({ edge }) => edge.to.kind === 'tier0') > 0 ? 1 : 0, ...counts, radius.workloads];
      known.set(radius, key);
    }
    return key;
  };
  return (a, b) => {
    const x = keyOf(a);
    const y = keyOf(b);
    const differing = x.findIndex((value, i) => value !== y[i]);
    return differing < 0 ? (a.workload.id < b.workload.id ? -1 : 1) : (y[differing] ?? 0) - (x[differing] ?? 0);
  };
}

const count = <T>(items: readonly T[], is: (item: T) => boolean): number =>
  items.reduce((sum, item) => sum + (is(item) ? 1 : 0), 0);

function ownGrantsOf({ grants }: AttackGraph): ReadonlyMap<Workload, readonly Grant[]> {
  const pairs = grants.flatMap((grant) =>
    grant.who.kind === 'workloads' ? grant.who.sources.map((source) => ({ source, grant })) : [],
  );
  return new Map(
    [...groupBy(pairs, ({ source }) => source)].map(([source, own]) => [source, own.map(({ grant }) => grant)]),
  );
}

interface Common {
  readonly targets: ReadonlySet<Workload>;
  readonly assets: readonly Workload[];
}

/** What openings for everybody, or for every identity, come to in a class of places. */
class CommonReach {
  readonly #graph: AttackGraph;
  readonly #open: readonly Grant[];
  readonly #known = new Map<string, Common>();

  constructor(graph: AttackGraph) {
    this.#graph = graph;
    this.#open = graph.grants.filter(({ who }) => who.kind !== 'workloads');
  }

  of(actor: Actor, precision: Precision): Common {
    const { identity } = actor;
    if (precision === 'at most')
      return this.#keep(
        identity === null ? 'anyone' : 'identified',
        ({ who }) => identity !== null || who.kind === 'anyone',
      );
    const refused =
      identity === null ? 'none' : this.#open.flatMap(({ who }, i) => (isExcept(who, identity) ? [i] : [])).join();
    // Of the class, not of one place: what the place itself is among them is taken out by whoever counts.
    return this.#keep(`exact ${this.#graph.network.classOf(actor.place)} ${refused}`, (grant) =>
      isOpenTo(this.#graph, grant, actor),
    );
  }

  #keep(key: string, isOpen: (grant: Grant) => boolean): Common {
    let found = this.#known.get(key);
    if (!found) {
      const targets = new Set(this.#open.filter(isOpen).map(({ workload }) => workload));
      found = { targets, assets: [...targets].filter((each) => isAsset(this.#graph.facts, each)) };
      this.#known.set(key, found);
    }
    return found;
  }
}

const isExcept = (who: Grant['who'], identity: NonNullable<Actor['identity']>): boolean =>
  who.kind === 'any-identity' && who.except.has(identity);

function isOpenTo(
  { network }: AttackGraph,
  { who, workload, port, region }: Grant,
  { place, identity }: Actor,
): boolean {
  if (who.kind === 'any-identity' && (identity === null || who.except.has(identity))) return false;
  return network.admits({ kind: 'workload', workload: place }, workload, port, region.transport) !== 'deny';
}
