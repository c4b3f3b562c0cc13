import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { observationsOf } from '../../../test/observations-of.ts';
import { type Manifest, meshText, namespace, runningPod, workload } from '../../../test/small-mesh.ts';
import { type Counted, logLine, prometheusText } from '../../../test/telemetry.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import { readTraffic } from './read-traffic.ts';
import type { SeenFlow, TrafficSeen } from './traffic-seen.ts';

const MESH = [
  namespace('shop'),
  ...workload('shop', 'web', { ports: { http: 8080 } }),
  ...workload('shop', 'orders', { ports: { http: 8080, tcp: 9000 } }),
  ...workload('shop', 'batch'),
];

function seen(files: Readonly<Record<string, string>>, manifests: readonly Manifest[] = MESH): TrafficSeen {
  const { mesh } = meshOf(meshText(manifests));
  return readTraffic(new Enforcement(mesh), observationsOf(files));
}

const ofMetrics = (...counted: readonly Counted[]): TrafficSeen => seen({ 'm.json': prometheusText(counted) });

const row = ({ from, to, ports, security, count, passed, refused, days }: SeenFlow) =>
  `${from.name} → ${to.id}:${ports.join('|')} ${security} ${count} (${passed} passed, ${refused} refused) on ${days.length} days`;

describe('metrics', () => {
  it('become flows by identity and service, with the port where the service leaves one', () => {
    const { flows, windows } = ofMetrics({ from: 'shop/web', to: 'shop/orders', values: [3, 0, 4] });
    expect(flows.map(row)).toEqual(['shop/web → shop/orders:8080 mutual_tls 7 (7 passed, 0 refused) on 2 days']);
    expect(flows[0]).toMatchObject({
      reporter: 'destination',
      counted: true,
      codes: { 200: 7 },
      days: ['2026-11-18', '2026-11-20'],
      operations: [],
      from: { principal: 'cluster.local/ns/shop/sa/web' },
    });
    expect(windows).toMatchObject([
      { kind: 'metrics', from: '2026-11-18T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' },
    ]);
  });

  it('one request is counted at both ends: the destination is believed', () => {
    const call = { from: 'shop/web', to: 'shop/orders', values: [5] };
    expect(ofMetrics({ ...call, reporter: 'source' }, call).flows.map(row)).toEqual([
      'shop/web → shop/orders:8080 mutual_tls 5 (5 passed, 0 refused) on 1 days',
    ]);
    expect(ofMetrics({ ...call, reporter: 'source' }).flows.map(row)).toEqual([
      'shop/web → shop/orders:8080 unknown 5 (5 passed, 0 refused) on 1 days',
    ]);
  });

  it('what failed is no success, and refusals are told apart', () => {
    const call = { from: 'shop/web', to: 'shop/orders' };
    const { flows } = ofMetrics(
      { ...call, values: [2], code: 403 },
      { ...call, values: [1], code: 503 },
      { ...call, values: [4], code: 200, labels: { grpc_response_status: '7' } },
      { ...call, values: [1], code: 200, labels: { grpc_response_status: '0' } },
    );
    expect(flows.map(row)).toEqual(['shop/web → shop/orders:8080 mutual_tls 8 (1 passed, 6 refused) on 1 days']);
  });

  it('plaintext has no caller, and one that is only named proves nothing', () => {
    const { flows } = ofMetrics(
      { from: null, to: 'shop/orders', values: [1] },
      { from: 'shop/batch', to: 'shop/orders', values: [2], security: 'none' },
    );
    expect(flows.map(row)).toEqual([
      'shop/batch → shop/orders:8080 none 2 (2 passed, 0 refused) on 1 days',
      'somebody without an identity → shop/orders:8080 none 1 (1 passed, 0 refused) on 1 days',
    ]);
    expect(flows[0]?.from).not.toHaveProperty('principal');
  });

  it('connections lead to ports that are not HTTP; what is of no workload is said', () => {
    const { flows, unplaced } = ofMetrics(
      { from: 'shop/web', to: 'shop/orders', values: [1], tcp: true },
      { from: 'shop/web', to: 'other/thing', values: [9] },
    );
    expect(flows.map(({ ports, protocol }) => [ports, protocol])).toEqual([[[9000], 'tcp']]);
    expect(unplaced).toEqual([{ file: 'm.json', what: 'from web to thing.other.svc.cluster.local', count: 9 }]);
  });

  it('a stranger keeps its identity', () => {
    const { flows } = ofMetrics({ from: 'x/y', to: 'shop/orders', values: [1], trustDomain: 'evil.example' });
    expect(flows[0]?.from).toEqual({ name: 'evil.example/ns/x/sa/y', principal: 'evil.example/ns/x/sa/y' });
  });

  it('files of one time show the same requests, others add up', () => {
    const call = { from: 'shop/web', to: 'shop/orders' };
    const same = seen({
      'a.json': prometheusText([{ ...call, values: [5] }]),
      'b.json': prometheusText([{ ...call, values: [1, 5] }]),
    });
    expect(same.flows.map(({ count }) => count)).toEqual([6]);
    const old = prometheusText([{ ...call, values: [5] }]).replaceAll(/17\d{8}/g, (time) =>
      String(Number(time) - 5 * 86400),
    );
    const apart = seen({ 'a.json': prometheusText([{ ...call, values: [5] }]), 'b.json': old });
    expect(apart.flows.map(({ count, days }) => [count, days])).toEqual([[10, ['2026-11-15', '2026-11-20']]]);
  });

  it('ztunnel says `unknown` of plaintext', () => {
    const ambient = [
      namespace('shop', { 'istio.io/dataplane-mode': 'ambient' }),
      ...workload('shop', 'web'),
      ...workload('shop', 'orders', { ports: { http: 8080 } }),
    ];
    const call = { to: 'shop/orders', values: [1], tcp: true } as const;
    const text = prometheusText([
      { ...call, from: null, security: 'unknown' },
      { ...call, from: 'shop/web', labels: { response_flags: 'DENY' } },
    ]);
    expect(seen({ 'm.json': text }, ambient).flows.map(row)).toEqual([
      'shop/web → shop/orders:8080 mutual_tls 1 (0 passed, 1 refused) on 0 days',
      'somebody without an identity → shop/orders:8080 none 1 (1 passed, 0 refused) on 1 days',
    ]);
  });

  it('shadow rules, by pod', () => {
    const text = JSON.stringify({
      status: 'success',
      data: {
        resultType: 'vector',
        result: [
          {
            metric: {
              __name__: 'envoy_http_inbound_0_0_0_0_80_rbac',
              authz_dry_run_action: 'allow',
              authz_dry_run_result: 'denied',
              pod: 'orders-1',
              namespace: 'shop',
            },
            value: [1795132800, '20'],
          },
        ],
      },
    });
    expect(seen({ 's.json': text }).shadows).toEqual([
      { file: 's.json', result: 'denied', action: 'allow', pod: 'orders-1', namespace: 'shop', count: 20 },
    ]);
  });
});

