import type { AttackPath, Hop } from '../graph/attack/attack-path.ts';
import type { By } from '../result/location.ts';
import type { Sensitivity } from '../result/status.ts';
import type { Problem } from './candidate.ts';

interface Demand {
  readonly key: string;
  readonly cause: By;
  readonly hop: Hop;
}

/** What a path weighs: what it leads to, and how little it asks for. */
const WEIGHT: Readonly<Record<Sensitivity, number>> = { critical: 100, high: 30, medium: 8, low: 2, none: 0 };
const weightOf = ({ asset, cost }: AttackPath): number => WEIGHT[asset.level] / (1 + cost.breaches + cost.requires);

/**
 * Causes in the order in which to mend them, so that few cover all paths: a weighted hitting set. Paths with a single cause leave no choice; what
 * they leave open goes to the cause that covers most of it each time, which is within a logarithm of the best.
 */
export function* chooseProblems(
  paths: readonly AttackPath[],
  demandsOf: (path: AttackPath) => readonly Demand[],
): Iterable<Problem> {
  const problems = new Map<string, { cause: By; hops: Set<Hop>; paths: Set<AttackPath> }>();
  const keys = new Map<AttackPath, ReadonlySet<string>>();
  for (const path of paths) {
    const demands = demandsOf(path);
    keys.set(path, new Set(demands.map(({ key }) => key)));
    for (const { key, cause, hop } of demands) {
      const problem = problems.get(key) ?? { cause, hops: new Set<Hop>(), paths: new Set<AttackPath>() };
      problem.hops.add(hop);
      problem.paths.add(path);
      problems.set(key, problem);
    }
  }
  const weights = new Map([...problems].map(([key, { paths: own }]) => [key, sum([...own].map(weightOf))]));
  const forced = new Set<string>();
  for (const path of paths) {
    const [only, ...others] = keys.get(path) ?? [];
    if (only !== undefined && others.length === 0) forced.add(only);
  }
  const byWeight = (a: string, b: string): number =>
    (weights.get(b) ?? 0) - (weights.get(a) ?? 0) || (a < b ? -1 : a > b ? 1 : 0);
  const rest = [...problems.keys()].filter((key) => !forced.has(key));
  for (const key of [...[...forced].sort(byWeight), ...rest.sort(byWeight)]) {
    const problem = problems.get(key);
    if (problem) yield { cause: problem.cause, hops: [...problem.hops], paths: [...problem.paths] };
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
