import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { dryRun } from '../../src/result/dry-run.ts';
import { learnt } from '../../src/result/learnt.ts';
import { auditResult } from '../../src/result/schema.ts';
import { meshText, namespace, policy, selecting, workload } from '../small-mesh.ts';
import { prometheusText } from '../telemetry.ts';
import { meshproof, root } from './meshproof.ts';

let folder = '';
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  bootstrap(root);
  folder = mkdtempSync(join(tmpdir(), 'meshproof-telemetry-'));
  const trial = policy(
    'AuthorizationPolicy',
    'shop',
    'callers',
    {
      ...selecting('orders'),
      rules: [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }] }],
    },
    { annotations: { 'istio.io/dry-run': 'true' } },
  );
  const mesh = [
    namespace('shop'),
    ...workload('shop', 'web', { ports: { http: 8080 } }),
    ...workload('shop', 'batch'),
    ...workload('shop', 'orders', { ports: { http: 8080 } }),
    trial,
  ];
  const week = [1, 1, 1, 1, 1, 1, 1];
  const call = { to: 'shop/orders', values: week };
  writeFileSync(at('mesh.yaml'), meshText(mesh));
  writeFileSync(at('good.json'), prometheusText([{ ...call, from: 'shop/web' }]));
  writeFileSync(
    at('bad.json'),
    prometheusText([
      { ...call, from: 'shop/web' },
      { ...call, from: 'shop/batch' },
      { ...call, from: null },
    ]),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('meshproof dry-run', () => {
  it('is ready, and exits 0', () => {
    const { code, out } = meshproof(['dry-run', at('mesh.yaml'), at('good.json')]);
    expect(code).toBe(0);
    expect(out).toMatch(/^1 of 1 dry-run policy ready to be enforced\n/);
    expect(out).toMatch(/READY {2}ALLOW shop\/callers/);
    expect(out).toMatch(/^ {4}-\s+istio\.io\/dry-run/m);
  });

  it('names who would be refused, and exits 1', () => {
    const { code, out } = meshproof(['dry-run', at('mesh.yaml'), at('bad.json')]);
    expect(code).toBe(1);
    expect(out).toContain('NOT READY');
    expect(out).toContain('shop/batch → shop/orders:8080: 7 requests on 7 days, last 2026-11-20');
    const json = meshproof(['dry-run', at('mesh.yaml'), at('bad.json'), '--format', 'json']);
    const result = dryRun.parse(JSON.parse(json.out));
    expect(result.policies[0]?.denies.map(({ from }) => from)).toEqual(['shop/batch', 'somebody without an identity']);
  });

  it('its tests hold once the annotation is gone', () => {
    const json = meshproof(['dry-run', at('mesh.yaml'), at('bad.json'), '--format', 'json']);
    const { tests } = dryRun.parse(JSON.parse(json.out)).policies[0] ?? { tests: '' };
    writeFileSync(at('enforced.txt'), readFileSync(at('mesh.yaml'), 'utf8').replace(/ +istio\.io\/dry-run: .*\n/, ''));
    writeFileSync(
      at('suite.yaml'),
      `apiVersion: meshproof.dev/v1\nkind: PolicyTest\nresources: [./enforced.txt]\n${tests}`,
    );
    const run = meshproof(['test', at('suite.yaml'), '--format', 'json']);
    expect(JSON.parse(run.out)).toMatchObject({ passed: 3, failed: 0 });
  });

  it('without policies on trial or telemetry says so', () => {
    expect(meshproof(['dry-run', 'examples/payments-hardened']).out).toContain('no policy of the input carries');
    const { code, out } = meshproof(['dry-run', at('mesh.yaml')]);
    expect([code, out.includes('no telemetry in the input')]).toEqual([1, true]);
  });
});

describe('meshproof wanted --learn', () => {
  it('writes what was seen to review; signed, it is accepted', () => {
    const file = at('wanted.yaml');
    const { code, err } = meshproof(['wanted', '--learn', at('mesh.yaml'), at('bad.json'), '--out', file]);
    expect([code, err]).toEqual([0, expect.stringContaining('2 flows to review')]);
    const again = meshproof(['wanted', '--learn', at('mesh.yaml'), at('bad.json'), '--out', file]);
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('exists')]);

    const audit = () =>
      auditResult.parse(
        JSON.parse(meshproof(['audit', at('mesh.yaml'), file, '--format', 'json', '--fail-on', 'never']).out),
      );
    expect(JSON.stringify(audit().diagnostics)).toContain('reviewedBy');
    writeFileSync(file, readFileSync(file, 'utf8').replace('reviewedBy: ""', 'reviewedBy: on-call'));
    expect(JSON.stringify(audit().diagnostics)).not.toContain('reviewedBy');
    expect(audit().input.sources.map(({ kind }) => kind)).toEqual(['manifests', 'wanted']);

    const known = meshproof(['wanted', '--learn', at('mesh.yaml'), at('bad.json'), file, '--format', 'json']);
    expect(learnt.parse(JSON.parse(known.out))).toMatchObject({ flows: [], known: 2 });
    rmSync(file);
  });

  it('needs --learn, and telemetry', () => {
    expect(meshproof(['wanted', at('mesh.yaml')]).err).toContain('--learn');
    const { code, err } = meshproof(['wanted', '--learn', at('mesh.yaml'), '--out', at('none.yaml')]);
    expect([code, err.includes('no telemetry'), existsSync(at('none.yaml'))]).toEqual([2, true, false]);
  });
});

it('audit judges telemetry', () => {
  const { out } = meshproof(['audit', at('mesh.yaml'), at('bad.json'), '--format', 'json']);
  const { findings, traffic } = auditResult.parse(JSON.parse(out));
  expect(findings.map(({ id }) => id)).toContain('telemetry/plaintext-seen');
  expect(traffic).toMatchObject({ days: 7, edges: 3, plaintext: 1, refused: 0 });
});

it('reports say what was seen, and nothing where no telemetry was given', () => {
  for (const [format, heading] of [
    ['markdown', '## Traffic seen'],
    ['html', '<h2 id="traffic-title">Traffic seen</h2>'],
  ] as const) {
    const report = (...files: readonly string[]) =>
      meshproof(['audit', at('mesh.yaml'), ...files, '--format', format, '--fail-on', 'never']).out;
    const seen = report(at('bad.json'));
    expect(seen).toContain(heading);
    expect(seen).toContain('3 edges in use');
    expect(report()).not.toContain(heading);
  }
});
