import { severityRank } from '../../findings/severity.ts';
import { assetOf } from '../../graph/attack/asset-of.ts';
import type { AttackGraph } from '../../graph/attack/attack-graph.ts';
import type { AttackPath } from '../../graph/attack/attack-path.ts';
import { findBlastRadii } from '../../graph/attack/blast-radius.ts';
import { type ChokePoint, findChokePoints, weigh } from '../../graph/attack/choke-points.ts';
import { type AttackPaths, findAttackPaths } from '../../graph/attack/find-attack-paths.ts';
import { type Foothold, footholdId } from '../../graph/attack/foothold.ts';
import type { Facts } from '../../graph/facts.ts';
import type { AttackSummary, AuditResult } from '../../result/types.ts';
import { SearchLimit } from '../../semantics/algebra/strings/find-word.ts';
import { pathResult } from './path-result.ts';
import { severityOfPath } from './severity-of-path.ts';

/** How many paths a result lists of each kind. */
export interface Budget {
  readonly excess: number;
  readonly inherent: number;
}

const AUDIT_BUDGET: Budget = { excess: 200, inherent: 50 };

export interface AttackOptions {
  readonly entries: readonly Foothold[];
  readonly budget?: Budget;
  readonly variants?: number;
  readonly isAsked?: (path: AttackPath) => boolean;
  /** Where they were looked for already. */
  readonly found?: FoundPaths;
}

/** What a search came to, or why it was given up. */
export type FoundPaths = AttackPaths | { readonly incomplete: string };

export interface AttackResult {
  readonly paths: AuditResult['paths'];
  readonly attack: AttackSummary;
}

/** The attack paths of a mesh; or that the search was given up. */
export function searchPaths(
  facts: Facts,
  { entries, variants = 1 }: Pick<AttackOptions, 'entries' | 'variants'>,
): FoundPaths {
  try {
    return findAttackPaths(facts, { entries, variants });
  } catch (error) {
    if (!(error instanceof SearchLimit)) throw error;
    return { incomplete: error.message };
  }
}

/** The attack paths of a mesh, with what they have in common. Where the search is given up it says so, and lists none. */
export function attackResult(facts: Facts, options: AttackOptions): AttackResult {
  const found = options.found ?? searchPaths(facts, options);
  if (!('incomplete' in found)) return listed(facts, found, options);
  return { paths: [], attack: { ...NOTHING, entries: namesOf(options.entries), incomplete: found.incomplete } };
}

const NOTHING: AttackSummary = {
  entries: [],
  found: { excess: 0, inherent: 0 },
  unlisted: { excess: 0, inherent: 0 },
  deeper: 0,
  blastRadius: [],
  chokePoints: [],
};

function listed(
  facts: Facts,
  { graph, paths: all, deeper }: AttackPaths,
  { entries, budget = AUDIT_BUDGET, isAsked = () => true }: AttackOptions,
): AttackResult {
  const paths = all.filter(isAsked);
  const excess = paths.filter(({ kind }) => kind === 'excess');
  const inherent = paths.filter(({ kind }) => kind === 'inherent');
  const shown = [...excess.slice(0, budget.excess), ...inherent.slice(0, budget.inherent)];
  return {
    paths: shown.map((path, index) => pathResult(facts, path, index + 1)),
    attack: {
      entries: namesOf(entries),
      found: { excess: excess.length, inherent: inherent.length },
      unlisted: {
        excess: Math.max(0, excess.length - budget.excess),
        inherent: Math.max(0, inherent.length - budget.inherent),
      },
      deeper,
      blastRadius: radiiOf(graph),
      chokePoints: findChokePoints(excess).map((point) => chokePointResult(facts, point)),
    },
  };
}

const namesOf = (entries: readonly Foothold[]): readonly string[] =>
  entries.map((entry) => (entry.kind === 'workload' ? entry.workload.id : entry.kind));

const MOST_ASSETS = 10;

function radiiOf(graph: AttackGraph): AttackSummary['blastRadius'] {
  return findBlastRadii(graph).map(({ workload, workloads, excess, assets, pivots }) => ({
    workload: workload.id,
    workloads,
    excess,
    assets: assets.slice(0, MOST_ASSETS).map((asset) => ({
      workload: asset.workload.id,
      level: assetOf(graph.facts, asset.workload).level,
      excess: asset.isExcess,
    })),
    moreAssets: Math.max(0, assets.length - MOST_ASSETS),
    pivots,
  }));
}

function chokePointResult(facts: Facts, point: ChokePoint): AttackSummary['chokePoints'][number] {
  const severities = point.through.map((path) => severityOfPath(facts, path));
  return {
    kind: point.kind,
    ...(point.kind === 'cause' ? { cause: point.cause } : { workload: point.workload.id }),
    paths: weigh(point.through),
    assets: new Set(point.through.map(({ to }) => footholdId(to))).size,
    severity: severities.reduce((worst, each) => (severityRank(each) < severityRank(worst) ? each : worst), 'LOW'),
  };
}
