import { describe, expect, it } from 'vitest';
import { innerGateway, MUTUAL, OTHER, PLAIN, routeTo } from '../../../test/inner-gateway.ts';
import { addedBy, planOf } from '../../../test/plan-of.ts';
import { INJECTOR, type Manifest, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import type { Foothold } from '../../graph/attack/foothold.ts';
import type { Stated } from '../../graph/make-facts.ts';
import type { Mesh } from '../../model/inventory/types.ts';

const http = { ports: { http: 8080 } } as const;
const ASSETS: NonNullable<Stated['assets']> = [
  { select: { workload: 'shop/vault' }, sensitivity: 'critical', why: 'cards' },
];
const TO_GATEWAY: NonNullable<Stated['wanted']> = [{ from: 'shop/web', to: 'edge/inner' }];

const taken =
  (id: string) =>
  ({ workloads }: Mesh): readonly Foothold[] => [
    { kind: 'pod-outside-mesh' },
    ...workloads.filter((each) => each.id === id).map((each): Foothold => ({ kind: 'workload', workload: each })),
  ];
const planFor = (manifests: readonly Manifest[], stated: Stated, start = 'shop/batch') =>
  planOf(manifests, { assets: ASSETS, ...stated }, taken(start));
const whys = ({ plan }: ReturnType<typeof planFor>): readonly string[] => plan.unclosed.map(({ why }) => why);

describe('a gateway that only the cluster reaches', () => {
  it('admits those who are stated to call it by name, and leaves its other ports as they are', () => {
    const planned = planFor(innerGateway([MUTUAL, OTHER], [routeTo('web', 80)]), { wanted: TO_GATEWAY });
    const { plan, paths, ids, left, outcome } = planned;
    expect(paths.map(({ cause }) => `${cause?.kind} ${cause?.name}`)).toContain('Gateway inside');
    expect(ids).toContain('guard-gateway Gateway edge/inside edge/inner');
    expect(addedBy(plan)).toContainEqual({
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'allow-inner-callers', namespace: 'edge' },
      spec: {
        selector: { matchLabels: { app: 'inner' } },
        action: 'ALLOW',
        rules: [
          {
            from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }],
            to: [{ operation: { ports: ['8443'] } }],
          },
          { to: [{ operation: { ports: ['8082'] } }] },
        ],
      },
    });
    expect(left.map(({ cause }) => cause?.kind)).not.toContain('Gateway');
    expect(outcome('shop/web', 'edge/inner', 8443, 'before')).toBe('allow');
    expect(outcome('shop/web', 'edge/inner', 8443)).toBe('allow');
    expect(outcome('shop/batch', 'edge/inner', 8443, 'before')).toBe('allow');
    expect(outcome('shop/batch', 'edge/inner', 8443)).toBe('deny');
    const step = plan.steps.find(({ candidate }) => candidate.id.startsWith('guard-gateway'));
    expect(step?.proof.calls.map(({ from, to, port }) => `${from} ${to}:${port}`)).toContain(
      'shop/web edge/inner:8443',
    );
    expect(step?.proof.breaks).toEqual([]);
    expect(step?.candidate.unknownCallers).toEqual([]);
  });

  it('admits those who are stated to call what its routes lead to', () => {
    const wanted = [{ from: 'shop/web', to: 'shop/vault:8080' }];
    const { plan, left, outcome } = planFor(innerGateway([MUTUAL]), { wanted });
    expect(addedBy(plan)).toMatchObject([
      { spec: { rules: [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }] }] } },
    ]);
    expect(left.map(({ cause }) => cause?.kind)).not.toContain('Gateway');
    expect(outcome('shop/batch', 'edge/inner', 8443)).toBe('deny');
  });

  it('is not closed where nobody is stated to call what stands behind it but itself: somebody calls it', () => {
    const wanted = [{ from: 'edge/inner', to: 'shop/vault:8080' }];
    const planned = planFor(innerGateway([PLAIN]), { wanted });
    expect(planned.paths.map(({ cause }) => cause?.kind)).toContain('Gateway');
    expect(planned.ids).toEqual([]);
    expect(whys(planned)).toContainEqual(expect.stringContaining('nobody said who calls edge/inner'));
  });

  it('asks where nobody said who calls it, and leaves one that outside has to reach', () => {
    const assets = [{ select: { workload: 'shop/vault' }, sensitivity: 'medium', why: 'names' }] as const;
    const unknown = planOf(innerGateway([MUTUAL]), { assets }, taken('shop/batch'));
    expect(unknown.ids).toEqual([]);
    expect(whys(unknown)).toContainEqual(expect.stringContaining('nobody said who calls edge/inner'));
    const outside = planFor(innerGateway([PLAIN], [], 'NodePort'), {
      wanted: [{ from: 'internet', to: 'edge/inner' }],
    });
    expect(outside.paths.map(({ cause }) => cause?.kind)).toContain('Gateway');
    expect(outside.ids).toEqual([]);
    expect(whys(outside)).toContainEqual(expect.stringContaining('edge/inner has to be reached from outside'));
  });

  it('guesses its own namespace for what is stated to be critical, and asks for consent', () => {
    const { plan } = planFor(innerGateway([MUTUAL]), {});
    const step = plan.steps.find(({ candidate }) => candidate.id.startsWith('guard-gateway'));
    expect(step?.candidate.unknownCallers.map(({ id }) => id)).toEqual(['edge/inner']);
    expect(JSON.stringify(addedBy(plan))).toContain('"namespaces":["edge"]');
  });

  it('that a rule opens to everybody: the rule is narrowed, and nothing is added to it', () => {
    const open = policy('AuthorizationPolicy', 'edge', 'open', { ...selecting('inner'), rules: [{}] });
    const { ids, left, outcome } = planFor(innerGateway([MUTUAL], [open]), { wanted: TO_GATEWAY });
    expect(ids).toEqual(['guard-gateway AuthorizationPolicy edge/open edge/inner']);
    expect(left).toEqual([]);
    expect(outcome('shop/web', 'edge/inner', 8443)).toBe('allow');
    expect(outcome('shop/batch', 'edge/inner', 8443)).toBe('deny');
  });
});

