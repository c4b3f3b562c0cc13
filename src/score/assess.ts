import type { Facts } from '../graph/facts.ts';
import type { AuditResult, Dimension, Finding } from '../result/types.ts';
import type { Rule } from '../rules/rule.ts';
import { scoreWithExceptions } from './accepted.ts';
import { confidenceOf } from './confidence.ts';
import { rateDimensions, type RatingOptions } from './dimensions.ts';
import { maturityOf } from './maturity.ts';
import type { Observed } from './open-questions.ts';
import { populationOf } from './population.ts';
import { scoreOf } from './score.ts';
import { areTested } from './traffic-tests.ts';
import { verdictOf } from './verdict.ts';

export interface Assessment extends Pick<AuditResult, 'verdict' | 'verdictWhy' | 'score' | 'maturity' | 'confidence'> {
  readonly dimensions: readonly Dimension[];
}

export interface AssessmentOptions {
  /** What accepted findings belong to; without it they still count as uncovered in the score with accepted risks. */
  readonly rules?: readonly Pick<Rule, 'meta'>[];
  readonly observed?: Observed;
  readonly tested?: NonNullable<RatingOptions['tested']>;
  /** Workloads that critical paths end at. */
  readonly criticalTargets?: ReadonlySet<string>;
}

/** Everything that the method concludes from facts and findings: dimensions, both scores, confidence, maturity, verdict. */
export function assess(
  facts: Facts,
  findings: readonly Finding[],
  { rules = [], observed: seen = {}, tested, criticalTargets = new Set() }: AssessmentOptions = {},
): Assessment {
  const options = tested ? { tested } : {};
  const population = populationOf(facts);
  const observed: Observed = { tested: areTested(population, criticalTargets), ...seen };
  const rated = rateDimensions(population, options);
  const score = scoreOf(rated, findings);
  const confidence = confidenceOf(population, findings, observed);
  const metas = rules.map(({ meta }) => meta);
  const withExceptions = scoreWithExceptions(population, findings, metas, options);
  return {
    ...verdictOf(score, confidence.value, findings),
    score: { ...score, ...(withExceptions === undefined ? {} : { withExceptions }) },
    maturity: maturityOf(population, findings, rated, observed),
    confidence,
    dimensions: rated.map(({ dimension }) => dimension),
  };
}
