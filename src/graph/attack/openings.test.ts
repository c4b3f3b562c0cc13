import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import { makeFacts, type Stated } from '../make-facts.ts';
import { findAttackPaths } from './find-attack-paths.ts';

const only = (name: string, caller: string): Manifest =>
  policy('AuthorizationPolicy', 'shop', name, {
    ...selecting(name),
    rules: [{ from: [{ source: { principals: [`cluster.local/ns/shop/sa/${caller}`] } }] }],
  });

/** To `vault` gets whoever stands at the back: `a` and `b`, which nobody but `front` may call. */
const MESH: readonly Manifest[] = [
  namespace('istio-system', {}),
  namespace('shop'),
  policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } }),
  ...workload('shop', 'front'),
  ...['a', 'b'].flatMap((name) => [
    ...workload('shop', name, { labels: { tier: 'back' }, ports: { http: 8080 } }),
    only(name, 'front'),
  ]),
  ...workload('shop', 'vault', { ports: { http: 8080 } }),
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'vault', namespace: 'shop' },
    spec: {
      podSelector: { matchLabels: { app: 'vault' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { tier: 'back' } } }] }],
    },
  },
];

const TO_BOTH = ['a', 'b'].map((name) => ({ from: 'shop/front', to: `shop/${name}:8080` }));

function pathsFor(wanted: NonNullable<Stated['wanted']>): readonly string[] {
  const { mesh, workload: find } = meshOf(meshText(MESH));
  const assets = [{ select: { workload: 'shop/vault' }, sensitivity: 'critical' as const, why: 'cards' }];
  const facts = makeFacts(new Enforcement(mesh), { assets, wanted: [...TO_BOTH, ...wanted] });
  const { paths } = findAttackPaths(facts, { entries: [{ kind: 'workload', workload: find('shop/front') }] });
  return paths.map(({ kind, hops }) =>
    [
      kind,
      ...hops.map(({ to, excess }) => `${to.kind === 'workload' ? to.workload.name : to.kind}${excess ? '!' : ''}`),
    ].join(' '),
  );
}

describe('an opening for everybody', () => {
  it('is excess for all but those whose calls are wanted, whichever of them stands for their class', () => {
    expect(pathsFor([])).toEqual(['excess a vault!']);
    expect(pathsFor([{ from: 'shop/a', to: 'shop/vault:8080' }])).toEqual(['excess b vault!', 'inherent a vault']);
    expect(pathsFor([{ from: 'shop/b', to: 'shop/vault:8080' }])).toEqual(['excess a vault!', 'inherent b vault']);
  });

  it('is none where everybody who gets to it is meant; what they send beyond what is wanted is', () => {
    const both = (more: object) => ['a', 'b'].map((name) => ({ from: `shop/${name}`, to: 'shop/vault:8080', ...more }));
    expect(pathsFor(both({}))).toEqual(['inherent a vault']);
    expect(pathsFor(both({ methods: ['GET'] }))).toContain('excess a vault!');
  });
});
