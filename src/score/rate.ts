import { dimensionMethod, highestRating, scoreLimits } from '../result/method.ts';
import type { EvidenceStatus } from '../result/status.ts';
import type { Dimension, DimensionId } from '../result/types.ts';
import type { Measure } from './measure.ts';
import { type Figure, figureName, figuresOf } from './figure.ts';
import { describeNext } from './next-rung.ts';
import { rungOf } from './rung.ts';
import type { Count } from './tally.ts';

/** A dimension with what its ratings would be if everything that is unknown turned out bad, or good. */
export interface RatedDimension {
  readonly dimension: Dimension;
  readonly configured: { readonly low: number; readonly high: number };
  readonly proven: { readonly low: number; readonly high: number };
}

/**
 * Rates a dimension: the lowest rung of all its measures, each over all subjects, over those of critical and high assets, and over exposed ones.
 * `tested`: positive and negative tests cover it.
 */
export function rateDimension(id: DimensionId, measures: readonly Measure[], tested = false): RatedDimension {
  const figures = measures.flatMap(figuresOf);
  const weight = dimensionMethod.find((each) => each.id === id)?.weight ?? 0;
  const status = statusOf(measures, figures);
  const unknown = status === 'UNKNOWN';
  const lowest = (pick: (count: Count) => number): number =>
    Math.min(...figures.map(({ count }) => rungOf(pick(count), count.of, tested)), satisfiedRating(tested));
  const configured = unknown ? 0 : lowest(({ have }) => have);
  const rating = proven(configured, status);
  const assumesEmpty = figures.length === 0 && !measures.some(({ whenEmpty }) => whenEmpty === 'known');
  const low = unknown || assumesEmpty ? 0 : lowest((count) => count.low);
  const high = unknown ? highestRating : lowest((count) => count.high);
  return {
    dimension: {
      id,
      weight,
      rating,
      configured,
      weighted: (rating / highestRating) * weight,
      status,
      coverage: figures.flatMap(coverageOf).concat(measures.filter(isSatisfiedEmpty).map(emptyCoverage)),
      next: describeNext({ status, rating, configured, figures, measures, tested }),
    },
    configured: { low, high },
    proven: { low: proven(low, status), high: unknown ? highestRating : proven(high, status) },
  };
}

const proven = (rating: number, status: EvidenceStatus): number =>
  status === 'VERIFIED' ? rating : Math.min(rating, scoreLimits.unverifiedRating);

/** What full coverage comes to. */
const satisfiedRating = (tested: boolean): number => rungOf(1, 1, tested);

/**
 * UNKNOWN: nothing to go by, or most of a measure is unknown. VERIFIED: every subject is. What is covered has no say in it, so that a fix never
 * turns a rating into UNKNOWN.
 */
function statusOf(measures: readonly Measure[], figures: readonly Figure[]): EvidenceStatus {
  if (figures.length === 0) return measures.some(isSatisfiedEmpty) ? 'INFERRED' : 'UNKNOWN';
  const counted = measures.map(({ tally }) => tally).filter(({ counts }) => counts.all.of > 0);
  const mostlyUnknown = counted.some(({ counts: { all } }) => all.unknown / all.of > scoreLimits.unknownShare);
  if (mostlyUnknown) return 'UNKNOWN';
  return counted.every(({ verified, counts }) => verified === counts.all.of) ? 'VERIFIED' : 'INFERRED';
}

const isSatisfiedEmpty = ({ tally, whenEmpty }: Measure): boolean =>
  tally.counts.all.of === 0 && whenEmpty !== undefined;

/** A narrower scope that holds the same subjects says nothing new. */
function coverageOf(figure: Figure): Dimension['coverage'][number][] {
  const { measure, scope, count } = figure;
  if (scope !== 'all' && count.of === measure.tally.counts.all.of) return [];
  const rows = [{ what: figureName(figure), have: count.have, of: count.of }];
  if (scope === 'all' && count.unknown > 0) {
    rows.push({ what: `${measure.subjects} of which it is unknown`, have: count.unknown, of: count.of });
  }
  return rows;
}

const emptyCoverage = (measure: Measure): Dimension['coverage'][number] => ({
  what: figureName({ measure, scope: 'all' }),
  have: 0,
  of: 0,
});
