import { dump, load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { type Manifest, namespace, policy, selecting, workload } from '../../../../test/small-mesh.ts';
import type { Mutation } from '../../../result/mutation.ts';
import { mutation as schema } from '../../../result/mutation.ts';
import { runSuites } from '../run-suites.ts';
import { runMutation } from './run-mutation.ts';

const http = { ports: { http: 8080 } } as const;
const principal = (name: string): string => `cluster.local/ns/shop/sa/${name}`;
const MESH: readonly Manifest[] = [
  namespace('shop'),
  ...workload('shop', 'api', http),
  ...workload('shop', 'web', http),
  ...workload('shop', 'job', http),
  policy('PeerAuthentication', 'shop', 'default', { mtls: { mode: 'STRICT' } }),
];
const allow = (name: string, ...rules: Manifest[]): Manifest =>
  policy('AuthorizationPolicy', 'shop', name, { ...selecting('api'), rules });
const from = (name: string): Manifest => ({ from: [{ source: { principals: [principal(name)] } }] });
const ask = (name: string, path = '/'): Manifest => ({
  from: { workload: `shop/${name}` },
  to: { workload: 'shop/api', port: 8080 },
  http: { method: 'GET', path },
});

interface Suite {
  readonly cases?: readonly Manifest[];
  readonly invariants?: readonly Manifest[];
}

const suiteText = (policies: readonly Manifest[], { cases = [], invariants = [] }: Suite): string =>
  dump({
    apiVersion: 'meshproof.dev/v1',
    kind: 'PolicyTest',
    metadata: { name: 'shop' },
    resources: [...MESH, ...policies],
    cases,
    invariants,
  });

const io = (text: string) => ({ cwd: '.', stdin: async () => Buffer.from(text) });

async function mutate(policies: readonly Manifest[], suite: Suite = {}): Promise<Mutation> {
  const { mutation } = await runMutation(['-'], io(suiteText(policies, suite)));
  return schema.parse(mutation) as Mutation;
}

const named = (faults: readonly { readonly by: { readonly name: string }; readonly what: string }[]): string[] =>
  faults.map(({ by, what }) => `${by.name}: ${what}`).sort();

const WEB_ONLY = allow('api', { ...from('web'), to: [{ operation: { paths: ['/a'] } }] });

describe('test --mutate', () => {
  it('tells which faults a suite notices and which it does not, with what they turn', async () => {
    const { score, killed, survivors, idle } = await mutate([WEB_ONLY], {
      cases: [{ name: 'web reads', request: ask('web', '/a'), expect: 'allow' }],
    });
    // Without the policy all pass, also the one that has to; without its rule none does.
    expect(named(killed)).toEqual(['api: delete rule 0']);
    expect(killed[0]?.noticedBy).toBe('shop › web reads');
    expect(named(survivors)).toEqual([
      'api: delete it',
      'api: drop from of rule 0',
      'api: drop to of rule 0',
      'default: STRICT → PERMISSIVE',
    ]);
    expect(survivors.every(({ effect }) => effect === 'opens')).toBe(true);
    expect(survivors.find(({ what }) => what.startsWith('drop to'))?.witness.from).toMatchObject({
      workload: 'shop/web',
    });
    expect(idle).toEqual([]);
    expect(score).toEqual({ killed: 1, of: 5, percent: 20 });
  });

  it('proposes cases that pass today, and with which nothing survives', async () => {
    const before = await mutate([WEB_ONLY]);
    expect(before.score).toMatchObject({ killed: 0, of: 5 });
    const cases = (load(before.yaml) as { readonly cases: readonly Manifest[] }).cases;
    expect(cases).toHaveLength(before.missing.length);
    const text = suiteText([WEB_ONLY], { cases });
    expect(await runSuites(['-'], io(text))).toMatchObject({ passed: cases.length, failed: 0 });
    const after = await mutate([WEB_ONLY], { cases });
    expect(after.survivors).toEqual([]);
    expect(after.score).toEqual({ killed: 5, of: 5, percent: 100 });
  });

  it('finds rules that could go without any verdict changing', async () => {
    const { idle, survivors } = await mutate([
      WEB_ONLY,
      allow('again', { ...from('web'), to: [{ operation: { paths: ['/a'], methods: ['GET'] } }] }),
      policy('AuthorizationPolicy', 'shop', 'nobody', { selector: { matchLabels: { app: 'gone' } }, rules: [{}] }),
    ]);
    expect(named(idle)).toEqual([
      'again: delete it',
      'again: delete rule 0',
      'nobody: delete it',
      'nobody: delete rule 0',
    ]);
    // The broader of the two carries both policies.
    expect(named(survivors)).toContain('api: delete rule 0');
  });

  it('counts what an invariant notices', async () => {
    const { killed } = await mutate([WEB_ONLY], {
      invariants: [{ name: 'nothing from job', never: { from: 'shop/job', to: 'shop/api' } }],
    });
    expect(named(killed)).toEqual(['api: delete it', 'api: drop from of rule 0']);
  });

  it('lets a case that fails as it is notice nothing', async () => {
    const { killed, tests } = await mutate([WEB_ONLY], {
      cases: [{ name: 'wrong', request: ask('job', '/a'), expect: 'allow' }],
    });
    expect(killed).toEqual([]);
    expect(tests).toEqual({ passed: 0, failed: 1 });
  });

  it('looks at requests through the routes of a gateway that holds the policy', async () => {
    const gateway: readonly Manifest[] = [
      namespace('edge'),
      ...workload('edge', 'gw', {
        labels: { istio: 'ingressgateway' },
        annotations: { 'inject.istio.io/templates': 'gateway' },
        ports: { http2: 8080 },
      }).map((each) =>
        each.kind === 'Service' ? { ...each, spec: { ...(each.spec as Manifest), type: 'LoadBalancer' } } : each,
      ),
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'Gateway',
        metadata: { name: 'gw', namespace: 'edge' },
        spec: {
          selector: { istio: 'ingressgateway' },
          servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['shop.example'] }],
        },
      },
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name: 'shop', namespace: 'edge' },
        spec: {
          hosts: ['shop.example'],
          gateways: ['gw'],
          http: [{ route: [{ destination: { host: 'api.shop.svc.cluster.local', port: { number: 80 } } }] }],
        },
      },
    ];
    const noAdmin = policy('AuthorizationPolicy', 'edge', 'no-admin', {
      selector: { matchLabels: { app: 'gw' } },
      action: 'DENY',
      rules: [{ to: [{ operation: { paths: ['/admin*'] } }] }],
    });
    const { survivors, missing } = await mutate([...gateway, noAdmin]);
    const gone = survivors.find(({ by, what }) => by.name === 'no-admin' && what === 'delete it');
    expect(gone).toMatchObject({
      effect: 'opens',
      witness: { to: { gateway: 'edge/gw' }, http: { path: '/admin', host: 'shop.example' } },
      to: { workload: 'shop/api' },
    });
    expect(missing.find(({ name }) => name === gone?.test)?.expect).toBe('deny');
  });

  it('mutates NetworkPolicies, and claims no proof about pods that it does not see', async () => {
    const network: Manifest = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'api', namespace: 'shop' },
      spec: {
        podSelector: { matchLabels: { app: 'api' } },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }],
        egress: [
          {
            to: [{ namespaceSelector: { matchLabels: { name: 'kube-system' } } }],
            ports: [{ port: 53, protocol: 'UDP' }],
          },
        ],
      },
    };
    const { survivors, unsettled } = await mutate([network]);
    expect(named(survivors)).toEqual(['api: delete ingress rule 0', 'api: delete it', 'default: STRICT → PERMISSIVE']);
    expect(survivors.find(({ what }) => what === 'delete ingress rule 0')).toMatchObject({
      effect: 'refuses',
      witness: { from: { workload: 'shop/web' } },
    });
    expect(named(unsettled)).toEqual(['api: delete egress rule 0']);
  });

  it('leaves alone what changes no word of a verdict', async () => {
    const dry = policy(
      'AuthorizationPolicy',
      'shop',
      'dry',
      { rules: [{}] },
      { annotations: { 'istio.io/dry-run': 'true' } },
    );
    const { skipped, survivors, idle } = await mutate([dry]);
    expect(skipped.map(({ by, why }) => [by.name, why])).toEqual([['dry', 'a dry run decides nothing']]);
    expect(named([...survivors, ...idle])).toEqual(['default: STRICT → PERMISSIVE']);
  });

  it('answers the same however the documents are ordered', async () => {
    const policies = [WEB_ONLY, allow('jobs', from('job'))];
    const a = await mutate(policies);
    const b = await mutate(policies.toReversed());
    expect(named(b.survivors)).toEqual(named(a.survivors));
    expect(b.score).toEqual(a.score);
  });
});
