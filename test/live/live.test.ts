import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { root } from '../e2e/meshproof.ts';
import { type FakeApiServer, startFakeApiServer } from './fake-api-server.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { allKinds, meshObjects, PLANTED, publishedRoles, reader } from './mesh.ts';
import { runMeshproof } from './run-meshproof.ts';

let server: FakeApiServer;
let folder = '';
let env: Record<string, string> = {};

beforeAll(async () => {
  bootstrap(root);
  folder = mkdtempSync(join(tmpdir(), 'meshproof-live-'));
  const { rules, roles = {} } = reader();
  const withoutPolicies = (rules === 'all' ? [] : rules).map((rule) => ({
    ...rule,
    resources: rule.resources.filter((name) => name !== 'authorizationpolicies'),
  }));
  server = await startFakeApiServer({
    kinds: allKinds(),
    objects: meshObjects(),
    users: [
      reader(),
      { token: 'admin-token', rules: 'all' },
      { token: 'partial-token', rules: withoutPolicies, roles },
      { token: 'nobody-token', rules: [] },
    ],
  });
  const kubeconfig = writeKubeconfig(folder, server, {
    reader: { token: 'reader-token' },
    admin: { token: 'admin-token' },
    partial: { token: 'partial-token' },
    nobody: { token: 'nobody-token' },
    stranger: { token: 'wrong-token' },
  });
  env = { KUBECONFIG: kubeconfig };
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const meshproof = (...args: readonly string[]) => runMeshproof(args, { cwd: folder, env });

describe('a live cluster', () => {
  it('is audited with the published roles and nothing more', async () => {
    const { code, out, err } = await meshproof(
      'audit',
      '--context',
      'reader',
      '--format',
      'json',
      '--now',
      '2026-11-25',
    );
    expect(err).not.toMatch(/could not be read|internal error/);
    expect(code).toBe(1);
    const result = JSON.parse(out);
    expect(result.input.scope.complete).toContain('all');
    expect(result.input.sources).toEqual([
      { name: 'reader', kind: 'cluster', documents: expect.any(Number), sha256: expect.any(String) },
    ]);
    const ids = result.inventory.workloads.map(({ id }: { id: string }) => id);
    expect(ids).toContain('payments/payments-api');
    expect(ids).toContain('payments/bare');
    expect(ids).not.toContain('payments/finished');
    expect(ids.filter((id: string) => id.startsWith('payments/payments-api'))).toEqual(['payments/payments-api']);
    const api = result.inventory.workloads.find(({ id }: { id: string }) => id === 'payments/payments-api');
    expect(api.dataPlane).toMatchObject({ kind: 'sidecar', status: 'INFERRED' });
    const [finding] = result.findings;
    expect(finding.evidence[0].source).toEqual({ cluster: 'reader', resourceVersion: expect.stringMatching(/^\d+$/) });
  });

  it('asks for exactly what the published roles grant, and never for a Secret', async () => {
    const before = server.asked.length;
    await meshproof('audit', '--context', 'admin', '--format', 'json');
    const asked = server.asked.slice(before);
    const key = (group: string, resource: string, verb: string, place: string) =>
      `${verb} ${group}/${resource} ${place}`;
    const wanted = new Set(
      asked.map(({ group, resource, verb, namespace }) => key(group, resource, verb, namespace ?? 'cluster')),
    );
    const granted = new Set(
      publishedRoles().flatMap(({ metadata, rules }) =>
        rules.flatMap(({ apiGroups, resources, verbs }) =>
          apiGroups.flatMap((group) =>
            resources.flatMap((resource) =>
              verbs.map((verb) => key(group, resource, verb, metadata.namespace ?? 'cluster')),
            ),
          ),
        ),
      ),
    );
    expect([...wanted].filter((each) => !granted.has(each))).toEqual([]);
    const served = new Set(allKinds().map(({ group, resource }) => `${group}/${resource}`));
    const idle = [...granted].filter((each) => !wanted.has(each) && served.has(each.split(' ')[1] ?? ''));
    expect(idle).toEqual([]);
    expect(asked.map(({ resource }) => resource)).not.toContain('secrets');
  });

  it('gives the same from a bundle, byte for byte but for the name of the source', async () => {
    const collected = await meshproof('collect', '--context', 'reader', '--out', 'reader.tar.gz');
    expect(collected).toMatchObject({ code: 0, out: '' });
    expect(collected.err).toMatch(/wrote reader\.tar\.gz, sha256 [0-9a-f]{64}/);
    expect(statSync(join(folder, 'reader.tar.gz')).mode & 0o777).toBe(0o600);
    for (const format of ['json', 'terminal']) {
      const args = ['--format', format, '--now', '2026-11-25', '--fail-on', 'never'];
      const live = await meshproof('audit', '--context', 'reader', ...args);
      const bundle = await meshproof('audit', 'reader.tar.gz', ...args);
      expect(live.code).toBe(0);
      const named = (text: string) =>
        text
          .replaceAll(/(meshproof [a-z-]+) reader\.tar\.gz/g, '$1 --context reader')
          .replaceAll('reader.tar.gz', 'reader');
      expect(named(bundle.out)).toBe(live.out);
    }
  });

  it('keeps secrets out of the bundle and of every output', async () => {
    await meshproof('collect', '--context', 'admin', '--out', 'admin.tar.gz');
    const texts = [gunzipSync(readFileSync(join(folder, 'admin.tar.gz'))).toString('latin1')];
    for (const format of ['json', 'terminal', 'markdown', 'html']) {
      const { out, err } = await meshproof('audit', '--context', 'admin', '--format', format, '--verbose');
      texts.push(out, err);
    }
    const plan = await meshproof('plan', '--context', 'admin', '--format', 'json');
    texts.push(plan.out, plan.err);
    const tokens = ['admin-token', 'reader-token', 'wrong-token'];
    for (const secret of [...PLANTED, ...tokens])
      for (const text of texts) expect(text.includes(secret), secret).toBe(false);
    // The test would prove nothing if the objects were not there at all.
    for (const name of ['by-header', 'with-header', 'istio-canary', 'annotated', 'filter'])
      expect(texts[0]).toContain(name);
  });

  it('names what it may not read, with the rule that grants it, and concludes less', async () => {
    const { out, err } = await meshproof('audit', '--context', 'partial', '--format', 'json');
    expect(err).toContain(
      'partial: warning: `authorizationpolicies.security.istio.io` could not be read: the user may not (grant in a ClusterRole: {"apiGroups":["security.istio.io"],"resources":["authorizationpolicies"],"verbs":["list"]})',
    );
    const { scope } = JSON.parse(out).input;
    expect(scope.complete).not.toContain('all');
    expect(scope.complete).not.toContain('root-policies');
    expect(scope.complete).toContain('rbac');
    expect(scope.namespaces).toEqual([]);
  });

  it('says in a sentence what is wrong with the way in', async () => {
    const refused = await meshproof('audit', '--context', 'stranger');
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('the API server refuses the credentials of context `stranger` (401)');
    const misspelt = await meshproof('audit', '--context', 'readr');
    expect(misspelt).toMatchObject({ code: 2 });
    expect(misspelt.err).toContain('did you mean `reader`?');
    const nobody = await meshproof('audit', '--context', 'nobody');
    expect(nobody).toMatchObject({ code: 2 });
    expect(nobody.err).toContain('no Kubernetes object in `--context nobody`');
  });
});
