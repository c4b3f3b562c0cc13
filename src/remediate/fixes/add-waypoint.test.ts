import { describe, expect, it } from 'vitest';
import { addedBy, planOf } from '../../../test/plan-of.ts';
import { type Manifest, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import type { Stated } from '../../graph/make-facts.ts';
import type { WorkloadId } from '../../model/inventory/types.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { decideCall } from '../wanted-calls.ts';

const AMBIENT = { 'istio.io/dataplane-mode': 'ambient' };
const http = { ports: { http: 8080 } } as const;
const allow = (to: string, ...names: readonly string[]): Manifest =>
  policy('AuthorizationPolicy', 'shop', to, {
    ...selecting(to),
    rules: [{ from: [{ source: { principals: names.map((name) => `cluster.local/ns/shop/sa/${name}`) } }] }],
  });
const STATED: Stated = {
  wanted: [
    { from: 'shop/web', to: 'shop/api:8080' },
    { from: 'shop/api', to: 'shop/vault:8080', methods: ['GET'], paths: ['/cards/*'] },
  ],
  assets: [{ select: { workload: 'shop/vault' }, sensitivity: 'critical', why: 'cards' }],
};
const given = (...more: readonly Manifest[]): readonly Manifest[] => [
  namespace('istio-system', {}),
  namespace('shop', AMBIENT),
  policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } }),
  ...workload('shop', 'web', http),
  ...workload('shop', 'api', http),
  ...workload('shop', 'vault', http),
  allow('web', 'nobody'),
  allow('api', 'web'),
  ...more,
];
const planFor = (manifests: readonly Manifest[]) =>
  planOf(manifests, STATED, ({ workloads }) =>
    workloads.filter(({ name }) => name === 'web').map((each) => ({ kind: 'workload', workload: each })),
  );
const send = (on: Enforcement, method: string, path: string) =>
  decideCall(on, {
    from: 'shop/api' as WorkloadId,
    to: 'shop/vault' as WorkloadId,
    port: 8080,
    method,
    path,
    basis: 'declared',
  })?.outcome;

describe('a waypoint where rules by operation need one', () => {
  it('admits by method and path at the waypoint, and the waypoint alone at the pods', () => {
    const { ids, facts, left, plan } = planFor(given(allow('vault', 'api')));
    expect(ids).toEqual(['add-waypoint shop/vault']);
    const [{ candidate, proof }] = plan.steps as [(typeof plan.steps)[number]];
    expect(candidate.changes.map(({ kind }) => kind)).toEqual(['add', 'add', 'add', 'edit', 'remove']);
    expect(addedBy(plan).map(({ kind, spec }) => [kind, spec])).toEqual([
      [
        'Gateway',
        { gatewayClassName: 'istio-waypoint', listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }] },
      ],
      [
        'AuthorizationPolicy',
        {
          targetRefs: [{ group: '', kind: 'Service', name: 'vault' }],
          action: 'ALLOW',
          rules: [
            {
              from: [{ source: { principals: ['cluster.local/ns/shop/sa/api'] } }],
              to: [{ operation: { ports: ['80'], methods: ['GET'], paths: ['/cards/*'] } }],
            },
          ],
        },
      ],
      [
        'AuthorizationPolicy',
        {
          ...selecting('vault'),
          action: 'ALLOW',
          rules: [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/waypoint'] } }] }],
        },
      ],
    ]);
    expect(proof.between).toEqual([]);
    expect(proof.opens).toEqual([]);
    expect(left).toEqual([]);
    expect(send(facts.enforcement, 'DELETE', '/cards/1')).toBe('allow');
    expect(send(plan.result, 'DELETE', '/cards/1')).toBe('deny');
    expect(send(plan.result, 'GET', '/cards/1')).toBe('allow');
  });

  it('takes the waypoint of the namespace where there is one', () => {
    const gateway: Manifest = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'own', namespace: 'shop', labels: { 'istio.io/waypoint-for': 'service' } },
      spec: { gatewayClassName: 'istio-waypoint', listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }] },
    };
    const { plan, left } = planFor(given(allow('vault', 'api'), gateway));
    expect(addedBy(plan).map(({ kind }) => kind)).toEqual(['AuthorizationPolicy', 'AuthorizationPolicy']);
    expect(plan.result.mesh.serviceById.get('shop/vault')?.labels).toEqual({ 'istio.io/use-waypoint': 'own' });
    expect(left).toEqual([]);
  });

  it('says what keeps it from one', () => {
    const second: Manifest = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'vault-2', namespace: 'shop' },
      spec: { selector: { app: 'vault' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    };
    const { ids, plan } = planFor(given(allow('vault', 'api'), second));
    expect(ids).toEqual([]);
    expect(plan.unclosed.map(({ why }) => why)).toEqual([expect.stringContaining('shop/vault rule 0')]);
  });
});
