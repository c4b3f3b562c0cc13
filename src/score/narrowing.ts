import type { Completeness, Facts } from '../graph/facts.ts';
import { dimensionMethod } from '../result/method.ts';
import { rateDimensions } from './dimensions.ts';
import { type Population, populationOf } from './population.ts';
import { type Severe, scoreOf } from './score.ts';

/** What an open question is about: whether something is in the cluster that the input lacks, or what some workloads are. */
export type Unsettled = { readonly complete: Completeness } | { readonly workloads: ReadonlySet<string> };

/**
 * By how many points the band of the configured score would at least become narrower if a question were settled, whichever way: that there is
 * nothing beyond the input, or that the workloads turned out good, or bad.
 */
export function narrowing(facts: Facts, findings: readonly Severe[]): (question: Unsettled) => number {
  const population = populationOf(facts);
  const width = (of: Population, good?: ReadonlySet<string>): number => {
    const accepted = good && new Map(dimensionMethod.map(({ id }) => [id, good]));
    const { low, high } = scoreOf(rateDimensions(of, accepted ? { accepted } : {}), findings).configured;
    return high - low;
  };
  const now = width(population);
  return (question) => {
    if (now === 0) return 0;
    const widths =
      'complete' in question
        ? [width(populationOf(knowing(facts, question.complete)))]
        : [width({ ...population, settled: question.workloads }), width(population, question.workloads)];
    return Math.max(0, Math.round((now - Math.max(...widths)) * 10) / 10);
  };
}

/** The same facts where the input is complete for one thing more. */
function knowing(facts: Facts, known: Completeness): Facts {
  const isComplete = (question: Completeness): boolean => question === known || facts.isComplete(question);
  return Object.create(facts, { isComplete: { value: isComplete } });
}
