import { describe, expect, it } from 'vitest';
import type { Metrics } from '../../model/observation/metrics.ts';
import { recogniseForm } from './recognise.ts';

const DAY = 86400;
const T = Date.parse('2026-11-20T00:00:00Z') / 1000;

const answer = (resultType: string, result: readonly unknown[], query?: string): unknown => ({
  status: 'success',
  ...(query === undefined ? {} : { query }),
  data: { resultType, result },
});

function read(value: unknown): Metrics {
  const form = recogniseForm(JSON.stringify(value));
  const outcome = form?.read(JSON.stringify(value), { file: 'm.json', cluster: '' });
  if (!outcome || 'message' in outcome) throw new Error(outcome?.message ?? 'not recognised');
  const [metrics] = outcome.observations;
  if (metrics?.kind !== 'prometheus') throw new Error('no metrics');
  return metrics;
}

function refusal(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const outcome = recogniseForm(text)?.read(text, { file: 'm.json', cluster: '' });
  return outcome && 'message' in outcome ? outcome.message : 'read';
}

const web = { source_workload: 'web' };

describe('a result of Prometheus', () => {
  it('a vector of counters proves that something happened, not when', () => {
    const { window, series } = read(answer('vector', [{ metric: web, value: [T, '7'] }]));
    expect(window).toEqual({ to: '2026-11-20T00:00:00.000Z' });
    expect(series).toEqual([{ labels: web, counts: [{ count: 7, days: [] }] }]);
  });

  it('a vector of increases covers what the query looks back', () => {
    const query = 'sum by (source_workload) (increase(istio_requests_total[2d]))';
    const { window, series } = read(answer('vector', [{ metric: web, value: [T, '7.5'] }], query));
    expect(window.from).toBe('2026-11-18T00:00:00.000Z');
    expect(series[0]?.counts).toEqual([{ count: 7.5, days: ['2026-11-18', '2026-11-19'] }]);
  });

  it('a matrix of counters: what was added, also after one started anew', () => {
    const values = [
      [T, '10'],
      [T + DAY, '10'],
      [T + 2 * DAY, '15'],
      [T + 3 * DAY, '2'],
    ];
    expect(read(answer('matrix', [{ metric: web, values }])).series[0]?.counts).toEqual([
      { count: 10, days: [] },
      { count: 5, days: ['2026-11-21'] },
      { count: 2, days: ['2026-11-22'] },
    ]);
  });

  it('a matrix of daily increases: one day each; where they overlap, their share', () => {
    const query = 'sum(increase(istio_requests_total[1d]))';
    const values = [
      [T, '4'],
      [T + DAY, '0'],
      [T + 2 * DAY, '6'],
    ];
    const daily = read(answer('matrix', [{ metric: web, values }], query));
    expect(daily.window).toEqual({ from: '2026-11-19T00:00:00.000Z', to: '2026-11-22T00:00:00.000Z' });
    expect(daily.series[0]?.counts).toEqual([
      { count: 4, days: ['2026-11-19'] },
      { count: 6, days: ['2026-11-21'] },
    ]);
    const halves = [
      [T, '4'],
      [T + DAY / 2, '4'],
    ];
    const counts = read(answer('matrix', [{ metric: web, values: halves }], query)).series[0]?.counts ?? [];
    expect(counts.map(({ count }) => count)).toEqual([2, 2]);
  });

  it('values that are no numbers say nothing', () => {
    const values = [
      [T, 'NaN'],
      [T + DAY, '+Inf'],
      ['x', '3'],
    ];
    expect(read(answer('matrix', [{ metric: web, values }])).series[0]?.counts).toEqual([]);
  });

  it('several answers in one file', () => {
    const text = JSON.stringify([answer('vector', []), answer('scalar', []), answer('vector', [])]);
    const outcome = recogniseForm(text)?.read(text, { file: 'm.json', cluster: '' });
    expect(outcome).toMatchObject({
      observations: [{}, {}],
      left: ['a result of type `scalar`: expected `vector` or `matrix`'],
    });
  });

  it('what is broken is said', () => {
    expect(refusal({ status: 'error', errorType: 'bad_data', error: 'parse error' })).toBe(
      'Prometheus answered with an error: parse error',
    );
    expect(refusal('{"status":"success","data":{"resultType":"vector","result":[')).toMatch(/cut off/);
    expect(recogniseForm('{"status":"success"}')).toBeUndefined();
  });
});
