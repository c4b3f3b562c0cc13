import { describe, expect, it } from 'vitest';
import { recogniseForm } from '../../collect/observations/recognise.ts';
import { parseYamlValue } from '../../collect/yaml/parse-value.ts';
import { makeFacts } from '../../graph/make-facts.ts';
import { learnt as schema } from '../../result/learnt.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import { observationsOf } from '../../../test/observations-of.ts';
import { meshText, namespace, workload } from '../../../test/small-mesh.ts';
import { type Counted, prometheusText } from '../../../test/telemetry.ts';
import { learn } from './learn.ts';
import { writeWanted } from './write-wanted.ts';

const SHOP = meshText([
  namespace('shop'),
  ...workload('shop', 'web', { ports: { http: 8080 } }),
  ...workload('shop', 'batch'),
  ...workload('shop', 'orders', { ports: { http: 8080 } }),
]);

const factsOf = (files: Readonly<Record<string, string>>, stated = {}) =>
  makeFacts(new Enforcement(meshOf(SHOP).mesh), { ...stated, observed: observationsOf(files) });
const metrics = (...counted: readonly Counted[]) => ({ 'm.json': prometheusText(counted) });
const call: Counted = { from: 'shop/web', to: 'shop/orders', values: [2, 0, 3] };

function reasons(counted: Counted, stated = {}): readonly string[] {
  const { flows, left } = learn(factsOf(metrics(counted), stated));
  expect(flows).toEqual([]);
  return left.flatMap(({ why }) => why);
}

describe('wanted --learn', () => {
  it('proposes what succeeded on several days', () => {
    const found = learn(factsOf(metrics(call)));
    expect(() => schema.parse(found)).not.toThrow();
    expect(found).toEqual({
      window: { days: 3, from: '2026-11-18', to: '2026-11-21' },
      flows: [{ from: 'shop/web', to: 'shop/orders:8080', seen: 5, days: 2, last: '2026-11-20' }],
      left: [],
      known: 0,
    });
  });

  it.each<[string, Counted, RegExp]>([
    ['one day', { ...call, values: [0, 0, 9] }, /seen on 1 day only/],
    ['refused', { ...call, code: 403 }, /it was refused/],
    ['plaintext', { ...call, security: 'none' }, /plaintext: anybody/],
    ['its own word', { ...call, reporter: 'source' }, /only the caller's own proxy/],
    ['a stranger', { ...call, from: 'x/y' }, /no workload of the input/],
  ])('leaves out %s, and says why', (_, counted, why) => {
    expect(reasons(counted).join('; ')).toMatch(why);
  });

  it('leaves out what crosses upward into a more sensitive asset', () => {
    const assets = [{ select: { workload: 'orders' }, sensitivity: 'critical', why: 'cards' }];
    expect(reasons(call, { assets })).toEqual([
      expect.stringMatching(/crosses upward, from medium to critical .*cards/),
    ]);
  });

  it('leaves out what is wanted already', () => {
    const stated = { wanted: [{ from: 'shop/web', to: 'shop/orders' }] };
    expect(learn(factsOf(metrics(call), stated))).toMatchObject({ flows: [], left: [], known: 1 });
  });

  it('names operations where logs show them all', () => {
    const json = [
      { method: 'GET', path: '/a', day: '2026-11-19' },
      { method: 'POST', path: '/b', day: '2026-11-20' },
    ]
      .map(({ method, path, day }) =>
        JSON.stringify({
          start_time: `${day}T10:00:00Z`,
          method,
          path,
          response_code: 200,
          upstream_cluster: 'inbound|8080||',
          authority: 'orders.shop',
          requested_server_name: 'outbound_.80_._.orders.shop.svc.cluster.local',
          downstream_peer_uri_san: 'spiffe://cluster.local/ns/shop/sa/web',
        }),
      )
      .join('\n');
    expect(learn(factsOf({ 'a.log': json })).flows).toEqual([
      {
        from: 'shop/web',
        to: 'shop/orders:8080',
        methods: ['GET', 'POST'],
        paths: ['/a', '/b'],
        seen: 2,
        days: 2,
        last: '2026-11-20',
      },
    ]);
    const some = learn(factsOf({ 'a.log': json, ...metrics(call) })).flows[0];
    expect(some).not.toHaveProperty('methods');
  });
});

describe('the file', () => {
  const text = writeWanted(learn(factsOf(metrics(call, { ...call, from: 'shop/batch', values: [1] }))));

  it('counts once somebody has signed it', () => {
    expect(parseYamlValue(text)).toMatchObject({
      kind: 'Wanted',
      reviewedBy: '',
      flows: [{ from: 'shop/web', to: 'shop/orders:8080' }],
    });
    expect(text).toContain(
      '#  - { from: "shop/batch", to: "shop/orders:8080" }   # 1 requests on 1 day, last 2026-11-20',
    );
    const flowsWith = (file: string) =>
      makeFacts(new Enforcement(meshOf(SHOP).mesh), { observed: observationsOf({ 'wanted.yaml': file }) }).wanted.flows;
    expect(flowsWith(text)).toEqual([]);
    expect(flowsWith(text.replace('reviewedBy: ""', 'reviewedBy: me'))).toEqual([
      { from: 'shop/web', to: 'shop/orders', port: 8080, basis: 'accepted' },
    ]);
  });

  it('keeps what telemetry says inside of quotes', () => {
    const evil = 'x", to: "y\n# z';
    const written = writeWanted({
      window: { days: 1 },
      flows: [{ from: evil, to: 'a/b', seen: 1, days: 1 }],
      left: [{ from: evil, to: 'a/b', seen: 1, days: 1, why: ['a\nflows: []'] }],
      known: 0,
    });
    expect(parseYamlValue(written)).toMatchObject({ flows: [{ from: evil, to: 'a/b' }] });
    expect(recogniseForm(written)?.kind).toBe('wanted');
  });
});
