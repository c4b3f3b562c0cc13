import { describe, expect, it } from 'vitest';
import { addedBy, planOf } from '../../../test/plan-of.ts';
import { INJECTOR, type Manifest, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import type { Plan } from '../make-plan.ts';
import type { Stated } from '../../graph/make-facts.ts';

const tcp = { ports: { tcp: 6379 } } as const;
const ASSETS: NonNullable<Stated['assets']> = [
  { select: { workload: 'data/cache' }, sensitivity: 'critical', why: 'sessions' },
];
const WANTED: NonNullable<Stated['wanted']> = [{ from: 'shop/web', to: 'data/cache:6379' }];
const allow = (to: string, ...callers: readonly string[]): Manifest =>
  policy('AuthorizationPolicy', 'shop', to, {
    ...selecting(to),
    rules: [{ from: [{ source: { principals: callers } }] }],
  });

/** A cache outside the mesh in a cluster whose mesh has no namespace to join it to. */
const outside = (...more: readonly Manifest[]): readonly Manifest[] => [
  namespace('shop', {}),
  namespace('data', {}),
  ...workload('shop', 'web'),
  ...workload('shop', 'batch'),
  ...workload('data', 'cache', tcp),
  ...more,
];

const ingressOf = (plan: Plan): readonly Manifest[] =>
  (addedBy(plan)[0] as { readonly spec: { readonly ingress: readonly Manifest[] } }).spec.ingress;

describe('a NetworkPolicy where no proxy decides', () => {
  it('admits the known callers by their labels and nobody else', () => {
    const { plan, paths, ids, left, outcome } = planOf(outside(), { wanted: WANTED, assets: ASSETS });
    expect(paths.length).toBeGreaterThan(0);
    expect(ids).toEqual(['limit-network data']);
    expect(addedBy(plan)).toEqual([
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'limit-callers-of-cache', namespace: 'data' },
        spec: {
          podSelector: { matchLabels: { app: 'cache' } },
          policyTypes: ['Ingress'],
          ingress: [
            {
              from: [
                {
                  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } },
                  podSelector: { matchLabels: { app: 'web' } },
                },
              ],
              ports: [{ protocol: 'TCP', port: 6379 }],
            },
          ],
        },
      },
    ]);
    expect(left).toEqual([]);
    expect(plan.unclosed).toEqual([]);
    expect(outcome('shop/web', 'data/cache', 6379)).toBe('allow');
    expect(outcome('shop/batch', 'data/cache', 6379, 'before')).toBe('allow');
    expect(outcome('shop/batch', 'data/cache', 6379)).toBe('deny');
    expect(plan.steps[0]?.candidate.preconditions[0]).toContain('the CNI enforces NetworkPolicy');
  });

  it('leaves to the proxy what the proxy sees, with its own ports and HBONE', () => {
    const annotations = { 'traffic.sidecar.istio.io/excludeInboundPorts': '6379' };
    const manifests = [
      INJECTOR,
      namespace('istio-system', {}),
      namespace('shop'),
      namespace('legacy', {}),
      policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } }),
      ...workload('shop', 'web'),
      ...workload('shop', 'cache', { ports: { tcp: 6379, http: 8080 }, annotations }),
      ...workload('legacy', 'report'),
      allow('cache', 'cluster.local/ns/shop/sa/web'),
    ];
    const { plan, ids, left, outcome } = planOf(manifests, {
      // The excluded port cannot go back into the proxy: one of its callers has none.
      wanted: [
        { from: 'shop/web', to: 'shop/cache' },
        { from: 'legacy/report', to: 'shop/cache:6379' },
      ],
      assets: [{ select: { workload: 'shop/cache' }, sensitivity: 'critical', why: 'sessions' }],
    });
    expect(ids).toEqual(['limit-network shop']);
    const [first, second] = ingressOf(plan);
    expect(first).toEqual({
      ports: [8080, 15008, 15020, 15021, 15090].map((port) => ({ protocol: 'TCP', port })),
    });
    expect(second?.ports).toEqual([{ protocol: 'TCP', port: 6379 }]);
    expect(left).toEqual([]);
    expect(outcome('legacy/report', 'shop/cache', 6379)).toBe('allow');
    expect(outcome('shop/web', 'shop/cache', 8080)).toBe('allow');
  });

  it('keeps the ports of metrics for Prometheus, and the webhook port for the API server', () => {
    const prometheus = workload('monitoring', 'prometheus');
    const webhook: Manifest = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'cache' },
      webhooks: [{ name: 'a.data.example', clientConfig: { service: { name: 'cache', namespace: 'data', port: 82 } } }],
    };
    const manifests = [
      namespace('shop', {}),
      namespace('data', {}),
      namespace('monitoring', {}),
      ...prometheus,
      webhook,
      ...workload('shop', 'web'),
      ...workload('data', 'cache', { ports: { tcp: 6379, 'http-metrics': 9121, 'https-hook': 9443 } }),
    ];
    const { plan } = planOf(manifests, { wanted: WANTED, assets: ASSETS });
    const ingress = ingressOf(plan);
    const ofMetrics = ingress.find(({ ports }) => JSON.stringify(ports).includes('9121'));
    expect(ofMetrics?.from).toEqual([
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
        podSelector: { matchLabels: { app: 'prometheus' } },
      },
    ]);
    expect(ingress).toContainEqual({ ports: [{ protocol: 'TCP', port: 9443 }] });
    expect(plan.steps[0]?.proof.shutsOut).toEqual([]);
  });

  it('guesses nobody, and says what to declare', () => {
    const { plan, ids } = planOf(outside(), {
      assets: [{ select: { workload: 'data/cache' }, sensitivity: 'medium', why: 'sessions' }],
    });
    expect(ids).toEqual([]);
    expect(plan.unclosed.map(({ why }) => why)).toContainEqual(
      expect.stringContaining('nobody said who calls data/cache'),
    );
  });

  it('says why where policies add up, or where none selects the pods', () => {
    const wide: Manifest = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'wide', namespace: 'data' },
      // Pods may have these addresses: not everybody, and more than is wanted.
      spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] },
    };
    const reasons = (manifests: readonly Manifest[]) =>
      planOf(manifests, { wanted: WANTED, assets: ASSETS }).plan.unclosed.map(({ why }) => why);
    expect(reasons(outside(wide))).toContainEqual(
      'NetworkPolicies add up, and data/wide admits it to data/cache: narrow its ingress rules',
    );
    const onNode = [
      namespace('shop', {}),
      namespace('data', {}),
      ...workload('shop', 'web'),
      ...workload('data', 'cache', { ...tcp, hostNetwork: true }),
    ];
    expect(reasons(onNode)).toContainEqual(
      'data/cache uses the network of its node, where no NetworkPolicy selects it',
    );
  });
});
