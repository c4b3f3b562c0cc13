import { expect, test } from 'vitest';
import {
  confidenceDeductions,
  dimensionMethod,
  highestRating,
  maturityLevels,
  ratingMeanings,
  rungs,
  severityRows,
  verdictRows,
  verdictThresholds,
} from './method.ts';
import { auditResult, dimensionIds, finding } from './schema.ts';

test('the eight dimensions are those of the contract, in its order, and weigh 100', () => {
  expect(dimensionMethod.map(({ id }) => id)).toEqual([...dimensionIds]);
  expect(dimensionMethod.reduce((sum, { weight }) => sum + weight, 0)).toBe(100);
});

test('confidence can lose 100 points and no more', () => {
  expect(confidenceDeductions.reduce((sum, { points }) => sum + points, 0)).toBe(100);
  expect(new Set(confidenceDeductions.map(({ id }) => id)).size).toBe(confidenceDeductions.length);
});

test('every rating has a meaning and a rung, in rising order', () => {
  expect(ratingMeanings).toHaveLength(highestRating + 1);
  expect(rungs.map(({ rating }) => rating)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(rungs.map(({ from }) => from)).toEqual([0, 0, 0.5, 0.8, 0.95, 1]);
});

test('levels, verdicts and severities are those of the contract', () => {
  expect(maturityLevels).toHaveLength(8);
  expect(verdictRows.map(({ verdict }) => verdict).sort()).toEqual([...auditResult.shape.verdict.options].sort());
  expect(severityRows.map(({ severity }) => severity)).toEqual(finding.shape.severity.options);
});

test('the words of the verdict rows say the figures that are compared with', () => {
  const when = (verdict: string) => verdictRows.find((row) => row.verdict === verdict)?.when;
  const { highRisk, inconclusive, strong, moderate } = verdictThresholds;
  expect(when('HIGH RISK')).toContain(`proven < ${highRisk.provenBelow} and (configured < ${highRisk.configuredBelow}`);
  expect(when('INCONCLUSIVE')).toContain(`confidence < ${inconclusive.confidenceBelow}`);
  expect(when('INCONCLUSIVE')).toContain(`it is < ${inconclusive.provenBelow}`);
  expect(when('STRONG')).toBe(`proven ≥ ${strong.proven}, no HIGH, confidence ≥ ${strong.confidence}`);
  expect(when('MODERATE')).toContain(`proven ≥ ${moderate.proven}, at most ${moderate.highs} HIGH`);
  expect(when('MODERATE')).toContain(`confidence ≥ ${moderate.confidence}`);
});
