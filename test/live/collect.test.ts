import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { readBundle } from '../../src/collect/bundle/read-bundle.ts';
import { root } from '../e2e/meshproof.ts';
import { type FakeApiServer, startFakeApiServer, type Value } from './fake-api-server.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { allKinds, meshObjects, reader } from './mesh.ts';
import { runMeshproof } from './run-meshproof.ts';

let server: FakeApiServer;
let folder = '';
let env: Record<string, string> = {};
const PODS = 10_000;

/** 20 kB each, most of it in places that are not kept: 200 MB in all. */
const pods = (): readonly Value[] => {
  const padding = 'x'.repeat(20_000);
  return Array.from({ length: PODS }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${String(index).padStart(5, '0')}`, namespace: 'many', annotations: { padding } },
    spec: { serviceAccountName: 'many', containers: [{ name: 'app', image: 'registry.example/app:1' }] },
    status: { phase: 'Running', podIP: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}` },
  }));
};

beforeAll(async () => {
  bootstrap(root);
  folder = mkdtempSync(join(tmpdir(), 'meshproof-collect-'));
  server = await startFakeApiServer({
    kinds: allKinds(),
    objects: meshObjects(),
    users: [reader(), { token: 'team-token', rules: [], roles: { payments: teamRules() } }],
  });
  const plugin = join(folder, 'plugin.cjs');
  writeFileSync(
    plugin,
    `const { apiVersion } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
console.log(JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token: process.env.TOKEN } }));`,
  );
  const exec = (token: string, command = process.execPath) => ({
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command,
      args: [plugin],
      env: [{ name: 'TOKEN', value: token }],
    },
  });
  const kubeconfig = writeKubeconfig(folder, server, {
    reader: { token: 'reader-token' },
    team: { token: 'team-token' },
    plugin: exec('reader-token'),
    'no-plugin': exec('reader-token', join(folder, 'missing')),
  });
  env = { KUBECONFIG: kubeconfig };
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const teamRules = () => {
  const [namespaced, list] = [allKinds().filter((kind) => kind.namespaced && kind.kind !== 'Secret'), ['list']];
  return namespaced.map(({ group, resource }) => ({ apiGroups: [group], resources: [resource], verbs: list }));
};

const meshproof = (...args: readonly string[]) => runMeshproof(args, { cwd: folder, env });
const read = async (name: string) => (await readBundle(join(folder, name), name, { fileBytes: 2 ** 29 })) ?? [];

describe('meshproof collect', () => {
  it('reads 200 MB of pods with a small heap, page by page', async () => {
    const large = await startFakeApiServer({ kinds: allKinds(), objects: pods(), users: [reader()] });
    const place = mkdtempSync(join(tmpdir(), 'meshproof-many-'));
    try {
      const kubeconfig = writeKubeconfig(place, large, { reader: { token: 'reader-token' } });
      const { code, err } = await runMeshproof(['collect', '--context', 'reader', '--out', 'many.tar.gz'], {
        cwd: place,
        env: { KUBECONFIG: kubeconfig, NODE_OPTIONS: '--max-old-space-size=96' },
      });
      expect({ code, err }).toMatchObject({ code: 0 });
      const file = join(place, 'many.tar.gz');
      const [cluster] = (await readBundle(file, file, { fileBytes: 2 ** 29 })) ?? [];
      expect(cluster?.objects.map(({ metadata }) => (metadata as Value).name)).toEqual(
        pods().map(({ metadata }) => (metadata as Value).name),
      );
      expect(large.asked.filter(({ resource }) => resource === 'pods')).toHaveLength(PODS / 500);
      expect(readFileSync(file).length).toBeLessThan(2 ** 20);
    } finally {
      await large.stop();
      rmSync(place, { recursive: true, force: true });
    }
  });

  it('goes on where it was stopped, and gives the same', async () => {
    server.fault = ({ resource }) => (resource === 'services' ? { status: 401 } : undefined);
    const stopped = await meshproof('collect', '--context', 'reader', '--out', 'mesh.tar.gz');
    expect(stopped).toMatchObject({ code: 2, out: '' });
    expect(stopped.err).toContain('what was read is kept in mesh.tar.gz.partial: go on with --resume');
    expect(existsSync(join(folder, 'mesh.tar.gz'))).toBe(false);

    server.fault = undefined;
    const before = server.asked.length;
    const resumed = await meshproof('collect', '--context', 'reader', '--out', 'mesh.tar.gz', '--resume');
    expect(resumed.code).toBe(0);
    expect(resumed.err).toMatch(/\d+ kinds are from the run before/);
    const again = new Set(server.asked.slice(before).map(({ resource }) => resource));
    expect(again.has('services')).toBe(true);
    const kept = Number(/(\d+) kinds are from/.exec(resumed.err)?.[1]);
    expect(kept).toBeGreaterThan(0);
    expect(again.size + kept).toBeLessThanOrEqual(allKinds().length);
    expect(existsSync(join(folder, 'mesh.tar.gz.partial'))).toBe(false);
    expect((await meshproof('collect', '--context', 'reader', '--out', 'whole.tar.gz')).code).toBe(0);
    const [[whole], [parts]] = [await read('whole.tar.gz'), await read('mesh.tar.gz')];
    expect(parts?.objects).toEqual(whole?.objects);
  });

  it('never replaces a bundle unasked', async () => {
    const before = readFileSync(join(folder, 'whole.tar.gz'));
    const refused = await meshproof('collect', '--context', 'reader', '--out', 'whole.tar.gz');
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.err).toContain('`whole.tar.gz` exists already');
    expect(readFileSync(join(folder, 'whole.tar.gz')).equals(before)).toBe(true);
  });

  it('reads what a team may see of its own namespace', async () => {
    const { code, err } = await meshproof(
      'collect',
      '--context',
      'team',
      '--namespace',
      'payments',
      '--out',
      'team.tar.gz',
    );
    expect(code).toBe(0);
    expect(err).toContain('gap: `clusterroles.rbac.authorization.k8s.io` could not be read: the user may not');
    const [cluster] = await read('team.tar.gz');
    expect(cluster?.manifest.namespaces).toEqual(['payments']);
    const places = new Set(cluster?.objects.map(({ metadata }) => (metadata as Value).namespace));
    expect([...places]).toEqual(['payments']);
    const audited = JSON.parse((await meshproof('audit', 'team.tar.gz', '--format', 'json')).out);
    expect(audited.input.scope.complete).toEqual([]);
  });

  it('asks credential plugins as kubectl does, and says when one does not work', async () => {
    const good = await meshproof('collect', '--context', 'plugin', '--namespace', 'payments', '--out', 'plugin.tar.gz');
    expect(good.code).toBe(0);
    const bad = await meshproof('collect', '--context', 'no-plugin', '--out', 'bad.tar.gz');
    expect(bad).toMatchObject({ code: 2, out: '' });
    expect(bad.err).toContain('context `no-plugin` gives no credentials');
  });

  it('puts several clusters into one bundle, each with its name', async () => {
    const both = ['--context', 'team', '--context', 'plugin', '--namespace', 'payments', '--out', 'both.tar.gz'];
    expect((await meshproof('collect', ...both)).code).toBe(0);
    const { out } = await meshproof('audit', 'both.tar.gz', '--format', 'json');
    expect(JSON.parse(out).inventory.clusters.map((cluster: Value) => cluster.name ?? cluster)).toEqual([
      'plugin',
      'team',
    ]);
  });
});
