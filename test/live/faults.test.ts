import { afterEach, describe, expect, it } from 'vitest';
import { InputError } from '../../src/collect/input-error.ts';
import { ApiClient, PATIENCE, type Patience } from '../../src/collect/live/api-client.ts';
import { collectCluster } from '../../src/collect/live/collect-cluster.ts';
import type { Connection } from '../../src/collect/live/connect.ts';
import { memoryStore, type ObjectStore } from '../../src/collect/live/object-store.ts';
import { scopeOf } from '../../src/collect/scope-of.ts';
import { type Asked, type FakeApiServer, type Fault, startFakeApiServer, type Value } from './fake-api-server.ts';
import { allKinds, meshObjects, reader } from './mesh.ts';

const QUICK: Patience = { ...PATIENCE, idleMs: 150, totalMs: 2000, waitMs: 1, longestWaitMs: 40 };
const PODS = 25;

let server: FakeApiServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const pods = (): readonly Value[] =>
  Array.from({ length: PODS }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${String(index).padStart(3, '0')}`, namespace: 'many' },
    spec: { containers: [{ name: 'app', image: 'registry.example/app:1' }] },
    status: { phase: 'Running' },
  }));

async function start(fault?: (asked: Asked) => Fault | undefined): Promise<FakeApiServer> {
  server = await startFakeApiServer({
    kinds: allKinds(),
    objects: [...meshObjects(), ...pods()],
    users: [reader(), reader('new-token')],
    ...(fault ? { fault } : {}),
    tls: false,
  });
  return server;
}

function connection({ url }: FakeApiServer, tokens = ['reader-token']): Connection {
  let at = 0;
  const open = () => ({ base: new URL(url), headers: { authorization: `Bearer ${tokens[at]}` }, agent: undefined });
  let current = open();
  return {
    name: 'fake',
    access: async () => current,
    async renew(stale) {
      if (stale !== current) return;
      at = Math.min(at + 1, tokens.length - 1);
      current = open();
    },
    close: () => undefined,
  };
}

async function collect(fake: FakeApiServer, store: ObjectStore = memoryStore(), tokens?: string[]) {
  const client = new ApiClient(connection(fake, tokens), QUICK);
  const manifest = await collectCluster(client, store, { page: 10 });
  const lists = await Promise.all(manifest.read.map((list) => store.read(list)));
  return { manifest, objects: lists.flat() };
}

const many = ({ objects }: { readonly objects: readonly Value[] }): readonly unknown[] =>
  objects
    .map(({ metadata }) => metadata as Value)
    .filter(({ namespace }) => namespace === 'many')
    .map(({ name }) => name);
const ALL = pods().map(({ metadata }) => (metadata as Value).name);

const isPods = ({ resource, verb }: Asked): boolean => resource === 'pods' && verb === 'list';

describe('an API server that has a bad moment', () => {
  const passing: readonly (readonly [what: string, fault: Fault])[] = [
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '0.02' } }],
    ['500', { status: 500 }],
    ['502 with a page of a proxy', { status: 502, body: '<html>bad gateway</html>' }],
    ['503', { status: 503 }],
    ['a stall in the middle of a list', 'stall'],
    ['a list that is cut in the middle', 'cut'],
    ['a list that ends in the middle, as if complete', 'half-json'],
    ['a connection that is reset', 'reset'],
    ['garbage', 'garbage'],
    ['403 while it loads its roles', { status: 403 }],
  ];
  it.each(passing)('is asked again after %s, and nothing is lost', async (_what, fault) => {
    const fake = await start((asked) => (isPods(asked) && asked.times % 3 === 1 ? fault : undefined));
    const found = await collect(fake);
    expect(found.manifest.gaps).toEqual([]);
    expect(many(found)).toEqual(ALL);
    expect(scopeOf(found, '')).toContain('all');
  });

  it('waits as long as Retry-After says', async () => {
    const fake = await start((asked) =>
      isPods(asked) && asked.times === 0 ? { status: 429, headers: { 'retry-after': '0.04' } } : undefined,
    );
    const at: number[] = [];
    const { fault } = fake;
    fake.fault = (asked) => {
      if (isPods(asked)) at.push(performance.now());
      return fault?.(asked);
    };
    await collect(fake);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(35);
  });

  it('begins a list again that expired, so that each object is there once', async () => {
    const fake = await start((asked) =>
      isPods(asked) && asked.query.has('continue') && asked.times === 1 ? 'expired' : undefined,
    );
    const found = await collect(fake);
    expect(many(found)).toEqual(ALL);
    expect(found.manifest.read.find(({ resource }) => resource === 'pods')?.inconsistent).toBeUndefined();
  });

  it('reads on where it was in a list that expires time and again, and says so', async () => {
    const isFresh = ({ query }: Asked) =>
      Buffer.from(query.get('continue') ?? '', 'base64url')
        .toString()
        .endsWith('fresh');
    const fake = await start((asked) =>
      isPods(asked) && asked.query.has('continue') && !isFresh(asked) ? 'expired' : undefined,
    );
    const found = await collect(fake);
    expect(many(found)).toEqual(ALL);
    expect(found.manifest.read.find(({ resource }) => resource === 'pods')?.inconsistent).toBe(true);
  });

  it('takes new credentials once the old ones have run out', async () => {
    let hasExpired = false;
    const fake = await start((asked) => {
      if (isPods(asked) && asked.times === 1) hasExpired = true;
      return hasExpired && asked.token === 'reader-token' ? { status: 401 } : undefined;
    });
    const found = await collect(fake, memoryStore(), ['reader-token', 'new-token']);
    expect(found.manifest.gaps).toEqual([]);
    expect(many(found)).toEqual(ALL);
  });
});

describe('an API server that stays bad', () => {
  it.each<readonly [Fault, RegExp]>([
    [{ status: 500 }, /HTTP 500/],
    ['stall', /no answer for 0\.15 s/],
    ['cut', /cut off/],
    ['garbage', /no JSON/],
    ['half-json', /no JSON/],
  ])('leaves a gap with its reason: %s', async (fault, why) => {
    const fake = await start((asked) => (isPods(asked) ? fault : undefined));
    const found = await collect(fake);
    expect(found.manifest.gaps).toEqual([
      { group: '', resource: 'pods', reason: 'failed', why: expect.stringMatching(why) },
    ]);
    expect(found.manifest.read.length).toBeGreaterThan(30);
    const scope = scopeOf(found, '');
    expect(scope).not.toContain('all');
    expect(scope.filter((word) => word.startsWith('namespace:'))).toEqual([]);
    expect(scope).toContain('root-policies');
  });

  it('is given up on when nothing comes any more, instead of asking it for the rest', async () => {
    const fake = await start(() => 'stall');
    const started = performance.now();
    const failure = await collect(fake).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InputError);
    expect(String(failure)).toMatch(/the API server of context `fake` does not answer/);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('that refuses the credentials ends the collection with what to do', async () => {
    const fake = await start(({ resource }) => (resource === 'services' ? { status: 401 } : undefined));
    await expect(collect(fake)).rejects.toThrow('refuses the credentials of context `fake` (401)');
  });
});

describe('what the server does not serve', () => {
  it('is absent and no gap, though it answers 403 to those without rights', async () => {
    server = await startFakeApiServer({
      kinds: allKinds().filter(({ group }) => group !== 'gateway.networking.k8s.io'),
      objects: meshObjects().filter(({ apiVersion }) => !String(apiVersion).startsWith('gateway.networking')),
      users: [{ ...reader(), rules: [] }],
      tls: false,
    });
    const { manifest } = await collect(server);
    expect(manifest.absent).toContain('gateway.networking.k8s.io/HTTPRoute');
    expect(manifest.gaps.map(({ group }) => group)).not.toContain('gateway.networking.k8s.io');
    expect(manifest.gaps).toContainEqual({
      group: 'security.istio.io',
      resource: 'authorizationpolicies',
      reason: 'forbidden',
      why: expect.stringContaining('cannot list resource "authorizationpolicies"'),
      grant: { apiGroups: ['security.istio.io'], resources: ['authorizationpolicies'], verbs: ['list'] },
    });
  });
});
