import { expect, test } from 'vitest';
import type { Finding } from '../result/types.ts';
import { verdictOf } from './verdict.ts';

type Judged = Parameters<typeof verdictOf>[2][number];
const of = (severity: Finding['severity'], more: Partial<Judged> = {}): Judged => ({
  id: 'authz/allow-any',
  title: 'anyone may call',
  severity,
  factors: [],
  ...more,
});
const high = of('HIGH');
const fromInternet = of('HIGH', { factors: ['reachable from the internet, sensitivity medium: HIGH'] });
const score = (value: number | null, configured: number | null) => ({
  value,
  configured: { value: configured, low: 0, high: 100 },
});

test.each([
  ['any open CRITICAL', 90, 95, 90, [of('CRITICAL')], 'HIGH RISK'],
  ['… also when the score is N/A', null, null, 90, [of('CRITICAL')], 'HIGH RISK'],
  ['proven and configured below 50', 40, 49, 90, [], 'HIGH RISK'],
  ['proven below 50 and an open HIGH', 40, 80, 90, [high], 'HIGH RISK'],
  ['proven below 50 only for want of evidence', 40, 50, 90, [], 'INCONCLUSIVE'],
  ['the score is N/A', null, null, 90, [high], 'INCONCLUSIVE'],
  ['confidence below 50', 90, 95, 49, [], 'INCONCLUSIVE'],
  ['proven 85, no HIGH, confidence 80', 85, 90, 80, [of('MEDIUM')], 'STRONG'],
  ['… one HIGH', 85, 90, 80, [high], 'MODERATE'],
  ['… confidence 79', 85, 90, 79, [], 'MODERATE'],
  ['proven 70, three HIGH, confidence 65', 70, 80, 65, [high, high, high], 'MODERATE'],
  ['… four HIGH', 70, 80, 65, [high, high, high, high], 'WEAK'],
  ['… one of them reachable from the internet', 70, 80, 65, [fromInternet], 'WEAK'],
  ['… confidence 64', 70, 80, 64, [], 'WEAK'],
  ['proven 69', 69, 80, 90, [], 'WEAK'],
] as const)('%s', (_name, proven, configured, confidence, findings, verdict) => {
  expect(verdictOf(score(proven, configured), confidence, findings).verdict).toBe(verdict);
});

test('says why in one sentence', () => {
  expect(verdictOf(score(40, 41), 90, [of('CRITICAL'), of('CRITICAL')]).verdictWhy).toBe(
    '2 CRITICAL findings are open, the first: anyone may call.',
  );
  expect(verdictOf(score(40, 41), 90, []).verdictWhy).toBe(
    'What is configured comes to 41, what is proven to 40: both are below 50.',
  );
  expect(verdictOf(score(60, 80), 60, [fromInternet]).verdictWhy).toBe(
    '60 of 100 is proven, below 70, and a HIGH finding is reachable from the internet, and confidence is 60 %, below 65 %.',
  );
});

test('a witness from the internet counts as well', () => {
  const witnessed = of('HIGH', { witness: { from: { internet: true }, to: { workload: 'shop/web', port: 80 } } });
  expect(verdictOf(score(75, 80), 90, [witnessed]).verdict).toBe('WEAK');
});
