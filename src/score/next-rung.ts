import { highestRating, scoreLimits } from '../result/method.ts';
import type { EvidenceStatus } from '../result/status.ts';
import type { Measure } from './measure.ts';
import { type Figure, figureName } from './figure.ts';
import { nextRung, rungOf } from './rung.ts';

interface Rated {
  readonly status: EvidenceStatus;
  readonly rating: number;
  readonly configured: number;
  readonly figures: readonly Figure[];
  readonly measures: readonly Measure[];
  readonly tested: boolean;
}

const shown = 3;

/** The next rung in words: what is missing for it, with numbers. */
export function describeNext({ status, rating, configured, figures, measures, tested }: Rated): string {
  if (status === 'UNKNOWN') return unknownText(measures);
  const target = nextRung(configured, 1)?.rating;
  const evidence =
    rating < configured || (status !== 'VERIFIED' && configured >= scoreLimits.unverifiedRating)
      ? `proven beyond ${scoreLimits.unverifiedRating}: data-plane evidence`
      : undefined;
  if (target === undefined) return evidence ?? `nothing: the highest rating, ${highestRating}, is reached`;
  const missing = figures.flatMap((figure) => missingFor(figure, target, tested));
  const listed = missing.length > shown ? [...missing.slice(0, shown), 'and more'] : missing;
  const configure = `${target}: ${listed.length > 0 ? listed.join('; ') : 'positive and negative tests of all that is covered'}`;
  return evidence ? `${configure} (${evidence})` : configure;
}

/** What one figure lacks for a rating, if it lacks anything but tests. */
function missingFor(figure: Figure, target: number, tested: boolean): string[] {
  const { of, have } = figure.count;
  if (rungOf(have, of, tested) >= target) return [];
  const needed = (nextRung(target - 1, of)?.have ?? of) - have;
  if (needed <= 0) return [];
  const duplicate = figure.scope !== 'all' && of === figure.measure.tally.counts.all.of;
  return duplicate ? [] : [`${needed} more of ${of} ${figureName(figure)}`];
}

function unknownText(measures: readonly Measure[]): string {
  const missing = measures.flatMap(({ tally: { counts }, absent, unsettled }) =>
    counts.all.of === 0 ? [absent] : counts.all.unknown > 0 ? [unsettled] : [],
  );
  return `not in the input: ${[...new Set(missing)].join('; ')}`;
}
