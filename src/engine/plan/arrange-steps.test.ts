import { expect, test } from 'vitest';
import type { Workload } from '../../model/inventory/types.ts';
import type { Step } from '../../remediate/make-plan.ts';
import type { Severity } from '../../result/status.ts';
import { arrangeSteps, type WeighedStep } from './arrange-steps.ts';

interface Given {
  readonly id: string;
  readonly at: readonly string[];
  readonly severity?: Severity;
  readonly effort?: 1 | 2 | 3 | 4 | 5;
  readonly unknown?: boolean;
  readonly after?: readonly string[];
}

function step({ id, at, severity, effort = 1, unknown = false, after = [] }: Given): WeighedStep {
  const destinations = at.map((name) => ({ id: name }) as Workload);
  const candidate = {
    id,
    summary: id,
    changes: [],
    destinations,
    senders: [],
    effort,
    unknownCallers: unknown ? destinations : [],
    unproven: [],
    preconditions: [],
    sideEffects: [],
  };
  return { step: { candidate, proof: {}, after } as unknown as Step, severity };
}

const order = (steps: readonly Given[]) =>
  arrangeSteps(steps.map(step)).map(({ id, number, horizon, after }) => [number, id, horizon, ...after]);

test('what is serious and cheap comes first, what is unsure or costly later', () => {
  expect(
    order([
      { id: 'costly', at: ['a'], severity: 'HIGH', effort: 5 },
      { id: 'low', at: ['b'], severity: 'LOW' },
      { id: 'unsure', at: ['c'], severity: 'HIGH', unknown: true },
      { id: 'cheap', at: ['d'], severity: 'HIGH' },
      { id: 'restart', at: ['e'], severity: 'CRITICAL', effort: 3 },
    ]),
  ).toEqual([
    [1, 'cheap', 'Immediate'],
    [2, 'restart', 'Immediate'],
    [3, 'unsure', '30 days'],
    [4, 'low', '90 days'],
    [5, 'costly', 'Strategic'],
  ]);
});

test('what comes before another is never in a later horizon, and steps that meet keep their order', () => {
  expect(
    order([
      { id: 'prepare', at: ['x'] },
      { id: 'later', at: ['a'], severity: 'HIGH', effort: 3 },
      { id: 'same place', at: ['a'], severity: 'CRITICAL' },
      { id: 'prepared', at: ['y'], severity: 'HIGH', after: ['prepare'] },
    ]),
  ).toEqual([
    [1, 'prepare', 'Immediate'],
    [2, 'prepared', 'Immediate', 'prepare'],
    [3, 'later', '30 days'],
    [4, 'same-place', '30 days', 'later'],
  ]);
});

test('ids are fit for file names, short and distinct', () => {
  const long = `split-account shop/default ${'very-long-name/'.repeat(8)}`;
  const ids = arrangeSteps([
    step({ id: long, at: ['a'] }),
    step({ id: 'a b', at: ['b'] }),
    step({ id: 'a/b', at: ['c'] }),
  ]).map(({ id }) => id);
  expect(new Set(ids).size).toBe(3);
  for (const id of ids) expect(id).toMatch(/^[\w.-]{1,60}$/);
});