describe('a gateway that istiod deploys for the Gateway API', () => {
  const managed = (more: readonly Manifest[]): readonly Manifest[] => [
    INJECTOR,
    namespace('istio-system', {}),
    namespace('edge', {}),
    namespace('shop'),
    ...['web', 'batch', 'vault'].flatMap((name) => workload('shop', name, http)),
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: {
        name: 'inner',
        namespace: 'edge',
        annotations: { 'networking.istio.io/service-type': 'ClusterIP' },
      },
      spec: {
        gatewayClassName: 'istio',
        listeners: [
          {
            name: 'secure',
            port: 443,
            protocol: 'HTTPS',
            hostname: 'vault.example',
            tls: { mode: 'Terminate', options: { 'gateway.istio.io/tls-terminate-mode': 'ISTIO_MUTUAL' } },
            allowedRoutes: { namespaces: { from: 'All' } },
          },
        ],
      },
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'vault', namespace: 'shop' },
      spec: {
        parentRefs: [{ name: 'inner', namespace: 'edge' }],
        rules: [{ backendRefs: [{ name: 'vault', port: 80 }] }],
      },
    },
    policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } }),
    ...['web', 'batch'].map((name) => policy('AuthorizationPolicy', 'shop', name, { ...selecting(name), rules: [] })),
    policy('AuthorizationPolicy', 'shop', 'vault', {
      ...selecting('vault'),
      rules: [{ from: [{ source: { namespaces: ['edge'] } }] }],
    }),
    ...more,
  ];

  it('is guarded by a policy that names the Gateway', () => {
    const { ids, paths, plan, left, outcome } = planFor(managed([]), {
      wanted: [
        { from: 'edge/inner-istio', to: 'shop/vault:8080' },
        { from: 'shop/web', to: 'edge/inner-istio' },
      ],
    });
    expect(paths.map(({ cause }) => `${cause?.kind} ${cause?.name}`)).toContain('KubernetesGateway inner');
    const [added] = addedBy(plan);
    expect(added?.spec).toEqual({
      targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'inner' }],
      action: 'ALLOW',
      rules: [
        {
          from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }],
          to: [{ operation: { ports: ['443'] } }],
        },
      ],
    });
    expect(ids).toEqual(['guard-gateway KubernetesGateway edge/inner edge/inner-istio']);
    expect(left).toEqual([]);
    expect(outcome('shop/web', 'edge/inner-istio', 443)).toBe('allow');
    expect(outcome('shop/batch', 'edge/inner-istio', 443)).toBe('deny');
  });
});
