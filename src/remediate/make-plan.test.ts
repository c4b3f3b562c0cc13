import { describe, expect, it } from 'vitest';
import { INJECTOR, type Manifest, meshText, namespace, policy, selecting, workload } from '../../test/small-mesh.ts';
import { readText } from '../collect/read-text.ts';
import { loadMesh } from '../engine/load-mesh.ts';
import { findAttackPaths } from '../graph/attack/find-attack-paths.ts';
import { makeFacts, type Stated } from '../graph/make-facts.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import { makePlan, type Plan } from './make-plan.ts';
import { decideCall } from './wanted-calls.ts';

const COMPLETE = { complete: ['all'] };
const STRICT = policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } });
const http = { ports: { http: 8080 } } as const;
const named = (...names: readonly string[]): Manifest => ({
  from: [{ source: { principals: names.map((each) => `cluster.local/ns/shop/sa/${each}`) } }],
});
const allow = (to: string, rule: Manifest): Manifest =>
  policy('AuthorizationPolicy', 'shop', to, { ...selecting(to), rules: [rule] });
const WANTED: NonNullable<Stated['wanted']> = [
  { from: 'shop/web', to: 'shop/api:8080' },
  { from: 'shop/api', to: 'shop/vault:8080' },
];

interface Given {
  readonly guards?: readonly Manifest[];
  readonly vault?: readonly Manifest[];
  readonly api?: readonly Manifest[];
  readonly more?: readonly Manifest[];
  readonly wanted?: NonNullable<Stated['wanted']>;
}

function planFor({
  guards = [allow('api', named('web')), allow('vault', named('api'))],
  vault = workload('shop', 'vault', http),
  api = workload('shop', 'api', http),
  more = [],
  wanted = WANTED,
}: Given): Plan & { readonly before: number } {
  const manifests = [
    INJECTOR,
    namespace('istio-system', {}),
    namespace('shop'),
    ...workload('shop', 'web', http),
    ...api,
    ...vault,
    allow('web', named('nobody')),
    STRICT,
    ...guards,
    ...more,
  ];
  const { mesh, rebuild } = loadMesh(readText(meshText(manifests), 'mesh.yaml').objects, COMPLETE);
  const stated: Stated = {
    wanted,
    assets: [{ select: { workload: 'shop/vault' }, sensitivity: 'critical', why: 'cards' }],
  };
  const facts = makeFacts(new Enforcement(mesh), stated);
  const entries = [
    { kind: 'pod-outside-mesh' },
    { kind: 'workload', workload: mesh.workloads.find(({ id }) => id === 'shop/web') ?? mesh.workloads[0] },
  ] as never;
  const { paths } = findAttackPaths(facts, { entries });
  const plan = makePlan(facts, paths, { stated, rebuild, entries });
  return { ...plan, before: paths.filter(({ kind }) => kind === 'excess').length };
}

const idsOf = ({ steps }: Plan): readonly string[] => steps.map(({ candidate }) => candidate.id);

const kept = ({ result }: Plan): readonly (string | undefined)[] =>
  WANTED.map(({ from, to }) => {
    const call = { from, to: to.replace(':8080', ''), port: 8080, method: 'GET', path: '/', basis: 'declared' };
    return decideCall(result, call as never)?.outcome;
  });

