import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { fileStore } from '../../src/collect/bundle/file-store.ts';
import { addDumps } from '../../src/collect/dumps/add-dumps.ts';
import { choosePods, type DumpPlan } from '../../src/collect/dumps/choose-pods.ts';
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

/** What istiod says of its policies: those that it holds. */
function authorizationz(configz: string): string {
  const policies = (JSON.parse(configz) as { kind: string; metadata: Item; spec: Item }[])
    .filter(({ kind }) => kind === 'AuthorizationPolicy')
    .map(({ metadata: { name, namespace }, spec }) => ({ name, namespace, spec }));
  return JSON.stringify({ authorization_policies: { namespace_to_policies: { demo: policies }, root_namespace: '' } });
}

const istiodSays = (configz = sample('configz.json')): Readonly<Record<string, string>> => ({
  '/debug/syncz': sample('syncz.json'),
  '/debug/configz': configz,
  '/debug/authorizationz': authorizationz(configz),
  '/debug/registryz': sample('registryz.json'),
});

/** server-1 gives its dump in chunks; the others have none; istiod says on 15014 who took which push, and what it holds. */
const answering =
  (dump: string, says = istiodSays()): FakePortForward =>
  ({ pod, port, path }) => {
    if (pod === 'server-1' && port === 15_000 && path === '/config_dump') return httpAnswer(dump, { chunked: true });
    const said = pod === 'istiod-1' && port === 15_014 ? says[path] : undefined;
    return said === undefined ? 'refused' : httpAnswer(said);
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
      /^dumper: 7 dumps from 4 pods \(3 Envoy, 0 ztunnel, 1 istiod\), about \d+ kB, through the API server$/m,
    );
    expect(err).toContain('the proxy of demo/client-a-1 could not be dumped: nothing answers at port 15000');
    expect(asked.map(({ pod, port }) => `${pod}:${port}`).sort()).toEqual([
      'client-a-1:15000',
      'client-b-1:15000',
      'istiod-1:15014',
      'istiod-1:15014',
      'istiod-1:15014',
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
    expect(collected.err).toContain('dumper: 5 of 7 dumps were read');
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
    expect(new Set(asked.map(({ pod }) => pod))).toEqual(new Set(['istiod-1']));
    expect(port.authorization.status).not.toBe('VERIFIED');
    // What is configured is known all the same.
    expect(result.input.scope.complete).toContain('all');
  });

  it('asks istiod at its older port, and says where it does not answer', async () => {
    pods = (one) =>
      one.port === 15_014
        ? httpAnswer('', { status: '401 Unauthorized' })
        : one.port === 8080
          ? httpAnswer(istiodSays()[one.path] ?? '')
          : 'refused';
    expect((await meshproof('drift', ...DUMPED)).err).not.toContain('istiod-1');
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
      portForward: ({ pod, port, path }) => {
        asked.push({ pod, port, namespace: '', path });
        if (pod === 'server-1') return httpAnswer(sample('config_dump.json'), { chunked: true });
        if (port === 15_014 && path === '/debug/syncz')
          return httpAnswer(JSON.stringify([...status, { ...known, proxy: 'server-2.demo' }]));
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

  it('asks another replica of a class where one does not answer, and names both where neither does', async () => {
    const kept = process.env.KUBECONFIG;
    process.env.KUBECONFIG = env.KUBECONFIG;
    try {
      const get = forwardTo('dumper', { idleMs: 300, totalMs: 5000, bodyBytes: 2 ** 24 });
      const page = 'config_dump' as const;
      const target = { kind: 'envoy' as const, page, namespace: 'demo', pod: 'client-a-1', others: ['client-b-1'] };
      const plan = { targets: [{ ...target, others: [...target.others, 'server-1'] }], gaps: [], bytes: 1 };
      const pace = { parallel: 2, pauseMs: 0 };
      for (const failing of [
        'stall',
        'cut',
        'refused',
        httpAnswer('{}'),
        httpAnswer('', { status: '404 Not Found' }),
      ]) {
        asked = [];
        pods = (one) => (one.pod === 'server-1' ? answering(sample('config_dump.json'))(one) : failing);
        const { observations, gaps } = await readDumps(get, plan, { pace });
        expect([observations.map(({ file }) => file), gaps]).toEqual([['demo/server-1'], []]);
        expect(asked.map(({ pod }) => pod)).toEqual(['client-a-1', 'client-b-1', 'server-1']);
      }
      pods = ({ pod }) => (pod === 'client-a-1' ? 'refused' : httpAnswer('{}'));
      const { observations, gaps } = await readDumps(get, { ...plan, targets: [target] }, { pace });
      expect(observations).toEqual([]);
      expect(gaps.map(({ what, why }) => `${what}: ${why}`)).toEqual([
        'the proxy of demo/client-a-1: client-a-1: nothing answers at port 15000; client-b-1: `/config_dump` at port 15000 gives something else',
      ]);
    } finally {
      if (kept === undefined) delete process.env.KUBECONFIG;
      else process.env.KUBECONFIG = kept;
    }
  });

  it('does not ask again for what a stopped collection has', async () => {
    const lists = { objects: [...manifests(), istiod] };
    const place = mkdtempSync(join(tmpdir(), 'meshproof-dumps-'));
    try {
      const pace = { parallel: 1, pauseMs: 0 };
      const head = { cluster: 'dumper', version: '0', startedAt: '2026-11-25T00:00:00.000Z' };
      const store = (resume: boolean) => fileStore(place, head, resume);
      const first = store(false);
      const sink = await first.open({ group: '', resource: 'pods' });
      await sink.add(lists.objects.filter(({ kind }) => kind === 'Pod'));
      const read = [{ group: '', resource: 'pods', version: 'v1', kind: 'Pod', ...(await sink.close()) }];
      const manifest = {
        name: 'dumper',
        kubernetesVersion: '',
        startedAt: head.startedAt,
        finishedAt: head.startedAt,
        systemNamespaces: [],
        read,
        absent: [],
        gaps: [],
      };
      const plans: DumpPlan[] = [];
      const options = {
        mayDump: async (_: string, plan: DumpPlan) => plans.push(plan) > 0,
        limits: { idleMs: 300, totalMs: 5000, bodyBytes: 2 ** 24 },
      };
      const kept = process.env.KUBECONFIG;
      process.env.KUBECONFIG = env.KUBECONFIG;
      try {
        const before = await addDumps(first, manifest, options, { pace });
        const told = await first.read(before.dumps ?? { file: '' });
        asked = [];
        const second = store(true);
        const after = await addDumps(second, manifest, options, { pace });
        // What failed is tried again, what is there is not.
        expect(asked.map(({ pod }) => pod)).toEqual(['client-a-1', 'client-b-1']);
        expect(plans.map((plan) => [plan.targets.length, plan.kept])).toEqual([
          [7, 0],
          [7, 5],
        ]);
        expect(await second.read(after.dumps ?? { file: '' })).toEqual(told);
        expect(after.dumps).toMatchObject({ planned: 7, objects: 5 });
      } finally {
        if (kept === undefined) delete process.env.KUBECONFIG;
        else process.env.KUBECONFIG = kept;
      }
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  });

  it('gives up what stalls or is cut, by name, and reads the rest', async () => {
    pods = ({ pod, port, path }) =>
      ({ 'server-1': 'stall', 'client-a-1': 'cut' })[pod] ??
      (port === 15_014 ? httpAnswer(istiodSays()[path] ?? '') : httpAnswer('not found', { status: '404 Not Found' }));
    const kept = process.env.KUBECONFIG;
    process.env.KUBECONFIG = env.KUBECONFIG;
    try {
      const get = forwardTo('dumper', { idleMs: 300, totalMs: 5000, bodyBytes: 2 ** 20 });
      const plan = choosePods(
        [...manifests(), istiod].filter(({ kind }) => kind === 'Pod'),
        { services: 1 },
      );
      const { observations, gaps } = await readDumps(get, plan);
      expect(observations.map(({ kind, file }) => [kind, file])).toEqual([
        ['istiod-syncz', 'istio-system/istiod-1/debug/syncz'],
        ['istiod-objects', 'istio-system/istiod-1/debug/configz'],
        ['istiod-objects', 'istio-system/istiod-1/debug/authorizationz'],
        ['istiod-services', 'istio-system/istiod-1/debug/registryz'],
      ]);
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

  it('reads what istiod holds: an object that it lacks is said, and no secret of one is kept', async () => {
    const objects = JSON.parse(sample('configz.json')) as { kind: string; spec: Item }[];
    const policy = objects.find(({ kind }) => kind === 'AuthorizationPolicy');
    Object.assign(policy?.spec ?? {}, {
      rules: [{ when: [{ key: 'request.headers[x-api-key]', values: ['planted-held'] }] }],
    });
    const left = JSON.stringify(objects.filter(({ kind }) => kind !== 'PeerAuthentication'));
    pods = answering(sample('config_dump.json'), istiodSays(left));
    const collected = await meshproof('collect', ...DUMPED, '--out', 'held.tar.gz');
    expect(collected.code, collected.err).toBe(0);
    const { out } = await meshproof('drift', 'held.tar.gz', '--format', 'json');
    expect(JSON.parse(out).objects.map(({ state, kind }: Item) => `${state} ${kind}`)).toEqual([
      'different AuthorizationPolicy',
      'missing PeerAuthentication',
    ]);
    const unpacked = gunzipSync(readFileSync(join(folder, 'held.tar.gz'))).toString('latin1');
    expect(unpacked).toContain('"only":"AuthorizationPolicy"');
    expect(unpacked + out).not.toContain('planted-held');
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
