import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import type { StatedAsset } from '../assets.ts';
import type { Facts } from '../facts.ts';
import type { StatedFlow } from '../wanted.ts';
import type { AttackPath } from './attack-path.ts';
import { findBlastRadii } from './blast-radius.ts';
import { findChokePoints } from './choke-points.ts';
import { findAttackPaths } from './find-attack-paths.ts';
import type { Foothold } from './foothold.ts';

const VAULT: readonly StatedAsset[] = [{ select: { workload: 'shop/vault' }, sensitivity: 'critical', why: 'cards' }];
const STRICT = policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } });
/** Not the cluster: a webhook that injects is not among the objects. */
const COMPLETE = { complete: ['mesh-config', 'root-policies', 'network-policies', 'gateways'] };
const http = { ports: { http: 8080 } } as const;

/** web → api → vault is wanted; each of them is guarded unless a test says otherwise. */
const allow = (to: string, from: readonly string[], rule: Manifest = {}): Manifest =>
  policy('AuthorizationPolicy', 'shop', to, {
    ...selecting(to),
    rules: [{ from: [{ source: { principals: from.map((each) => `cluster.local/ns/shop/sa/${each}`) } }], ...rule }],
  });

interface Given {
  readonly guards?: readonly Manifest[];
  readonly more?: readonly Manifest[];
  readonly wanted?: readonly StatedFlow[];
  readonly assets?: readonly StatedAsset[];
}

const WANTED: readonly StatedFlow[] = [
  { from: 'shop/web', to: 'shop/api:8080' },
  { from: 'shop/api', to: 'shop/vault:8080' },
];

function shop({ guards = [allow('api', ['web']), allow('vault', ['api'])], more = [], ...stated }: Given = {}): Facts {
  const manifests = [
    namespace('istio-system', {}),
    namespace('shop'),
    ...workload('shop', 'web', http),
    ...workload('shop', 'api', http),
    ...workload('shop', 'vault', http),
    allow('web', ['nobody']),
    STRICT,
    ...guards,
    ...more,
  ];
  return factsOfText(meshText(manifests), 'mesh.yaml', { wanted: WANTED, assets: VAULT, ...stated }, COMPLETE);
}

const inside = (facts: Facts, id: string): Foothold => {
  const found = facts.mesh.workloads.find((each) => each.id === id);
  if (!found) throw new Error(`no workload ${id}`);
  return { kind: 'workload', workload: found };
};

function from(facts: Facts, ...starts: readonly string[]): readonly AttackPath[] {
  const places: readonly string[] = ['internet', 'pod-outside-mesh', 'node-network'];
  const entries = starts.map((start) =>
    places.includes(start) ? ({ kind: start } as Foothold) : inside(facts, start),
  );
  return findAttackPaths(facts, { entries }).paths;
}

const nameOf = (at: Foothold): string => (at.kind === 'workload' ? at.workload.id : at.kind);

/** `excess 1+2 by Kind ns/name: shop/web > shop/api`: breaches and depth before the stops. */
const told = ({ kind, cost, cause, hops, from: start }: AttackPath): string =>
  `${kind} ${cost.breaches}+${cost.depth}${cause ? ` by ${cause.kind} ${cause.namespace}/${cause.name}` : ''}: ${[start, ...hops.map(({ to }) => to)].map(nameOf).join(' > ')}`;

describe('wanted calls', () => {
  it('are depth: a path of nothing else is inherent and needs no breach', () => {
    expect(from(shop(), 'shop/web').map(told)).toEqual(['inherent 0+2: shop/web > shop/api > shop/vault']);
  });

  it('that a policy refuses lead nowhere', () => {
    const facts = shop({ guards: [allow('api', ['nobody']), allow('vault', ['api'])] });
    expect(from(facts, 'shop/web')).toEqual([]);
  });

  it('are shown by a request that is wanted, not by any that passes', () => {
    const wanted = [{ from: 'shop/web', to: 'shop/vault:8080', methods: ['PUT'], paths: ['/cards'] }];
    const [path] = from(shop({ wanted, guards: [allow('vault', ['web'])] }), 'shop/web').filter(
      ({ kind }) => kind === 'inherent',
    );
    expect(path?.hops.map(({ witness }) => witness?.http)).toMatchObject([{ method: 'PUT', path: '/cards' }]);
  });

  it('with more than is wanted, at an asset: the rule that lets it pass is the cause', () => {
    const wanted = [{ from: 'shop/web', to: 'shop/vault:8080', methods: ['GET'] }];
    const facts = shop({ wanted, guards: [allow('vault', ['web'])] });
    const paths = from(facts, 'shop/web');
    expect(paths.map(told)).toEqual([
      'excess 0+0 by AuthorizationPolicy shop/vault: shop/web > shop/vault',
      'inherent 0+1: shop/web > shop/vault',
    ]);
    const { paths: excess } = findAttackPaths(facts, { entries: [inside(facts, 'shop/web')], excessOnly: true });
    expect(excess.map(told)).toEqual(paths.slice(0, 1).map(told));
    expect(paths[0]?.hops[0]?.witness?.http?.method).not.toBe('GET');
  });
});

