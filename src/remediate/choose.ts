import type { AttackPath, Hop } from '../graph/attack/attack-path.ts';
import type { By } from '../result/location.ts';
import type { Sensitivity } from '../result/status.ts';
import type { Problem } from './candidate.ts';
import { byWorth, hittingSet } from './hitting-set.ts';

interface Demand {
  readonly key: string;
  readonly cause: By;
  readonly hop: Hop;
}

/** What a path weighs: what it leads to, and how little it asks for. */
const WEIGHT: Readonly<Record<Sensitivity, number>> = { critical: 100, high: 30, medium: 8, low: 2, none: 0 };
const weightOf = ({ asset, cost }: AttackPath): number => WEIGHT[asset.level] / (1 + cost.breaches + cost.requires);

/**
 * Causes in the order in which to mend them, so that few cover all paths. Causes that are not among these few come last, for where one of these
 * cannot be mended.
 */
export function* chooseProblems(
  paths: readonly AttackPath[],
  demandsOf: (path: AttackPath) => readonly Demand[],
): Iterable<Problem> {
  const problems = new Map<string, { cause: By; hops: Set<Hop>; paths: Set<AttackPath> }>();
  const wanted = paths.map((path) => {
    const demands = demandsOf(path);
    for (const { key, cause, hop } of demands) {
      const problem = problems.get(key) ?? { cause, hops: new Set<Hop>(), paths: new Set<AttackPath>() };
      problem.hops.add(hop);
      problem.paths.add(path);
      problems.set(key, problem);
    }
    return { keys: new Set(demands.map(({ key }) => key)), weight: weightOf(path) };
  });
  const chosen = hittingSet(wanted);
  const others = new Set(problems.keys());
  for (const key of chosen) others.delete(key);
  for (const key of [...chosen, ...byWorth([...others], wanted)]) {
    const problem = problems.get(key);
    if (problem) yield { cause: problem.cause, hops: [...problem.hops], paths: [...problem.paths] };
  }
}
