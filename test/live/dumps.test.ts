import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { choosePods } from '../../src/collect/dumps/choose-pods.ts';
import { readDumps } from '../../src/collect/dumps/read-dumps.ts';
import { forwardTo } from '../../src/collect/live/port-forward.ts';
import { readText } from '../../src/collect/read-text.ts';
import { root } from '../e2e/meshproof.ts';
import { type FakeApiServer, type Rule, startFakeApiServer, type Value } from './fake-api-server.ts';
import { type FakePortForward, type Forwarded, httpAnswer } from './fake-portforward.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { allKinds, dumperRole, reader } from './mesh.ts';
import { runMeshproof } from './run-meshproof.ts';

const sample = (name: string): string => readFileSync(join(root, 'test/fixtures/real-mesh', name), 'utf8');

type Item = Record<string, unknown>;

/** The recorded dump with secrets wherever a proxy holds some. */
function planted(): string {
  const dump = JSON.parse(sample('config_dump.json'));
  const section = (name: string) => dump.configs.find((each: Item) => String(each['@type']).endsWith(name));
  section('BootstrapConfigDump').bootstrap.node.metadata.PROXY_CONFIG = { proxyMetadata: { DB: 'planted-metadata' } };
  section('SecretsConfigDump').dynamic_active_secrets.push({
    name: 'tls',
    secret: { name: 'tls', tls_certificate: { private_key: { inline_string: 'planted-private-key' } } },
  });
  const { dynamic_listeners: listeners } = section('ListenersConfigDump');
  const inbound = listeners.find(({ name }: Item) => name === 'virtualInbound').active_state.listener;
  for (const { filters } of inbound.filter_chains) {
    for (const { typed_config: config } of filters) {
      if (config.route_config)
        config.route_config.virtual_hosts[0].request_headers_to_add = [{ value: 'planted-route' }];
      config.http_filters?.unshift({
        name: 'envoy.filters.http.fault',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault',
          key: 'planted-filter',
        },
      });
    }
  }
  const details = 'refused: password=planted-in-error';
  section('ClustersConfigDump').dynamic_active_clusters.push({ cluster: { name: 'x' }, error_state: { details } });
  return JSON.stringify(dump);
}

/** Its policy asks for a header's value beside. */
const withHeader = (value: string): string =>
  sample('config_dump.json').replaceAll(
    /"permissions":\s*\[/g,
    `"permissions": [{"header":{"name":"x-api-key","string_match":{"exact":"${value}"}}},`,
  );

const manifests = (): readonly Value[] => readText(sample('manifests.yaml'), 'mesh').objects.map(({ value }) => value);

let server: FakeApiServer;
let folder = '';
let env: Record<string, string> = {};
let asked: Forwarded[] = [];
let pods: FakePortForward;

const istiod: Value = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'istiod-1', namespace: 'istio-system', labels: { app: 'istiod' } },
  spec: { containers: [{ name: 'discovery', image: 'docker.io/istio/pilot:1.32.0' }] },
  status: { phase: 'Running' },
};

/** server-1 gives its dump in chunks; the others have none; istiod says on 15014 who took which push. */
const answering =
  (dump: string): FakePortForward =>
  ({ pod, port, path }) => {
    if (pod === 'server-1' && port === 15_000 && path === '/config_dump') return httpAnswer(dump, { chunked: true });
    if (pod === 'istiod-1' && port === 15_014 && path === '/debug/syncz') return httpAnswer(sample('syncz.json'));
    return 'refused';
  };

