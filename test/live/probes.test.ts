import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { probeResult } from '../../src/result/probe-result.ts';
import { root } from '../e2e/meshproof.ts';
import { MESH, SUITE } from '../e2e/probed-mesh.ts';
import { type FakeApiServer, startFakeApiServer } from './fake-api-server.ts';
import type { Executed, FakeExec } from './fake-exec.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { allKinds } from './mesh.ts';
import { runMeshproof } from './run-meshproof.ts';

const EXTRA = `  - name: web may not open the port of nobody
    request: { from: { workload: shop/web }, to: { service: shop/web, port: 80 } }
    expect: allow
`;

let server: FakeApiServer;
let folder = '';
let env: Record<string, string> = {};
let executed: Executed[] = [];
let mesh: FakeExec;

const http = (status: string, body: string) => ({
  output: `HTTP/1.1 ${status}\r\nserver: envoy\r\n\r\n${body}\nmeshproof ${status.slice(0, 3)} ${body.length}\n`,
  exit: 0,
});
/** As the policies have it. */
const enforcing: FakeExec = ({ command }) =>
  command.at(-1)?.startsWith('telnet:')
    ? { output: '\nmeshproof 000 0\n', exit: 28 }
    : command.at(-1)?.endsWith('/admin')
      ? http('403 Forbidden', 'RBAC: access denied')
      : http('200 OK', 'personal data');

const pod = (name: string, phase = 'Running') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { app: 'web' } },
  spec: { containers: [{ name: 'app', image: 'app' }] },
  status: { phase },
});

beforeAll(async () => {
  bootstrap(root);
  folder = mkdtempSync(join(tmpdir(), 'meshproof-live-'));
  writeFileSync(join(folder, 'mesh.yaml'), MESH);
  writeFileSync(join(folder, 'suite.yaml'), SUITE + EXTRA);
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }];
  server = await startFakeApiServer({
    kinds: allKinds(),
    objects: [pod('web-7d4b9-old00', 'Failed'), pod('web-admin'), pod('web-7d4b9-x2x4z')],
    users: [
      { token: 'all', rules: 'all' },
      { token: 'few', rules },
    ],
    exec: (one) => {
      executed.push(one);
      return mesh(one);
    },
  });
  env = { KUBECONFIG: writeKubeconfig(folder, server, { prod: { token: 'all' }, few: { token: 'few' } }) };
});
beforeEach(() => {
  executed = [];
  mesh = enforcing;
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const test = (...args: readonly string[]) =>
  runMeshproof(['test', 'suite.yaml', '--live', '--context', 'prod', ...args], {
    cwd: folder,
    env: { ...env, MESHPROOF_X_API_KEY_1: 'k-123' },
  });

describe('meshproof test --live', () => {
  it('sends the cases from a pod that exists, one by one, and writes evidence', async () => {
    const { code, out, err } = await test('--yes', '--out', 'results.jsonl');
    expect([code, out]).toEqual([
      0,
      [
        'pass  shop › web may read: allowed: status 200',
        "pass  shop › web's page is open: allowed: status 200",
        'open  shop › web may not open the port of nobody: inconclusive: nothing came back in time: a NetworkPolicy, a missing route, or a server that waits',
        'pass  shop › web may not read the rest: denied: 403, RBAC: access denied',
        '3 passed, 0 failed, 1 inconclusive\n',
      ].join('\n'),
    ]);
    expect(err).toContain('4 probes from 1 workload, 1 cases not sent, to prod: GET, TCP; one every 1 s or slower');
    expect(err).toContain('web may not delete: DELETE may change something');
    expect(executed.map(({ namespace, pod: name, container }) => `${namespace}/${name}/${container}`)).toEqual(
      Array(4).fill('shop/web-7d4b9-x2x4z/app'),
    );
    expect(executed.map(({ stdin }) => stdin)).toEqual(['header = "x-api-key: k-123"\n', '', '\r\n', '']);
    expect(JSON.stringify(executed.map(({ command }) => command))).not.toMatch(/k-123|DELETE/);

    const text = readFileSync(join(folder, 'results.jsonl'), 'utf8');
    expect(text).not.toMatch(/k-123|personal data/);
    const lines = text
      .trim()
      .split('\n')
      .map((line) => probeResult.parse(JSON.parse(line)));
    expect(lines.map(({ code: status }) => status)).toEqual([200, 200, 0, 403]);
    const audit = await runMeshproof(['audit', 'mesh.yaml', 'results.jsonl', '--format', 'json'], { cwd: folder });
    const { workloads } = JSON.parse(audit.out).inventory;
    const api = workloads.find(({ id }: { id: string }) => id === 'shop/api');
    expect(api.ports[0].authorization.status).toBe('VERIFIED');
  });

  it('fails where the mesh does not do what a case expects', async () => {
    mesh = () => http('200 OK', 'all');
    const { code, out } = await test('--yes', '--format', 'json');
    const result = JSON.parse(out);
    expect([code, result.failed]).toEqual([1, 1]);
    expect(result.probes.at(-1)).toMatchObject({ name: 'web may not read the rest', answer: 'allowed' });
    expect(result.notSent).toHaveLength(1);
  });

  it('says that no client is there, and that nobody may run one', async () => {
    mesh = () => ({ output: '', exit: 1, message: 'exec: "curl": executable file not found in $PATH' });
    const bare = await test('--yes');
    expect(bare.code).toBe(2);
    expect(bare.out).toContain('0 passed, 0 failed, 4 inconclusive');
    expect(bare.out).toContain('no container of the pod has a client');
    const few = await runMeshproof(['test', 'suite.yaml', '--live', '--context', 'few', '--yes'], { cwd: folder, env });
    expect([few.code, few.err]).toEqual([2, expect.stringContaining('nothing may be run in pods of namespace `shop`')]);
  });

  it('asks first', async () => {
    const { code, err } = await test();
    expect([code, executed]).toEqual([2, []]);
    expect(err).toContain('give --yes');
  });
});