describe('breaches', () => {
  it('count where an excess hop starts, not where wanted ones lead there', () => {
    const facts = shop({ guards: [allow('api', ['web']), allow('vault', ['api', 'web'])] });
    expect(from(facts, 'shop/web').map(told)).toContain(
      'excess 0+0 by AuthorizationPolicy shop/vault: shop/web > shop/vault',
    );
  });

  it('count once more for each further control that only an excess hop needs', () => {
    const chain = ['a', 'b', 'c', 'd'].flatMap((name) => workload('shop', name, http));
    const more = [...chain, allow('b', ['a']), allow('c', ['b']), allow('d', ['c'])];
    const guards = [allow('vault', ['c'])];
    const facts = shop({
      wanted: [
        { from: 'shop/x', to: 'shop/a:8080' },
        ...['b', 'c', 'd'].map((each) => ({ from: 'shop/x', to: `shop/${each}:8080` })),
        { from: 'shop/x', to: 'shop/vault:8080' },
      ],
      guards,
      more: [...more, ...workload('shop', 'x', http)],
    });
    const paths = from(facts, 'shop/a').filter(({ to }) => nameOf(to) === 'shop/vault');
    expect(paths.map(told)).toEqual([
      'excess 2+0 by AuthorizationPolicy shop/vault: shop/a > shop/b > shop/c > shop/vault',
    ]);
  });

  it('beyond two are a number', () => {
    const chain = ['a', 'b', 'c', 'd'].flatMap((name) => workload('shop', name, http));
    const callers = [...chain, ...workload('shop', 'x', http), allow('b', ['a']), allow('c', ['b']), allow('d', ['c'])];
    const wanted = ['a', 'b', 'c', 'd', 'vault'].map((to) => ({ from: 'shop/x', to: `shop/${to}:8080` }));
    const facts = shop({ wanted, guards: [allow('vault', ['d'])], more: callers });
    const { paths, deeper } = findAttackPaths(facts, { entries: [inside(facts, 'shop/a')] });
    expect(paths.map(told)).toEqual([]);
    expect(deeper).toBeGreaterThan(0);
  });
});

describe('the cause', () => {
  it('is the namespace where no policy says who may call', () => {
    const facts = shop({ guards: [], more: workload('shop', 'job') });
    expect(from(facts, 'shop/job').map(told)).toContain('excess 0+0 by Namespace /shop: shop/job > shop/vault');
  });

  it('is the ServiceAccount where a wanted caller shares it', () => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'api', namespace: 'shop' } };
    const facts = shop({ more: [account, ...workload('shop', 'job', { serviceAccount: 'api' })] });
    expect(from(facts, 'shop/job').map(told)).toContain('excess 0+0 by ServiceAccount shop/api: shop/job > shop/vault');
  });

  it('is the workload whose port its proxy does not see', () => {
    const excluded = { ...http, annotations: { 'traffic.sidecar.istio.io/excludeInboundPorts': '8080' } };
    const facts = factsOfText(
      meshText([namespace('istio-system', {}), namespace('shop'), ...workload('shop', 'vault', excluded), STRICT]),
      'mesh.yaml',
      { assets: VAULT },
      COMPLETE,
    );
    expect(from(facts, 'pod-outside-mesh').map(told)).toEqual([
      'excess 0+0 by Deployment shop/vault: pod-outside-mesh > shop/vault',
    ]);
  });

  it('is the mode that takes plaintext in where a rule asks for no identity', () => {
    const permissive = policy('PeerAuthentication', 'shop', 'open', {
      ...selecting('vault'),
      mtls: { mode: 'PERMISSIVE' },
    });
    const closed = shop();
    expect(from(closed, 'pod-outside-mesh')).toEqual([]);
    const open = shop({ guards: [allow('api', ['web'])], more: [permissive] });
    expect(from(open, 'pod-outside-mesh').map(told)).toEqual([
      'excess 0+0 by PeerAuthentication shop/open: pod-outside-mesh > shop/vault',
    ]);
  });
});

