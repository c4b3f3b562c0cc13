import { dimensionMethod, highestRating, scoreLimits } from '../result/method.ts';
import type { AuditResult, Finding } from '../result/types.ts';
import type { RatedDimension } from './rate.ts';

export type Score = AuditResult['score'];
type Figure = Score['configured'];
/** What of a finding counts here. */
export type Severe = Pick<Finding, 'id' | 'severity'>;

/**
 * Both figures with their bands. Whether a finding was accepted makes no difference: exceptions never change the headline.
 *
 * `cappedBy` names what holds a figure, or an end of its band, at the cap for open CRITICAL findings.
 */
export function scoreOf(rated: readonly RatedDimension[], findings: readonly Severe[]): Score {
  const critical = findings.filter(({ severity }) => severity === 'CRITICAL');
  const unknown = rated.filter(({ dimension }) => dimension.status === 'UNKNOWN').length;
  const isAvailable = unknown < scoreLimits.unknownDimensions;
  const uncapped = {
    proven: figureOf(rated, ({ dimension, proven }) => ({ value: dimension.rating, ...proven })),
    configured: figureOf(rated, ({ dimension, configured }) => ({ ...configured, value: dimension.configured })),
  };
  const limit = critical.length > 0 ? scoreLimits.openCritical : Number.POSITIVE_INFINITY;
  const finish = ({ value, low, high }: Ratings): Figure => ({
    value: isAvailable ? Math.min(value, limit) : null,
    low: Math.min(low, limit),
    high: Math.min(high, limit),
  });
  const isCapped = [uncapped.proven, uncapped.configured].some(({ high }) => high > limit);
  return {
    ...finish(uncapped.proven),
    ...(isCapped ? { cappedBy: [...new Set(critical.map(({ id }) => id))].sort() } : {}),
    configured: finish(uncapped.configured),
  };
}

interface Ratings {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Σ rating / 5 × weight */
function figureOf(rated: readonly RatedDimension[], ratingsOf: (each: RatedDimension) => Ratings): Ratings {
  const sum = (pick: (ratings: Ratings) => number): number =>
    rated.reduce((total, each) => total + (pick(ratingsOf(each)) / highestRating) * weightOf(each), 0);
  return {
    value: round(sum(({ value }) => value)),
    low: round(sum(({ low }) => low)),
    high: round(sum(({ high }) => high)),
  };
}

const weightOf = ({ dimension }: RatedDimension): number =>
  dimensionMethod.find(({ id }) => id === dimension.id)?.weight ?? 0;

/** To one decimal: sums of shares are not exact in binary. */
const round = (value: number): number => Math.round(value * 10) / 10;
