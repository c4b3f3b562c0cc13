import { describe, expect, it } from 'vitest';
import type { AccessLog } from '../../../model/observation/access-log.ts';
import { recogniseForm } from '../recognise.ts';

const line = (
  time: string,
  { path = '/v1/charges?token=hunter2', client = '10.0.0.2:4000', code = 200 } = {},
): string =>
  `[${time}] "POST ${path} HTTP/1.1" ${code} - via_upstream - "-" 0 19 0 - "10.9.9.9" "curl" "id-${time}" "api.payments:80" "10.0.0.1:8080" inbound|8080|| - 10.0.0.1:8080 ${client} outbound_.80_._.api.payments.svc.cluster.local default`;

function read(text: string): AccessLog {
  const outcome = recogniseForm(text)?.read(text, { file: 'web.log', cluster: '' });
  if (!outcome || 'message' in outcome) throw new Error(outcome?.message ?? 'not recognised');
  const [log] = outcome.observations;
  if (log?.kind !== 'access-log') throw new Error('no log');
  return log;
}

describe('an access log', () => {
  it('puts alike requests together, by day, without query strings and client ports', () => {
    const text = [
      line('2026-11-20T10:00:00.000Z'),
      line('2026-11-21T10:00:00.000Z', { client: '10.0.0.2:4001', path: '/v1/charges?token=other' }),
      line('2026-11-21T11:00:00.000Z', { path: '/v1/refunds' }),
    ].join('\n');
    const log = read(text);
    expect(log).toMatchObject({
      lines: 3,
      at: '2026-11-21T11:00:00.000Z',
      window: { from: '2026-11-20T10:00:00.000Z', to: '2026-11-21T11:00:00.000Z' },
    });
    expect(log.requests.map(({ seen, count, days, line: at }) => [seen.path, count, days, at])).toEqual([
      ['/v1/charges', 2, ['2026-11-20', '2026-11-21'], 1],
      ['/v1/refunds', 1, ['2026-11-21'], 3],
    ]);
    expect(JSON.stringify(log)).not.toContain('hunter2');
    expect(log.requests[0]?.seen).toMatchObject({ downstreamRemote: '10.0.0.2', downstreamLocal: '10.0.0.1:8080' });
  });

  it('is known behind what a proxy logs while it starts', () => {
    const start = Array.from({ length: 300 }, (_, i) => `2026-11-20T09:00:00.${i}Z\tinfo\tFLAG: --x="${i}"`);
    expect(read([...start, line('2026-11-20T10:00:00.000Z')].join('\n')).requests).toHaveLength(1);
  });

  it('ztunnel: connections with both ends', () => {
    const text =
      '2026-11-23T10:00:00.1Z\tinfo\taccess\tconnection complete\tsrc.addr=10.1.0.6:42020 src.workload="web-6584ddcf65-k78wz" src.namespace="shop" src.identity="spiffe://cluster.local/ns/shop/sa/web" dst.addr=10.1.0.9:15008 dst.hbone_addr=10.1.0.9:9080 dst.workload="orders-0" dst.namespace="shop" direction="inbound"';
    const log = read(`${text}\n${text.replace('42020', '42021')}`);
    expect(log.requests).toMatchObject([
      { count: 2, seen: { kind: 'ztunnel', direction: 'inbound', source: { address: '10.1.0.6' } } },
    ]);
  });

  it('shadow results of the debug log and of a log format', () => {
    const text = [
      '2026-11-20T09:00:00.1Z\tdebug\tenvoy rbac\tenforced allowed, shadow denied, matched policy ns[foo]-policy[bar]-rule[0]',
      '2026-11-20T09:00:01.1Z\tdebug\tenvoy rbac\tenforced allowed, shadow denied, matched policy ns[foo]-policy[bar]-rule[0]',
      '{"response_code":200,"start_time":"2026-11-20T09:00:00Z","istio_dry_run_allow_shadow_engine_result":"denied","istio_dry_run_allow_shadow_effective_policy_id":"none"}',
    ].join('\n');
    expect(read(text).shadows).toEqual([
      { result: 'denied', policy: { namespace: 'foo', name: 'bar' }, count: 2 },
      { result: 'denied', count: 1 },
    ]);
  });

  it('is no manifest that quotes a log', () => {
    const manifest = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  log: |\n    ${line('2026-11-20T10:00:00.000Z')}\n`;
    expect(recogniseForm(manifest)).toBeUndefined();
  });
});