beforeAll(async () => {
  bootstrap(root);
  folder = mkdtempSync(join(tmpdir(), 'meshproof-dumps-'));
  const { rules } = dumperRole();
  const { rules: reads, roles } = reader();
  const withDumps = (...namespaces: readonly string[]) => ({
    ...roles,
    ...Object.fromEntries(namespaces.map((name) => [name, [...(roles?.[name] ?? []), ...rules]])),
  });
  server = await startFakeApiServer({
    kinds: allKinds(),
    objects: [...manifests(), istiod],
    users: [
      { token: 'dumper', rules: reads, roles: withDumps('demo', 'istio-system') },
      { token: 'half', rules: reads, roles: withDumps('istio-system') },
    ],
    portForward: (one) => {
      asked.push(one);
      return pods(one);
    },
  });
  env = { KUBECONFIG: writeKubeconfig(folder, server, { dumper: { token: 'dumper' }, half: { token: 'half' } }) };
});
beforeEach(() => {
  asked = [];
  pods = answering(sample('config_dump.json'));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const meshproof = (...args: readonly string[]) => runMeshproof(args, { cwd: folder, env });
const audited = async (...args: readonly string[]) => {
  const { out, err } = await meshproof('audit', ...args, '--format', 'json', '--fail-on', 'never');
  const result = JSON.parse(out);
  const workload = result.inventory.workloads.find(({ name }: { name: string }) => name === 'server-1');
  return { err, result, port: workload.ports[0] };
};
const DUMPED = ['--context', 'dumper', '--dumps', '--yes'] as const;

describe('--dumps', () => {
  it('verifies what a proxy says through the API server, with its role and no other right; the cost is said first', async () => {
    const { code, out, err } = await meshproof('drift', ...DUMPED);
    expect(code, err).toBe(0);
    expect(out).toMatch(/demo\/server-1 · sidecar · 1 of 1 replica · traffic: verified/);
    expect(out).toMatch(/:8080 +mTLS STRICT +verified/);
    expect(err).toMatch(
      /^dumper: 4 dumps from 4 pods \(3 Envoy, 0 ztunnel, 1 istiod\), about \d+ kB, through the API server$/m,
    );
    expect(err).toContain('the proxy of demo/client-a-1 could not be dumped: nothing answers at port 15000');
    expect(asked.map(({ pod, port }) => `${pod}:${port}`).sort()).toEqual([
      'client-a-1:15000',
      'client-b-1:15000',
      'istiod-1:15014',
      'server-1:15000',
    ]);
    const { port } = await audited(...DUMPED);
    expect(port).toMatchObject({ mtls: { status: 'VERIFIED' }, authorization: { status: 'VERIFIED' } });
  });

  it('gives the same from a bundle, without any secret of a dump', async () => {
    pods = answering(planted());
    const collected = await meshproof('collect', ...DUMPED, '--out', 'b.tar.gz');
    expect(collected.code, collected.err).toBe(0);
    expect(collected.err).toContain('dumper: 2 of 4 pods say what they run');
    const now = ['--now', '2026-11-26'];
    const live = await audited(...DUMPED, ...now);
    asked = [];
    const bundle = await audited('b.tar.gz', ...now);
    expect(asked).toEqual([]);
    expect(bundle.port).toMatchObject({ mtls: { status: 'VERIFIED' }, authorization: { status: 'VERIFIED' } });
    // Each dump has its own time; that apart, nothing differs.
    const inventory = ({ result }: typeof live) =>
      JSON.stringify([result.inventory, result.findings, result.confidence]).replaceAll(
        /2\d{3}-\d\d-\d\dT[\d:.]+Z/g,
        'T',
      );
    expect(inventory(bundle)).toBe(inventory(live));
    const unpacked = gunzipSync(readFileSync(join(folder, 'b.tar.gz'))).toString('latin1');
    expect(unpacked).toContain('ns[demo]-policy[only-a]-rule[0]');
    expect(unpacked).toContain('refused: password=REDACTED');
    const texts = [unpacked, collected.err];
    for (const each of [live, bundle]) texts.push(JSON.stringify(each));
    for (const text of texts) expect(text).not.toMatch(/planted-|BEGIN CERTIFICATE|LS0tLS1/);
  });

  it('names what may not be asked, with the rule that grants it, and reads the rest', async () => {
    const { err, port, result } = await audited('--context', 'half', '--dumps', '--yes');
    expect(err).toContain(
      'half: warning: 3 pods of namespace `demo` could not be dumped: the user may not (grant in a Role of namespace `demo` (deploy/rbac/dumps): {"apiGroups":[""],"resources":["pods/portforward"],"verbs":["get","create"]})',
    );
    expect(asked.map(({ pod }) => pod)).toEqual(['istiod-1']);
    expect(port.authorization.status).not.toBe('VERIFIED');
    // What is configured is known all the same.
    expect(result.input.scope.complete).toContain('all');
  });

  it('asks istiod at its older port, and says where it does not answer', async () => {
    pods = (one) =>
      one.port === 15_014
        ? httpAnswer('', { status: '401 Unauthorized' })
        : one.port === 8080
          ? httpAnswer(sample('syncz.json'))
          : 'refused';
    expect((await meshproof('drift', ...DUMPED)).err).not.toContain('sync status');
    pods = ({ port }) =>
      port === 15_000 ? httpAnswer(sample('config_dump.json')) : httpAnswer('', { status: '403 Forbidden' });
    const { err } = await meshproof('drift', ...DUMPED);
    expect(err).toContain(
      'the sync status of istio-system/istiod-1 could not be dumped: HTTP 403 from `/debug/syncz` at port 15014, HTTP 403 from `/debug/syncz` at port 8080',
    );
  });

  it('neither takes a value that it did not keep for another, nor for the same', async () => {
    pods = answering(withHeader('planted-key'));
    const { out } = await meshproof('drift', ...DUMPED, '--format', 'json');
    expect(out).not.toContain('planted-key');
    const server1 = JSON.parse(out).workloads.find(
      ({ workload }: { workload: string }) => workload === 'demo/server-1',
    );
    expect(server1.drifts).toEqual([]);
    expect(JSON.stringify(server1)).toContain('header is not read');
  });

  it('counts the other replicas of a class where istiod says that they took the same push', async () => {
    const [one] = manifests().filter(({ metadata }) => (metadata as Item).name === 'server-1');
    const replica = (name: string): Value => ({
      ...one,
      metadata: {
        ...(one?.metadata as Item),
        name,
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'server-5d', controller: true }],
      },
    });
    const others = manifests().filter(({ metadata }) => (metadata as Item).name !== 'server-1');
    const status = JSON.parse(sample('syncz.json'));
    const known = status.find(({ proxy }: Item) => proxy === 'server-1.demo');
    const { rules } = dumperRole();
    const place = mkdtempSync(join(tmpdir(), 'meshproof-dumps-'));
    const twice = await startFakeApiServer({
      kinds: allKinds(),
      objects: [...others, replica('server-1'), replica('server-2'), istiod],
      users: [
        {
          token: 'all',
          rules: [...(reader().rules as readonly Rule[]), ...(reader().roles?.['istio-system'] ?? []), ...rules],
        },
      ],
      portForward: ({ pod, port }) => {
        asked.push({ pod, port, namespace: '', path: '' });
        if (pod === 'server-1') return httpAnswer(sample('config_dump.json'), { chunked: true });
        if (port === 15_014) return httpAnswer(JSON.stringify([...status, { ...known, proxy: 'server-2.demo' }]));
        return 'refused';
      },
    });
    try {
      const kubeconfig = writeKubeconfig(place, twice, { all: { token: 'all' } });
      const args = ['drift', '--context', 'all', '--dumps', '--yes'];
      const { out, err } = await runMeshproof(args, { cwd: place, env: { KUBECONFIG: kubeconfig } });
      expect(
        asked.map(({ pod }) => pod),
        err,
      ).not.toContain('server-2');
      expect(out).toMatch(/:8080 +mTLS STRICT +verified/);
      expect(out).toContain('of 2 replicas');
    } finally {
      await twice.stop();
      rmSync(place, { recursive: true, force: true });
    }
  });

  it('gives up what stalls or is cut, by name, and reads the rest', async () => {
    pods = ({ pod, port }) =>
      ({ 'server-1': 'stall', 'client-a-1': 'cut' })[pod] ??
      (port === 15_014 ? httpAnswer(sample('syncz.json')) : httpAnswer('not found', { status: '404 Not Found' }));
    const kept = process.env.KUBECONFIG;
    process.env.KUBECONFIG = env.KUBECONFIG;
    try {
      const get = forwardTo('dumper', { idleMs: 300, totalMs: 5000, bodyBytes: 2 ** 20 });
      const plan = choosePods(
        [...manifests(), istiod].filter(({ kind }) => kind === 'Pod'),
        1,
      );
      const { observations, gaps } = await readDumps(get, plan);
      expect(observations.map(({ kind, file }) => [kind, file])).toEqual([['istiod-syncz', 'istio-system/istiod-1']]);
      expect(gaps.map(({ what, why }) => `${what}: ${why}`)).toEqual([
        'the proxy of demo/client-a-1: the answer was cut off',
        'the proxy of demo/client-b-1: HTTP 404 from `/config_dump` at port 15000',
        'the proxy of demo/server-1: no answer for 0.3 s',
      ]);
      const small = forwardTo('dumper', { idleMs: 300, totalMs: 5000, bodyBytes: 1000 });
      pods = answering(sample('config_dump.json'));
      const large = await readDumps(small, { ...plan, targets: plan.targets.filter(({ pod }) => pod === 'server-1') });
      expect(large.gaps[0]?.why).toContain('the answer is larger than');
    } finally {
      if (kept === undefined) delete process.env.KUBECONFIG;
      else process.env.KUBECONFIG = kept;
    }
  });

  it('asks first, and asks nothing of pods without the option', async () => {
    const silent = await meshproof('audit', '--context', 'dumper', '--dumps');
    expect([silent.code, asked]).toEqual([2, []]);
    expect(silent.err).toContain('nobody is there to say whether the proxies may be dumped');
    expect(silent.err).toContain('give --yes');
    const files = await meshproof('audit', 'b.tar.gz', '--dumps', '--yes');
    expect(files.err).toContain('`--dumps` has to know which cluster');
    await audited('--context', 'dumper');
    expect(asked).toEqual([]);
  });
});
