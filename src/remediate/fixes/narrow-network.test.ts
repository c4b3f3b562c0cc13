import { describe, expect, it } from 'vitest';
import { addedBy, planOf } from '../../../test/plan-of.ts';
import { INJECTOR, type Manifest, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import type { Stated } from '../../graph/make-facts.ts';
import type { NetworkPolicy } from '../../model/k8s/network-policy.ts';

const ASSETS: NonNullable<Stated['assets']> = [
  { select: { workload: 'data/cache' }, sensitivity: 'critical', why: 'sessions' },
];
const WANTED: NonNullable<Stated['wanted']> = [{ from: 'shop/web', to: 'data/cache:6379' }];

const isolating = (spec: Manifest, name = 'wide'): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'data' },
  spec,
});
const OWN = { podSelector: { matchLabels: { app: 'cache' } } };
const BY_NAME = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } };
const WEB = { ...BY_NAME, podSelector: { matchLabels: { app: 'web' } } };
const REDIS = [{ protocol: 'TCP', port: 6379 }];

/** A cache outside the mesh, beside another workload. */
const given = (...policies: readonly Manifest[]): readonly Manifest[] => [
  namespace('shop', {}),
  namespace('data', {}),
  ...workload('shop', 'web'),
  ...workload('shop', 'batch'),
  ...workload('data', 'queue', { ports: { tcp: 5672 } }),
  ...workload('data', 'cache', { ports: { tcp: 6379 } }),
  ...policies,
];
const planFor = (policies: readonly Manifest[], stated: Partial<Stated> = {}) =>
  planOf(given(...policies), { wanted: WANTED, assets: ASSETS, ...stated });
const policyOf = ({ plan }: ReturnType<typeof planFor>, name = 'wide'): NetworkPolicy['spec'] | undefined =>
  plan.result.mesh.resources.find('NetworkPolicy', 'data', name)?.spec as NetworkPolicy['spec'] | undefined;

