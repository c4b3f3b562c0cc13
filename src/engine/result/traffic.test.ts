import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { observationsOf } from '../../../test/observations-of.ts';
import { meshText, namespace, workload } from '../../../test/small-mesh.ts';
import { type Counted, prometheusText } from '../../../test/telemetry.ts';
import { makeFacts } from '../../graph/make-facts.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import { trafficResult } from './traffic.ts';

const MESH = meshText([
  namespace('shop'),
  ...workload('shop', 'web', { ports: { http: 8080 } }),
  ...workload('shop', 'batch'),
  ...workload('shop', 'orders', { ports: { http: 8080 } }),
]);
const CALL = { to: 'shop/orders', values: [2, 2] };
const seen = (...counted: readonly Counted[]) =>
  trafficResult(
    makeFacts(new Enforcement(meshOf(MESH).mesh), {
      wanted: [{ from: 'shop/web', to: 'shop/orders:8080' }],
      observed: counted.length === 0 ? [] : observationsOf({ 'm.json': prometheusText(counted) }),
    }),
  );

describe('traffic that was seen', () => {
  it('is no part of the result where no telemetry was given', () => {
    expect(seen()).toBeUndefined();
  });

  it('edges in use with their share of refusals, and what makes them wanted; refused first, then unwanted', () => {
    const result = seen(
      { ...CALL, from: 'shop/web' },
      { ...CALL, from: 'shop/batch' },
      { ...CALL, from: null },
      { from: 'shop/batch', to: 'shop/web', values: [3, 0], code: 403 },
      { from: 'shop/batch', to: 'shop/web', values: [1, 0] },
    );
    expect(result).toMatchObject({ days: 2, edges: 4, notWanted: 3, plaintext: 1, requests: 16, refused: 3 });
    expect(result?.flows.map(({ from, to, count, refused, wanted }) => [from, to, count, refused, wanted])).toEqual([
      ['shop/batch', 'shop/web', 4, 3, 'no'],
      ['shop/batch', 'shop/orders', 4, 0, 'no'],
      [expect.stringContaining('without an identity'), 'shop/orders', 4, 0, 'no'],
      ['shop/web', 'shop/orders', 4, 0, 'declared'],
    ]);
  });

  it('what is of no workload of the input is named', () => {
    const result = seen({ ...CALL, from: 'shop/web' }, { ...CALL, from: 'shop/web', to: 'shop/gone' });
    expect(result?.unplaced).toMatchObject([{ file: 'm.json', what: expect.stringContaining('gone'), count: 4 }]);
  });
});