describe('what gives no control', () => {
  const scraped = [...workload('shop', 'db', { ports: { 'http-metrics': 9090 } })];
  const assets: readonly StatedAsset[] = [{ select: { workload: 'shop/db' }, sensitivity: 'critical' }];

  const toDb = (more: readonly Manifest[]): readonly string[] =>
    from(shop({ assets, more }), 'shop/web')
      .filter(({ to }) => nameOf(to) === 'shop/db')
      .map(told);

  it('ports of metrics and health alone', () => {
    expect(toDb(scraped)).toEqual([]);
    const served = workload('shop', 'db', { ports: { http: 9090 } });
    expect(toDb(served)).toEqual(['excess 0+0 by Namespace /shop: shop/web > shop/db']);
  });

  it('the ports of istiod, which everybody has to reach', () => {
    const istiod = workload('istio-system', 'istiod', { ports: { 'grpc-xds': 15010 } });
    expect(from(shop({ more: istiod }), 'pod-outside-mesh', 'shop/web').map(({ to }) => nameOf(to))).toEqual([
      'shop/vault',
    ]);
  });
});

describe('NetworkPolicy', () => {
  const around = (peer: unknown): Manifest => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'vault', namespace: 'shop' },
    spec: {
      podSelector: { matchLabels: { app: 'vault' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: peer }] }],
    },
  });
  const open = { guards: [allow('api', ['web']), allow('vault', ['api', 'web', 'job'])] };
  const job = workload('shop', 'job');

  it('stops a place, whatever its identity may do', () => {
    const free = from(shop({ ...open, more: job }), 'shop/job').map(told);
    expect(free).toContain('excess 0+0 by AuthorizationPolicy shop/vault: shop/job > shop/vault');
    const shut = from(shop({ ...open, more: [...job, around({ matchLabels: { app: 'api' } })] }), 'shop/job').map(told);
    expect(shut).toEqual([]);
  });

  it('lets through whom it names', () => {
    const facts = shop({ ...open, more: [...job, around({ matchLabels: { app: 'job' } })] });
    expect(from(facts, 'shop/job').map(told)).toContain(
      'excess 0+0 by AuthorizationPolicy shop/vault: shop/job > shop/vault',
    );
  });

  it('is asked only where a CNI enforces it', () => {
    const text = meshText([
      namespace('istio-system', {}),
      namespace('shop', {}),
      ...workload('shop', 'vault', http),
      around({ matchLabels: { app: 'api' } }),
    ]);
    const count = (cni: 'enforces-network-policy' | 'ignores-network-policy'): number =>
      from(factsOfText(text, 'mesh.yaml', { assets: VAULT }, { ...COMPLETE, cni }), 'pod-outside-mesh').length;
    expect([count('enforces-network-policy'), count('ignores-network-policy')]).toEqual([0, 1]);
  });
});

describe('what paths have in common', () => {
  const facts = shop({ guards: [], more: workload('shop', 'job') });

  it('is the object at fault, and the workload on the way', () => {
    const points = findChokePoints(from(facts, 'shop/job', 'shop/web'));
    expect(points[0]).toMatchObject({ kind: 'cause', cause: { kind: 'Namespace', name: 'shop' } });
    expect(points[0]?.through.length).toBeGreaterThan(1);
  });

  it('blast radius: what a workload reaches, and how much of it is not wanted', () => {
    const { graph } = findAttackPaths(facts, { entries: [] });
    const radii = new Map(findBlastRadii(graph).map((each) => [each.workload.id as string, each]));
    // api, vault, and not web, which lets nobody in.
    expect(radii.get('shop/job')).toMatchObject({ workloads: 2, excess: 2 });
    expect(radii.get('shop/web')).toMatchObject({ workloads: 2, excess: 1 });
    expect(radii.get('shop/api')?.assets.map(({ workload: { id }, isExcess }) => `${id} ${isExcess}`)).toEqual([
      'shop/vault false',
    ]);
    expect(findBlastRadii(graph, 1).map(({ workload: { id } }) => id)).toHaveLength(1);
  });
});