describe('a NetworkPolicy that admits everybody where no proxy decides', () => {
  it.each([
    ['no `from`', [{}]],
    ['an empty `from`', [{ from: [] }]],
    ['every namespace', [{ from: [{ namespaceSelector: {} }] }]],
    ['every address', [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }]],
  ])('names the known callers in place of %s', (_, ingress) => {
    const planned = planFor([isolating({ ...OWN, ingress })]);
    expect(planned.paths.length).toBeGreaterThan(0);
    expect(planned.ids).toEqual(['narrow-network data']);
    expect(policyOf(planned)).toEqual({ ...OWN, ingress: [{ from: [WEB], ports: REDIS }] });
    expect(planned.left).toEqual([]);
    expect(planned.plan.unclosed).toEqual([]);
    expect(planned.outcome('shop/web', 'data/cache', 6379)).toBe('allow');
    expect(planned.outcome('shop/batch', 'data/cache', 6379, 'before')).toBe('allow');
    expect(planned.outcome('shop/batch', 'data/cache', 6379)).toBe('deny');
  });

  it('keeps peers that are named beside, rules for others, and ports that it did not open', () => {
    const named = { podSelector: { matchLabels: { app: 'queue' } } };
    const planned = planFor([
      isolating({ ...OWN, ingress: [{ from: [named, { namespaceSelector: {} }], ports: REDIS }, { from: [named] }] }),
    ]);
    expect(planned.ids[0]).toBe('narrow-network data');
    expect(policyOf(planned)?.ingress).toEqual([
      { from: [named], ports: REDIS },
      { from: [named] },
      { from: [WEB], ports: REDIS },
    ]);
  });

  it.each([
    ['all ports', {}, [8080, 15008, 15020, 15021, 15090]],
    ['one port', { ports: REDIS }, []],
  ])('of %s stays as open as it was to what the proxy decides about', (_, rule, open) => {
    const annotations = { 'traffic.sidecar.istio.io/excludeInboundPorts': '6379' };
    const { plan, ids, left } = planOf(
      [
        INJECTOR,
        namespace('istio-system', {}),
        namespace('data'),
        namespace('legacy', {}),
        policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } }),
        ...workload('data', 'cache', { ports: { tcp: 6379, http: 8080 }, annotations }),
        ...workload('legacy', 'report'),
        policy('AuthorizationPolicy', 'data', 'cache', { ...selecting('cache'), rules: [] }),
        isolating({ ...OWN, ingress: [rule] }),
      ],
      { wanted: [{ from: 'legacy/report', to: 'data/cache:6379' }], assets: ASSETS },
    );
    expect(ids).toEqual(['narrow-network data']);
    expect(left).toEqual([]);
    const report = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'legacy' } } };
    expect(plan.result.mesh.resources.find('NetworkPolicy', 'data', 'wide')?.spec.ingress).toEqual([
      ...(open.length > 0 ? [{ ports: open.map((port) => ({ protocol: 'TCP', port })) }] : []),
      { from: [{ ...report, podSelector: { matchLabels: { app: 'report' } } }], ports: REDIS },
    ]);
  });

  it('that is for others too no longer selects the pods, and they get one that says the same otherwise', () => {
    const egress = [{ ports: [{ protocol: 'UDP', port: 53 }] }];
    const wide = isolating({ podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress });
    const planned = planFor([wide]);
    const { plan, ids, left, outcome } = planned;
    expect(ids).toEqual(['narrow-network data']);
    expect(addedBy(plan)).toEqual([
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'limit-callers-of-cache', namespace: 'data' },
        spec: { ...OWN, policyTypes: ['Ingress', 'Egress'], ingress: [{ from: [WEB], ports: REDIS }], egress },
      },
    ]);
    expect(policyOf(planned)?.podSelector).toEqual({
      matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['cache'] }],
    });
    expect(left).toEqual([]);
    expect(plan.steps[0]?.proof.between).toEqual([]);
    expect(outcome('shop/web', 'data/cache', 6379)).toBe('allow');
    expect(outcome('shop/batch', 'data/cache', 6379)).toBe('deny');
    expect(outcome('shop/batch', 'data/queue', 5672)).toBe('allow');
  });

  it('of several is narrowed in each, since they add up', () => {
    const planned = planFor([
      isolating({ ...OWN, ingress: [{}] }, 'first'),
      isolating({ podSelector: {}, ingress: [{ from: [{ namespaceSelector: {} }] }] }, 'second'),
    ]);
    expect(planned.left).toEqual([]);
    expect(planned.outcome('shop/batch', 'data/cache', 6379)).toBe('deny');
    expect(planned.outcome('shop/web', 'data/cache', 6379)).toBe('allow');
  });

  it('admits a whole namespace: its callers there by name, where an attacker starts there', () => {
    const { ids, left, outcome } = planOf(
      given(isolating({ ...OWN, ingress: [{ from: [BY_NAME] }] })),
      { wanted: WANTED, assets: ASSETS },
      ({ workloads }) =>
        workloads.filter(({ id }) => id === 'shop/batch').map((each) => ({ kind: 'workload', workload: each })),
    );
    expect(ids).toEqual(['narrow-network data']);
    expect(left).toEqual([]);
    expect(outcome('shop/web', 'data/cache', 6379)).toBe('allow');
    expect(outcome('shop/batch', 'data/cache', 6379)).toBe('deny');
  });

  it('stays where nobody said who calls, with what to declare', () => {
    const { ids, plan } = planFor([isolating({ ...OWN, ingress: [{}] })], {
      wanted: [],
      assets: [{ select: { workload: 'data/cache' }, sensitivity: 'medium', why: 'sessions' }],
    });
    expect(ids).toEqual([]);
    expect(plan.unclosed.map(({ why }) => why)).toContainEqual(
      expect.stringContaining('nobody said who calls data/cache'),
    );
  });
});
