import { SENSITIVITIES } from '../../result/status.ts';
import type { Workload } from '../../model/inventory/types.ts';
import { groupBy } from '../../util/group-by.ts';
import type { AttackGraph } from './attack-graph.ts';
import { canUse, isAdmitted } from './can-use.ts';
import { assetOf } from './asset-of.ts';
import { isAsset } from './find-grants.ts';
import { footholdId } from './foothold.ts';
import type { Actor, Grant } from './grant.ts';
import type { Edge } from './label.ts';
import { passingTrafficOf } from './passing-traffic.ts';
import { metadata } from './platform-services.ts';
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
 * is looked at; all are ranked by how far they get at most, and what is listed is worked out only for those that may get onto the list.
 */
export function findBlastRadii(graph: AttackGraph, most = 20): readonly BlastRadius[] {
  const common = new CommonReach(graph);
  const ownGrants = ownGrantsOf(graph);
  const ownOf = (workload: Workload): readonly Grant[] => ownGrants.get(workload) ?? [];
  return graph.facts.mesh.workloads
    .filter((workload) => !isTerminal(graph, { kind: 'workload', workload }))
    .map((workload) => ({ workload, key: keyAtMost(graph, workload, common, ownOf(workload)) }))
    .sort(compareKeys)
    .slice(0, most * 2)
    .map(({ workload }) => {
      const radius = radiusOf(graph, workload, common, ownOf(workload));
      return { workload, radius, key: keyOf(graph, radius) };
    })
    .filter(({ radius: { workloads, pivots } }) => workloads > 0 || pivots.length > 0)
    .sort(compareKeys)
    .slice(0, most)
    .map(({ radius }) => radius);
}

/** What ranks a workload: rights over the mesh, then the assets by level, then how many workloads. */
type Key = readonly number[];

/** Levels whose assets are counted. */
const LEVELS = SENSITIVITIES.slice(0, 3);

interface Ranked {
  readonly workload: Workload;
  readonly key: Key;
}

function compareKeys({ workload: a, key: x }: Ranked, { workload: b, key: y }: Ranked): number {
  const differing = x.findIndex((value, i) => value !== y[i]);
  return differing < 0 ? (a.id < b.id ? -1 : 1) : (y[differing] ?? 0) - (x[differing] ?? 0);
}

/** As far as it gets at most: NetworkPolicy is not asked, and wanted calls are taken as they are stated, whether or not they pass. */
function keyAtMost(graph: AttackGraph, workload: Workload, common: CommonReach, own: readonly Grant[]): Key {
  const { facts } = graph;
  const { targets, levels } = common.atMost(workload.identity);
  const counts = [...levels];
  const add = (each: Workload, by: number): void => {
    if (!isAsset(facts, each)) return;
    const level = levelOf(graph, each);
    if (level < counts.length) counts[level] = (counts[level] ?? 0) + by;
  };
  const further = new Set<Workload>(own.map((grant) => grant.workload));
  for (const { to } of facts.wanted.from(workload)) {
    const target = facts.mesh.workloadById.get(to);
    if (target) further.add(target);
  }
  further.delete(workload);
  let total = targets.size;
  if (targets.has(workload)) {
    total--;
    add(workload, -1);
  }
  for (const each of further) {
    if (targets.has(each)) continue;
    total++;
    add(each, 1);
  }
  return [rulesMesh(graph, workload), ...counts, total];
}

function keyOf(graph: AttackGraph, { workload, workloads, assets }: BlastRadius): Key {
  const counts = LEVELS.map((_, level) => count(assets, (each) => levelOf(graph, each.workload) === level));
  return [rulesMesh(graph, workload), ...counts, workloads];
}

const rulesMesh = (graph: AttackGraph, workload: Workload): number =>
  pivotsOf(graph, workload).some(({ edge }) => edge.to.kind === 'tier0') ? 1 : 0;

const pivotsOf = ({ pivots }: AttackGraph, workload: Workload): readonly Extract<Edge, { kind: 'pivot' }>[] =>
  pivots.get(footholdId({ kind: 'workload', workload })) ?? [];

function radiusOf(graph: AttackGraph, workload: Workload, common: CommonReach, own: readonly Grant[]): BlastRadius {
  const actor: Actor = { place: workload, identity: workload.identity, isBorrowed: false };
  const wanted = new Set(graph.wanted.of(workload).map((hop) => hop.workload));
  const base = common.of(actor);
  const further = new Set<Workload>(wanted);
  for (const grant of own) if (canUse(grant, actor, graph.network)) further.add(grant.workload);
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
  return {
    workload,
    workloads: total,
    excess,
    assets: [...assets]
      .sort(([a], [b]) => levelOf(graph, a) - levelOf(graph, b) || (a.id < b.id ? -1 : 1))
      .map(([each, isExcess]) => ({ workload: each, isExcess })),
    pivots: [
      ...new Set(pivotsOf(graph, workload).map(({ edge }) => (edge.to.kind === 'tier0' ? edge.to.name : edge.why))),
      ...besidesOf(graph, workload),
    ],
  };
}

/** What passes through it, if it is a gateway; and what its node gives away, where the cluster is known to run on a cloud. */
function besidesOf({ facts }: AttackGraph, workload: Workload): readonly string[] {
  const passing = passingTrafficOf(facts, workload);
  const credentials = metadata(facts, workload).filter(({ status }) => status === 'INFERRED');
  return [...(passing ? [passing.why] : []), ...credentials.map(({ gives }) => `may ask 169.254.169.254 for ${gives}`)];
}

const levelOf = ({ facts }: AttackGraph, workload: Workload): number =>
  SENSITIVITIES.indexOf(assetOf(facts, workload).level);

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
  /** How many of the assets are of each level. */
  readonly levels: readonly number[];
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

  /** With or without an identity, wherever it is. */
  atMost(identity: Actor['identity']): Common {
    return this.#keep(
      identity === null ? 'anyone' : 'identified',
      ({ who }) => identity !== null || who.kind === 'anyone',
    );
  }

  /** Of the class, not of one place: what the place itself is among them is taken out by whoever counts. */
  of(actor: Actor): Common {
    const { identity } = actor;
    const refused =
      identity === null ? 'none' : this.#open.flatMap(({ who }, i) => (isExcept(who, identity) ? [i] : [])).join();
    return this.#keep(`exact ${this.#graph.network.classOf(actor.place)} ${refused}`, (grant) =>
      isOpenTo(this.#graph, grant, actor),
    );
  }

  #keep(key: string, isOpen: (grant: Grant) => boolean): Common {
    let found = this.#known.get(key);
    if (!found) {
      const targets = new Set(this.#open.filter(isOpen).map(({ workload }) => workload));
      const assets = [...targets].filter((each) => isAsset(this.#graph.facts, each));
      const levels = LEVELS.map((_, level) => count(assets, (each) => levelOf(this.#graph, each) === level));
      found = { targets, assets, levels };
      this.#known.set(key, found);
    }
    return found;
  }
}

const isExcept = (who: Grant['who'], identity: NonNullable<Actor['identity']>): boolean =>
  who.kind === 'any-identity' && who.except.has(identity);

function isOpenTo({ network }: AttackGraph, grant: Grant, actor: Actor): boolean {
  const { who } = grant;
  const { identity, place } = actor;
  if (who.kind === 'any-identity' && (identity === null || who.except.has(identity))) return false;
  return isAdmitted(grant, { kind: 'workload', workload: place }, network);
}