describe('access logs', () => {
  const pods = [runningPod('web', '10.0.0.2'), runningPod('orders', '10.0.0.1')];
  const call = { from: '10.0.0.2', to: '10.0.0.1', sni: 'orders.shop' };

  it('add operations to what metrics count', () => {
    const log = [
      logLine({ ...call, day: '2026-11-19', path: '/a' }),
      logLine({ ...call, day: '2026-11-20', path: '/a' }),
      logLine({
        ...call,
        day: '2026-11-20',
        path: '/b',
        code: 403,
        details: 'rbac_access_denied_matched_policy[none]',
      }),
    ].join('\n');
    const metrics = prometheusText([{ from: 'shop/web', to: 'shop/orders', values: [50] }]);
    const { flows } = seen({ 'a.log': log, 'm.json': metrics }, [...MESH, ...pods]);
    expect(flows.map(row)).toEqual(['shop/web → shop/orders:8080 mutual_tls 50 (50 passed, 0 refused) on 2 days']);
    expect(flows[0]?.operations).toEqual([
      expect.objectContaining({
        method: 'GET',
        path: '/a',
        count: 2,
        passed: 2,
        days: ['2026-11-19', '2026-11-20'],
        line: 1,
      }),
      expect.objectContaining({ path: '/b', count: 1, passed: 0, refused: 1, days: [], file: 'a.log', line: 3 }),
    ]);
  });

  it('without addresses the caller is some mesh identity, or nobody', () => {
    const log = [
      logLine({ ...call, day: '2026-11-20', from: '10.9.9.9' }),
      logLine({ ...call, day: '2026-11-20', from: '10.9.9.9', sni: null }),
    ].join('\n');
    const { flows } = seen({ 'a.log': log }, [...MESH, ...pods]);
    expect(flows.map(row)).toEqual([
      'some mesh identity → shop/orders:8080 mutual_tls 1 (1 passed, 0 refused) on 1 days',
      'somebody without an identity at 10.9.9.9 → shop/orders:8080 none 1 (1 passed, 0 refused) on 1 days',
    ]);
    expect(flows[0]).not.toHaveProperty('service');
    expect(flows[0]?.counted).toBe(false);
  });

  it('the prefix of `kubectl logs` says whose line it is', () => {
    const log = `[pod/orders-6584ddcf65-abcde/istio-proxy] ${logLine({ ...call, day: '2026-11-20', to: '10.7.7.7' })}`;
    expect(seen({ 'a.log': log }).flows.map(row)).toEqual([
      'some mesh identity → shop/orders:8080 mutual_tls 1 (1 passed, 0 refused) on 1 days',
    ]);
  });

  it('logs of the pods of one workload add up', () => {
    const log = logLine({ ...call, day: '2026-11-20', path: '/a' });
    const { flows } = seen({ 'a.log': log, 'b.log': log }, [...MESH, ...pods]);
    expect(flows[0]?.operations.map(({ count }) => count)).toEqual([2]);
  });
});
