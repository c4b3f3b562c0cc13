import { expect, it } from 'vitest';
import { factsOfText } from '../../test/judge-fixture.ts';
import { MESH } from '../../test/e2e/probed-mesh.ts';
import type { Evidence, PortEvidence } from '../evidence/evidence.ts';
import { populationOf } from './population.ts';
import { areTested } from './traffic-tests.ts';

const OPEN = { state: 'open', why: '' } as const;

function tested(exercised: PortEvidence['exercised'], targets: readonly string[]): boolean {
  const facts = factsOfText(MESH, 'mesh.yaml');
  const all = facts.mesh.workloads.map((workload) => ({
    workload,
    proxies: [],
    replicas: 1,
    captured: OPEN,
    ports: new Map(
      workload.id === 'shop/api'
        ? [
            [
              8080,
              { mtls: OPEN, policies: OPEN, tokens: OPEN, authorization: OPEN, ...(exercised ? { exercised } : {}) },
            ] as const,
          ]
        : [],
    ),
  }));
  const evidence: Evidence = {
    of: ({ id }) => all.find(({ workload }) => workload.id === id),
    all,
    drifts: [],
    strangers: [],
  };
  return areTested(populationOf(Object.create(facts, { evidence: { value: evidence } })), new Set(targets));
}

it('critical paths are tested where every port that they end at was exercised both ways', () => {
  expect(tested({ allowed: 1, denied: 1 }, ['shop/api'])).toBe(true);
  expect(tested({ allowed: 2, denied: 0 }, ['shop/api'])).toBe(false);
  expect(tested(undefined, ['shop/api'])).toBe(false);
  expect(tested({ allowed: 1, denied: 1 }, ['shop/api', 'shop/web'])).toBe(false);
});

it('without a critical path and without sensitive workloads nobody knows what to test', () => {
  expect(tested({ allowed: 1, denied: 1 }, [])).toBe(false);
});
