import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { root } from '../e2e/meshproof.ts';
import { type KubeTarget, writeKubeconfig } from './kubeconfig.ts';
import { PLANTED } from './mesh.ts';
import { runMeshproof } from './run-meshproof.ts';

/** An API server with the objects of `mesh.ts` and the users `USERS`, whose tokens are their names and `-token`. */
export interface TestCluster extends KubeTarget {
  stop(): Promise<void>;
}

/**
 * `reader` has the published roles, `partial` all of them but for AuthorizationPolicies, `prober` that of live tests in `PROBED`, `dumper` those of a
 * reader and that of dumps in `PROBED`, `nobody` none.
 */
export const USERS = ['reader', 'admin', 'partial', 'prober', 'dumper', 'nobody'] as const;
export const PROBED = 'payments';
export const tokenOf = (user: string): string => `${user}-token`;

/** What holds against any API server, the fake one of the tests and the real one alike. */
export function describeLiveCluster(name: string, start: () => Promise<TestCluster>): void {
  describe(name, () => {
    let cluster: TestCluster | undefined;
    let folder = '';
    let env: Record<string, string> = {};
    const meshproof = (...args: readonly string[]) => runMeshproof(args, { cwd: folder, env });

    beforeAll(async () => {
      bootstrap(root);
      folder = mkdtempSync(join(tmpdir(), 'meshproof-live-'));
      cluster = await start();
      const users = [...USERS, 'stranger'].map((user) => [user, { token: tokenOf(user) }] as const);
      env = { KUBECONFIG: writeKubeconfig(folder, cluster, Object.fromEntries(users)) };
    }, 180_000);
    afterAll(async () => {
      await cluster?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

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
      expect(finding.evidence[0].source).toEqual({
        cluster: 'reader',
        resourceVersion: expect.stringMatching(/^\d+$/),
      });
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
      const tokens = [...USERS, 'stranger'].map(tokenOf);
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

    it('lets probes be sent with the role of live tests, and without it says which rights they need', async () => {
      const suite = {
        apiVersion: 'meshproof.dev/v1',
        kind: 'PolicyTest',
        metadata: { name: 'probes' },
        resources: [join(root, 'examples/payments')],
        cases: [
          {
            name: 'the api is reached from its own namespace',
            request: {
              from: { workload: 'payments/payments-api' },
              to: { service: 'payments/payments-api', port: 80 },
              http: { method: 'GET', path: '/' },
            },
            expect: 'allow',
          },
        ],
      };
      writeFileSync(join(folder, 'suite.json'), JSON.stringify(suite));
      const probe = (context: string) => meshproof('test', 'suite.json', '--live', '--yes', '--context', context);
      // There is no kubelet behind the API server: that it was asked at all shows the right.
      const prober = await probe('prober');
      expect(prober.err).toContain('1 probes from 1 workload');
      expect(prober.out).toContain('1 inconclusive');
      const reader = await probe('reader');
      expect(reader.code).toBe(2);
      expect(reader.err).toContain(`nothing may be run in pods of namespace \`${PROBED}\``);
      expect(reader.err).toContain('get and create pods/exec');
    });

    it('lets proxies be dumped with the role of dumps, and without it says which rule grants it', async () => {
      const collect = (context: string) =>
        meshproof('collect', '--context', context, '--dumps', '--yes', '--out', `dumps-${context}.tar.gz`);
      // There is no kubelet behind the API server: that it was asked at all shows the right.
      const dumper = await collect('dumper');
      expect(dumper.code, dumper.err).toBe(0);
      expect(dumper.err).toContain('dumper: 2 dumps from 2 pods (2 Envoy, 0 ztunnel, 0 istiod)');
      expect(dumper.err).toContain('the proxy of payments/bare could not be dumped: ');
      expect(dumper.err).not.toContain('the user may not');
      const reader = await collect('reader');
      expect(reader.code).toBe(0);
      expect(reader.err).toContain(`2 pods of namespace \`${PROBED}\` could not be dumped: the user may not`);
      expect(reader.err).toContain('"resources":["pods/portforward"],"verbs":["get","create"]');
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
}