describe('makePlan', () => {
  it('has nothing to do where every hop is wanted', () => {
    const plan = planFor({});
    expect(plan.before).toBe(0);
    expect(plan.steps).toEqual([]);
  });

  it('puts the known callers in the place of a rule for everybody', () => {
    const plan = planFor({ guards: [allow('api', named('web')), allow('vault', {})] });
    expect(plan.before).toBeGreaterThan(0);
    expect(idsOf(plan)).toEqual(['narrow-rule shop/vault 0']);
    const [change] = plan.steps[0]?.candidate.changes ?? [];
    expect(change).toMatchObject({
      kind: 'edit',
      edits: [{ op: 'set', path: ['spec', 'rules', 0], value: { from: named('api').from } }],
    });
    expect(plan.unclosed).toEqual([]);
    expect(kept(plan)).toEqual(['allow', 'allow']);
  });

  it('takes an excluded port back into the proxy', () => {
    const annotations = { 'traffic.sidecar.istio.io/excludeInboundPorts': '8080,9000' };
    const plan = planFor({ vault: workload('shop', 'vault', { ...http, annotations }) });
    expect(idsOf(plan)).toEqual(['close-hole Deployment shop/vault']);
    expect(plan.steps[0]?.candidate.changes).toMatchObject([{ edits: [{ op: 'set', value: '9000' }] }]);
    expect(plan.unclosed).toEqual([]);
  });

  it('puts a workload that opted out back into the mesh', () => {
    const labels = { 'sidecar.istio.io/inject': 'false' };
    const plan = planFor({ vault: workload('shop', 'vault', { ...http, labels }) });
    expect(idsOf(plan)).toEqual(['close-hole Deployment shop/vault']);
    expect(plan.unclosed).toEqual([]);
    expect(kept(plan)).toEqual(['allow', 'allow']);
  });

  it('does not put a webhook behind a policy that shuts out the API server', () => {
    const labels = { 'sidecar.istio.io/inject': 'false' };
    const webhook: Manifest = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'vault' },
      webhooks: [
        { name: 'vault.shop.example', clientConfig: { service: { name: 'vault', namespace: 'shop', port: 80 } } },
      ],
    };
    const plan = planFor({ vault: workload('shop', 'vault', { ...http, labels }), more: [webhook] });
    expect(idsOf(plan)).toEqual([]);
    expect(plan.unclosed.map(({ why }) => why)).toContainEqual(
      expect.stringContaining('would shut out the API server from shop/vault:8080'),
    );
  });

  it('gives a workload an account of its own where it shares that of a wanted caller', () => {
    const batch = workload('shop', 'batch', { ...http, serviceAccount: 'api' });
    const plan = planFor({ more: [...batch, allow('batch', named('nobody'))] });
    // Nobody reaches batch, so that nobody comes in as api.
    expect(plan.before).toBe(0);
    const reached = planFor({
      more: [...batch, allow('batch', named('web'))],
      wanted: [...WANTED, { from: 'shop/web', to: 'shop/batch:8080' }],
    });
    expect(reached.unclosed.map(({ why }) => why)).toEqual([]);
    expect(idsOf(reached)).toEqual(['split-account shop/api shop/batch']);
    const [{ candidate }] = reached.steps as [Plan['steps'][number]];
    expect(candidate.changes.map((change) => change.kind)).toEqual(['add', 'edit']);
    expect(candidate.unproven).toEqual(['whether shop/batch has to get to shop/vault, which it no longer does']);
    expect(reached.unclosed).toEqual([]);
    expect(kept(reached)).toEqual(['allow', 'allow']);
  });

  it('takes rights from an account that may become a wanted caller', () => {
    const rbac = (kind: string, rest: Manifest): Manifest => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind,
      metadata: { name: 'tokens', namespace: 'shop' },
      ...rest,
    });
    const plan = planFor({
      more: [
        ...workload('shop', 'bot', http),
        allow('bot', named('web')),
        rbac('Role', {
          rules: [{ apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: ['api'], verbs: ['create'] }],
        }),
        rbac('RoleBinding', {
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'tokens' },
          subjects: [{ kind: 'ServiceAccount', name: 'bot', namespace: 'shop' }],
        }),
      ],
      wanted: [...WANTED, { from: 'shop/web', to: 'shop/bot:8080' }],
    });
    expect(plan.before).toBeGreaterThan(0);
    expect(idsOf(plan)).toEqual(['drop-verbs Role shop/tokens']);
    expect(plan.steps[0]?.candidate.changes).toMatchObject([{ edits: [{ path: ['rules'], value: [] }] }]);
    expect(plan.unclosed).toEqual([]);
  });

  it('closes a namespace that nothing closes, with an ALLOW for each known caller first', () => {
    const plan = planFor({ guards: [] });
    expect(idsOf(plan)).toEqual(['deny-by-default shop']);
    const [{ candidate, proof }] = plan.steps as [Plan['steps'][number]];
    const names = candidate.changes.map((change) => (change.kind === 'add' ? change.manifest.metadata.name : ''));
    expect(names).toEqual(['allow-api-callers', 'allow-vault-callers', 'default-deny']);
    expect(proof.between).toEqual([]);
    expect(kept(plan)).toEqual(['allow', 'allow']);
    expect(plan.unclosed).toEqual([]);
  });

  it('does not guess who calls what nobody spoke of: it watches, and says why the path stays', () => {
    const plan = planFor({ guards: [allow('vault', named('api'))], wanted: [] });
    expect(idsOf(plan)).toContain('watch-callers shop');
    const trial = plan.steps.find(({ candidate }) => candidate.isTrial);
    expect(JSON.stringify(trial?.candidate.changes)).toContain('"istio.io/dry-run":"true"');
    expect(plan.unclosed.length).toBeGreaterThan(0);
    expect(plan.unclosed.every(({ why }) => why.startsWith('nobody said who calls'))).toBe(true);
  });

  it('plans nothing of the same once its changes are made', () => {
    const plan = planFor({ guards: [allow('api', {}), allow('vault', {})] });
    expect(plan.steps.length).toBeGreaterThan(0);
    const { mesh } = plan.result;
    const stated: Stated = {
      wanted: WANTED,
      assets: [{ select: { workload: 'shop/vault' }, sensitivity: 'critical', why: 'cards' }],
    };
    const entries = [{ kind: 'pod-outside-mesh' }] as const;
    const facts = makeFacts(new Enforcement(mesh), stated);
    expect(findAttackPaths(facts, { entries }).paths.filter(({ kind }) => kind === 'excess')).toEqual([]);
  });
});
