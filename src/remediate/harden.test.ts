import { describe, expect, it } from 'vitest';
import { planOf } from '../../test/plan-of.ts';
import { INJECTOR, type Manifest, meshText, namespace, policy, selecting, workload } from '../../test/small-mesh.ts';
import { egressFacts } from '../graph/egress.ts';
import { makeFacts, type Stated } from '../graph/make-facts.ts';
import { applyChanges } from './apply-changes.ts';
import { harden } from './harden.ts';
import { loadMesh } from '../engine/load-mesh.ts';
import { readText } from '../collect/read-text.ts';

const http = { ports: { http: 8080 } } as const;
const from = (...names: readonly string[]): Manifest => ({
  from: [{ source: { principals: names.map((name) => `cluster.local/ns/shop/sa/${name}`) } }],
});
const allow = (name: string, to: string, ...rules: readonly Manifest[]): Manifest =>
  policy('AuthorizationPolicy', 'shop', name, { ...selecting(to), rules });
const STATED: Stated = {
  wanted: [
    { from: 'shop/web', to: 'shop/api:8080' },
    { from: 'shop/api', to: 'shop/vault:8080' },
  ],
  assets: [{ select: { workload: 'shop/vault' }, sensitivity: 'critical', why: 'cards' }],
};
const given = (...more: readonly Manifest[]): readonly Manifest[] => [
  INJECTOR,
  namespace('istio-system', {}),
  namespace('shop'),
  policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } }),
  ...['web', 'api', 'vault'].flatMap((name) => workload('shop', name, http)),
  allow('web', 'web', from('nobody')),
  allow('api', 'api', from('web')),
  ...more,
];
const VAULT = allow('vault', 'vault', from('api'));
/** Something of the namespace has an external host: egress is another matter. */
const REGISTERED: Manifest = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'ServiceEntry',
  metadata: { name: 'bank', namespace: 'shop' },
  spec: { hosts: ['bank.example'], ports: [{ number: 443, name: 'tls', protocol: 'TLS' }], resolution: 'DNS' },
};

function hardened(manifests: readonly Manifest[], stated = STATED) {
  const { facts, plan } = planOf(manifests, stated, ({ workloads }) =>
    workloads.filter(({ name }) => name === 'web').map((each) => ({ kind: 'workload', workload: each })),
  );
  const { rebuild } = loadMesh(readText(meshText(manifests), 'mesh.yaml').objects, { complete: ['all'] });
  const whole = harden(facts, plan, { stated, rebuild, entries: [] });
  return {
    facts,
    whole,
    rebuild,
    closing: plan.steps.map(({ candidate }) => candidate.id),
    ids: whole.steps.slice(plan.steps.length).map(({ candidate }) => candidate.id),
  };
}

describe('steps beside those that close paths', () => {
  it('takes out a policy that says what another says, and no verdict changes', () => {
    const { ids, whole } = hardened(given(VAULT, allow('vault-again', 'vault', from('api')), REGISTERED));
    expect(ids).toEqual(['remove-idle-rules shop/vault-again']);
    expect(whole.steps[0]?.candidate.changes).toMatchObject([{ kind: 'remove' }]);
    expect(whole.result.mesh.resources.of('AuthorizationPolicy').map(({ name }) => name)).toEqual([
      'web',
      'api',
      'vault',
    ]);
  });

  it('takes a single rule out, and leaves a DENY that stands guard', () => {
    const deny = policy('AuthorizationPolicy', 'shop', 'guard', {
      ...selecting('vault'),
      action: 'DENY',
      rules: [from('batch')],
    });
    const twice = allow('vault', 'vault', from('api'), from('api'));
    const { ids, whole } = hardened(given(twice, deny, REGISTERED));
    expect(ids).toEqual(['remove-idle-rules shop/vault']);
    expect(whole.result.mesh.resources.find('AuthorizationPolicy', 'shop', 'vault')?.spec.rules).toEqual([from('api')]);
    expect(whole.result.mesh.resources.find('AuthorizationPolicy', 'shop', 'guard')).toBeDefined();
  });

  it('keeps a rule that names callers beside one that admits everybody, and a broken one that names them', () => {
    const broad = allow('vault', 'vault', { from: [{ source: { namespaces: ['shop'] } }] }, from('api'));
    expect(hardened(given(broad, REGISTERED)).ids).toEqual([]);
    const broken = allow('vault', 'vault', from('api'), {
      ...from('web'),
      to: [{ operation: { methods: ['GET'], notMethods: ['GET'] } }],
    });
    expect(hardened(given(broken, REGISTERED)).ids).toEqual([]);
  });

  it('leaves alone what the plan itself changes', () => {
    const open = allow('vault', 'vault', {}, from('api'));
    const { closing, ids } = hardened(given(open, REGISTERED));
    expect(closing).toEqual(['narrow-rule shop/vault 0']);
    expect(ids).toEqual([]);
  });

  it('keeps a namespace with what is sensitive from addresses outside, and its calls inside go on', () => {
    const { ids, whole, facts } = hardened(given(VAULT));
    expect(ids).toEqual(['restrict-egress shop']);
    const [{ candidate, proof }] = whole.steps as [(typeof whole.steps)[number]];
    expect(proof.of).toBe(2);
    expect(proof.breaks).toEqual([]);
    const stateOf = (of: typeof facts) => of.mesh.workloads.map((each) => egressFacts(of).controlOf(each).state);
    expect(stateOf(facts)).toEqual(['none', 'none', 'none']);
    expect(stateOf(makeFacts(whole.result, STATED))).toEqual(['restricted', 'restricted', 'restricted']);
    const text = JSON.stringify(
      candidate.changes.flatMap((change) => (change.kind === 'add' ? [change.manifest] : [])),
    );
    for (const port of [53, 15012, 15008]) expect(text).toContain(`"port":${port}`);
    expect(candidate.unproven[0]).toContain('no ServiceEntry registers one');
  });

  it('does not cut off whoever has rights at the API server, a registered host, or what nobody stated', () => {
    const binding: Manifest = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'view', namespace: 'shop' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'ServiceAccount', name: 'api', namespace: 'shop' }],
    };
    expect(hardened(given(VAULT, binding)).ids).toEqual([]);
    expect(hardened(given(VAULT, REGISTERED)).ids).toEqual([]);
    expect(hardened(given(VAULT), { ...STATED, assets: [] }).ids).toEqual([]);
  });

  it('has steps that are applied one by one to what the mesh was', () => {
    const { whole, facts, rebuild } = hardened(given(VAULT, allow('vault-again', 'vault', from('api'))));
    expect(whole.steps.map(({ candidate }) => candidate.isTidying)).toEqual([true, true]);
    const applied = applyChanges(
      facts.enforcement,
      whole.steps.flatMap(({ candidate }) => candidate.changes),
      rebuild,
    );
    expect('refused' in applied).toBe(false);
  });
});
