import { describe, expect, it } from 'vitest';
import { planOf } from '../../../test/plan-of.ts';
import { type Manifest, namespace, workload } from '../../../test/small-mesh.ts';
import type { AttackPath } from '../../graph/attack/attack-path.ts';
import type { Stated } from '../../graph/make-facts.ts';

const ASSETS: NonNullable<Stated['assets']> = [
  { select: { workload: 'shop/vault' }, sensitivity: 'critical', why: 'cards' },
];
const WANTED: NonNullable<Stated['wanted']> = [{ from: 'shop/web', to: 'shop/vault:8080' }];
const INTERNET = [{ kind: 'internet' }, { kind: 'node-network' }] as const;

const service = (spec: Manifest): Manifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'vault-outside', namespace: 'shop' },
  spec: { selector: { app: 'vault' }, ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30080 }], ...spec },
});
const given = (...more: readonly Manifest[]): readonly Manifest[] => [
  namespace('shop', {}),
  ...workload('shop', 'web'),
  ...workload('shop', 'vault', { ports: { http: 8080 } }),
  ...more,
];
const planFor = (manifests: readonly Manifest[], stated: Stated = { wanted: WANTED, assets: ASSETS }) =>
  planOf(manifests, stated, () => INTERNET);

/** Ways in from outside; whoever is in the network of a node gets to every pod as well, which is another matter. */
const entriesIn = (paths: readonly AttackPath[]): readonly (string | undefined)[] =>
  paths.flatMap(({ hops }) => hops.flatMap(({ pivot, cause }) => (pivot === 'entry' ? [cause?.name] : [])));

describe('what is exposed and has no callers outside', () => {
  it('gives a load balancer an address in the cluster alone', () => {
    const outside = service({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    const { ids, paths, left, plan, outcome } = planFor(given(outside));
    expect(entriesIn(paths)).toEqual(['vault-outside']);
    expect(ids).toEqual(['hide-from-outside Service shop/vault-outside']);
    expect(entriesIn(left)).toEqual([]);
    expect(plan.result.mesh.resources.find('Service', 'shop', 'vault-outside')?.spec).toEqual({
      type: 'ClusterIP',
      selector: { app: 'vault' },
      ports: [{ name: 'http', port: 80, targetPort: 8080 }],
    });
    expect(outcome('shop/web', 'shop/vault', 8080)).toBe('allow');
  });

  it('takes external addresses out of a Service that is of no such type', () => {
    const { ids, left } = planFor(given(service({ externalIPs: ['192.0.2.7'] })));
    expect(ids).toEqual(['hide-from-outside Service shop/vault-outside']);
    expect(entriesIn(left)).toEqual([]);
  });

  it('takes the port of the node from a container', () => {
    const [deployment, own] = workload('shop', 'vault', { ports: { http: 8080 } });
    const text = JSON.stringify(deployment).replace('"containerPort":8080', '"containerPort":8080,"hostPort":8080');
    const manifests = [
      namespace('shop', {}),
      ...workload('shop', 'web'),
      JSON.parse(text) as Manifest,
      own as Manifest,
    ];
    const { ids, left } = planFor(manifests);
    expect(ids).toEqual(['hide-from-outside Deployment shop/vault']);
    expect(entriesIn(left)).toEqual([]);
  });

  it('leaves what has to be reached from outside, and asks where nobody said', () => {
    const outside = service({ type: 'NodePort' });
    const wanted = [...WANTED, { from: 'internet', to: 'shop/vault:8080' }];
    expect(planFor(given(outside), { wanted, assets: ASSETS }).ids).toEqual([]);
    const { ids, plan } = planFor(given(outside), {
      assets: [{ select: { workload: 'shop/vault' }, sensitivity: 'medium', why: 'names' }],
    });
    expect(ids).toEqual([]);
    expect(plan.unclosed.map(({ why }) => why)).toContainEqual(
      expect.stringContaining('nobody said whether shop/vault has to be reached from outside'),
    );
  });

  it('does not take the type away that another ingress needs', () => {
    const ingress: Manifest = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'front', namespace: 'shop' },
      spec: { defaultBackend: { service: { name: 'vault-outside', port: { number: 80 } } } },
    };
    const { ids, plan } = planFor(given(service({ type: 'NodePort' }), ingress));
    expect(ids).toEqual([]);
    expect(plan.unclosed.map(({ why }) => why)).toContainEqual(
      expect.stringContaining('take the route out there first'),
    );
  });
});
