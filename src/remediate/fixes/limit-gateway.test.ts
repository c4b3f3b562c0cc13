import { describe, expect, it } from 'vitest';
import { innerGateway, OTHER, PLAIN, routeTo } from '../../../test/inner-gateway.ts';
import { addedBy, planOf } from '../../../test/plan-of.ts';
import { type Manifest, policy, selecting } from '../../../test/small-mesh.ts';
import type { Foothold } from '../../graph/attack/foothold.ts';
import type { Stated } from '../../graph/make-facts.ts';
import type { Mesh } from '../../model/inventory/types.ts';

const ASSETS: NonNullable<Stated['assets']> = [
  { select: { workload: 'shop/vault' }, sensitivity: 'critical', why: 'cards' },
];
const TO_VAULT: NonNullable<Stated['wanted']> = [{ from: 'shop/web', to: 'shop/vault:8080' }];
const TO_GATEWAY: NonNullable<Stated['wanted']> = [{ from: 'shop/web', to: 'edge/inner' }];

const entries = ({ workloads }: Mesh): readonly Foothold[] => [
  { kind: 'pod-outside-mesh' },
  ...workloads.filter(({ id }) => id === 'shop/batch').map((workload): Foothold => ({ kind: 'workload', workload })),
];
const planFor = (manifests: readonly Manifest[], stated: Stated) =>
  planOf(manifests, { assets: ASSETS, ...stated }, entries);
const whys = ({ plan }: ReturnType<typeof planFor>): readonly string[] => plan.unclosed.map(({ why }) => why);

const admitting = (rules: readonly Manifest[]): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'edge', namespace: 'edge' },
  spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: rules },
});

describe('a gateway that only the cluster reaches, and that takes requests without a certificate of the mesh', () => {
  it('admits the pods of its known callers, and leaves its other ports to the network', () => {
    const planned = planFor(innerGateway([PLAIN, OTHER], [routeTo('web', 80)]), { wanted: TO_GATEWAY });
    const { plan, paths, ids, left } = planned;
    expect(paths.filter(({ cause }) => cause?.kind === 'Gateway').map(({ from }) => from.kind)).toEqual([
      'pod-outside-mesh',
      'workload',
    ]);
    expect(ids).toContain('limit-gateway Gateway edge/inside edge/inner');
    expect(addedBy(plan)).toContainEqual({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'limit-callers-of-inner', namespace: 'edge' },
      spec: {
        podSelector: { matchLabels: { app: 'inner' } },
        policyTypes: ['Ingress'],
        ingress: [
          {
            from: [
              {
                namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } },
                podSelector: { matchLabels: { app: 'web' } },
              },
            ],
            ports: [{ protocol: 'TCP', port: 8080 }],
          },
          {
            ports: expect.arrayContaining([
              { protocol: 'TCP', port: 8082 },
              { protocol: 'TCP', port: 8443 },
              { protocol: 'TCP', port: 15008 },
              { protocol: 'TCP', port: 15021 },
            ]),
          },
        ],
      },
    });
    expect(left).toEqual([]);
    const step = plan.steps.find(({ candidate }) => candidate.id.startsWith('limit-gateway'));
    expect(step?.proof.calls.map(({ from, to, port }) => `${from} ${to}:${port}`)).toContain(
      'shop/web edge/inner:8080',
    );
    expect(step?.proof.breaks).toEqual([]);
    expect(step?.proof.opens).toEqual([]);
  });

  it('knows its callers by what is stated of what its routes lead to', () => {
    const { ids, left } = planFor(innerGateway([PLAIN]), { wanted: TO_VAULT });
    expect(ids).toEqual(['limit-gateway Gateway edge/inside edge/inner']);
    expect(left).toEqual([]);
  });

  it('says what to do instead where the network tells nobody apart', () => {
    const told = (more: readonly Manifest[], stated: Stated = { wanted: TO_GATEWAY }) => {
      const planned = planFor(innerGateway([PLAIN], more), stated);
      expect(planned.ids).toEqual([]);
      return whys(planned);
    };
    expect(told([], {})).toContainEqual(expect.stringContaining('nobody said who calls edge/inner'));
    expect(told([], { wanted: [...TO_GATEWAY, { from: 'internet', to: 'edge/inner' }] })).toContainEqual(
      expect.stringContaining('edge/inner has to be reached from outside'),
    );
    expect(told([admitting([{}])])).toContainEqual(
      expect.stringContaining('NetworkPolicies add up, and edge/edge admits it to edge/inner'),
    );
  });

  it('that a rule of its own opens to everybody', () => {
    const open = policy('AuthorizationPolicy', 'edge', 'open', { ...selecting('inner'), rules: [{}] });
    const { ids, left } = planFor(innerGateway([PLAIN], [open]), { wanted: TO_GATEWAY });
    expect(ids).toEqual(['limit-gateway AuthorizationPolicy edge/open edge/inner']);
    expect(left).toEqual([]);
  });
});
