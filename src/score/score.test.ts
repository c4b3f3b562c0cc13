import { expect, test } from 'vitest';
import { dimensionMethod } from '../result/method.ts';
import type { EvidenceStatus } from '../result/status.ts';
import { sampleFacts, type SampleWorkload } from '../../test/sample-facts.ts';
import type { Finding } from '../result/types.ts';
import { subjectOf } from '../rules/rule.ts';
import { scoreWithExceptions } from './accepted.ts';
import { rateDimensions } from './dimensions.ts';
import type { RatedDimension } from './rate.ts';
import { scoreOf } from './score.ts';
import { populationOf } from './population.ts';

const rated = (configured: number, status: EvidenceStatus, only?: number): RatedDimension[] =>
  dimensionMethod.map(({ id, weight }, index) => {
    const mine = only === undefined || index < only ? status : 'INFERRED';
    const value = mine === 'UNKNOWN' ? 0 : configured;
    const rating = mine === 'VERIFIED' ? value : Math.min(2, value);
    const high = mine === 'UNKNOWN' ? 5 : value;
    return {
      dimension: {
        id,
        weight,
        rating,
        configured: value,
        weighted: (rating / 5) * weight,
        status: mine,
        coverage: [],
        next: '',
      },
      configured: { low: value, high },
      proven: { low: rating, high: mine === 'UNKNOWN' ? 5 : rating },
    };
  });

const critical = { id: 'authz/allow-any', severity: 'CRITICAL' } as const;

test('Σ rating / 5 × weight, proven at 2 at most without evidence', () => {
  expect(scoreOf(rated(4, 'INFERRED'), [])).toEqual({
    value: 40,
    low: 40,
    high: 40,
    configured: { value: 80, low: 80, high: 80 },
  });
  expect(scoreOf(rated(4, 'VERIFIED'), []).value).toBe(80);
  expect(scoreOf(rated(5, 'VERIFIED'), []).value).toBe(100);
});

test('weighs the dimensions as the method says', () => {
  const one = rated(5, 'VERIFIED').map((each) =>
    each.dimension.id === 'authorization'
      ? { ...each, dimension: { ...each.dimension, rating: 0, configured: 0 } }
      : each,
  );
  expect(scoreOf(one, []).value).toBe(80);
});

test('an open CRITICAL caps both figures, and says which when it did', () => {
  expect(scoreOf(rated(4, 'VERIFIED'), [critical, critical])).toEqual({
    value: 59,
    low: 59,
    high: 59,
    cappedBy: ['authz/allow-any'],
    configured: { value: 59, low: 59, high: 59 },
  });
  expect(scoreOf(rated(2, 'INFERRED'), [critical])).toEqual({
    value: 40,
    low: 40,
    high: 40,
    configured: { value: 40, low: 40, high: 40 },
  });
});

test('five UNKNOWN dimensions make the figures N/A, four do not', () => {
  const four = scoreOf(rated(4, 'UNKNOWN', 4), []);
  expect(four.value).toBe(16);
  expect(four.configured).toEqual({ value: 32, low: 32, high: 92 });
  const five = scoreOf(rated(4, 'UNKNOWN', 5), []);
  expect([five.value, five.configured.value]).toEqual([null, null]);
  expect([five.configured.low, five.configured.high]).toEqual([20, 95]);
});

const workloads: SampleWorkload[] = [
  { name: 'open', ports: [{ port: 80, mode: 'PERMISSIVE' }] },
  { name: 'closed', ports: [{ port: 80 }] },
];
const facts = sampleFacts({ workloads, complete: ['all'] });

function finding(name: string, exception?: Finding['exception'], severity: Finding['severity'] = 'MEDIUM'): Finding {
  const workload = facts.mesh.workloads.find((each) => each.name === name);
  if (!workload) throw new Error(name);
  return {
    id: 'mtls/permissive',
    fingerprint: name,
    title: name,
    severity,
    factors: [],
    confidence: 'high',
    status: 'INFERRED',
    subjects: [subjectOf(workload, 80)],
    evidence: [],
    enforcement: 'not tested',
    impact: '',
    remediation: { summary: '', patches: [], steps: [] },
    validation: { positive: [], negative: [] },
    rollback: '',
    references: [],
    controls: [],
    ...(exception ? { exception } : {}),
  };
}

const rules = [{ id: 'mtls/permissive', dimension: 'mtls' }] as const;

test('exceptions never change the headline; the score with accepted risks stands beside it', () => {
  const accepted = finding('open', { reason: 'migrating' });
  const before = scoreOf(rateDimensions(populationOf(facts)), [finding('open')]);
  expect(scoreOf(rateDimensions(populationOf(facts)), [accepted])).toEqual(before);
  expect(scoreWithExceptions(populationOf(facts), [finding('open')], rules)).toBeUndefined();
  const tested = { tested: new Set(['mtls'] as const) };
  expect(scoreWithExceptions(populationOf(facts), [accepted], rules, tested)).toBe(before.value);
});

test('with accepted risks, what they affect counts as covered and an accepted CRITICAL caps nothing', () => {
  const exposed = sampleFacts({
    workloads: workloads.map((each) => ({ ...each, status: 'VERIFIED' as const, sensitivity: 'high' as const })),
    complete: ['all'],
  });
  const before = scoreOf(rateDimensions(populationOf(exposed)), []).value ?? 0;
  const oneMore = [{ ...finding('open', { reason: 'migrating' }), severity: 'CRITICAL' as const }];
  expect(scoreWithExceptions(populationOf(exposed), oneMore, rules)).toBe(before + 6);
  expect(scoreWithExceptions(populationOf(exposed), oneMore, [])).toBe(before);
});
