import { beforeAll, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { driftAnswer } from '../../src/result/drift.ts';
import { meshproof, root } from './meshproof.ts';

beforeAll(() => bootstrap(root));

const mesh = 'test/fixtures/real-mesh/manifests.yaml';
const dump = (name: string): string => `test/fixtures/real-mesh/${name}.json`;

it('says by workload what agrees, and which workloads nobody looked into', () => {
  const { code, out } = meshproof(['drift', mesh, dump('config_dump')]);
  expect(code).toBe(0);
  expect(out).toContain('nothing that was seen contradicts the configuration · 1 of 3 workloads looked into');
  expect(out).toMatch(/demo\/server-1 · sidecar · 1 of 1 replica · traffic: verified/);
  expect(out).toMatch(/:8080 +mTLS STRICT +verified/);
  expect(out).toContain('demo/client-a-1, demo/client-b-1');
});

it('exits 1 on what differs, with a request and causes; as JSON by its schema', () => {
  const files = ['vulnerable.yaml', 'vulnerable.json'].map((name) => `src/rules/drift/policies/${name}`);
  const { code, out } = meshproof(['drift', ...files]);
  expect(code).toBe(1);
  expect(out.replace(/\s+/g, ' ')).toContain('it holds nothing of payments/checkout-only');
  expect(out).toContain('differently: GET / to payments/ledger:8080');
  const answer = driftAnswer.parse(JSON.parse(meshproof(['drift', ...files, '--format', 'json']).out));
  expect(answer.workloads[0]?.drifts[0]).toMatchObject({
    kind: 'policies',
    looser: 'proxy',
    witness: { to: { workload: 'payments/ledger', port: 8080 } },
  });
});

it('says what Envoy rejected', () => {
  const { code, out } = meshproof(['drift', mesh, dump('config_dump-nack')]);
  expect(code).toBe(1);
  expect(out).toContain('DRIFT rejected: Envoy rejected listener virtualInbound');
});

it('without anything seen says what to give', () => {
  const { code, err } = meshproof(['drift', mesh]);
  expect(code).toBe(2);
  expect(err).toContain('nothing in the input shows what runs');
});

it('is in the audit: verified where it agrees, a finding where it does not', () => {
  const audited = (...files: string[]) =>
    JSON.parse(meshproof(['audit', ...files, '--format', 'json', '--fail-on', 'never']).out);
  const agreeing = audited(mesh, dump('config_dump'));
  const server = agreeing.inventory.workloads.find(({ name }: { name: string }) => name === 'server-1');
  expect(server.ports[0]).toMatchObject({ mtls: { status: 'VERIFIED' }, authorization: { status: 'VERIFIED' } });
  const folder = 'src/rules/drift/mutual-tls';
  const differing = audited(`${folder}/vulnerable.yaml`, `${folder}/vulnerable.json`);
  expect(differing.findings.map(({ id }: { id: string }) => id)).toContain('drift/mutual-tls');
  expect(differing.confidence.deductions.map(({ reason }: { reason: string }) => reason).join()).toMatch(/conflict/);
});
