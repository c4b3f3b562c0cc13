import { describe, expect, it } from 'vitest';
import { meshOf } from '../../test/mesh-of.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../test/small-mesh.ts';
import { answerRequest } from '../engine/answer-request.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import { findAttackPaths } from './attack/find-attack-paths.ts';
import { makeFacts, type Stated } from './make-facts.ts';
import { proveNever } from './reach/never.ts';
import { reachFrom } from './reach/reach-from.ts';

const network = (name: string) => namespace('istio-system', { 'topology.istio.io/network': name });
const STRICT = policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } });
const EAST = [namespace('shop'), ...workload('shop', 'client'), ...workload('shop', 'other'), STRICT];
const WEST = [namespace('shop'), ...workload('shop', 'web', { ports: { http: 8080 } })];

/** An east-west gateway that leads to some hosts. */
const eastWest = (hosts: string): readonly Manifest[] => [
  namespace('ew'),
  ...workload('ew', 'eastwest', {
    labels: { istio: 'eastwest' },
    annotations: { 'inject.istio.io/templates': 'gateway' },
    ports: { tls: 15443 },
  }),
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'cross-network', namespace: 'ew' },
    spec: {
      selector: { app: 'eastwest' },
      servers: [
        { port: { number: 80, name: 'tls', protocol: 'TLS' }, tls: { mode: 'AUTO_PASSTHROUGH' }, hosts: [hosts] },
      ],
    },
  },
];

function factsOf(east: readonly Manifest[], west: readonly Manifest[], stated: Stated = {}) {
  const assets = [{ select: { workload: 'west:shop/web' }, sensitivity: 'critical' as const, why: 'cards' }];
  const { mesh, workload: find } = meshOf({
    east: meshText([...EAST, network('a'), ...east]),
    west: meshText([...WEST, network('b'), ...west]),
  });
  return { facts: makeFacts(new Enforcement(mesh), { assets, ...stated }), find };
}

function seenFrom(west: readonly Manifest[], start = 'east:shop/other', stated: Stated = {}) {
  const { facts, find } = factsOf([], west, stated);
  const found = findAttackPaths(facts, { entries: [{ kind: 'workload', workload: find(start) }] }).paths;
  const reached = reachFrom(facts.enforcement, find(start)).filter(({ workload: { id } }) => id === 'west:shop/web');
  return { facts, paths: found.filter(({ kind, hops }) => kind === 'excess' && hops.length === 1), reached };
}

describe('what stands on another network', () => {
  it('is reached by its services, through an east-west gateway, with a certificate of the mesh', () => {
    for (const west of [[STRICT], []]) {
      const { facts, paths, reached } = seenFrom([...west, ...eastWest('*.local')]);
      expect(reached.map(({ as, witness }) => [as, witness.to])).toEqual([
        ['identity', { service: 'west:shop/web', port: 80 }],
      ]);
      const [path] = paths;
      expect(path?.cause).toMatchObject({ kind: 'Namespace', name: 'shop' });
      const witness = path?.hops[0]?.witness;
      const answered = witness && answerRequest(facts.enforcement, witness);
      if (!answered || 'error' in answered) throw new Error('no answer');
      expect(answered.decisive.verdict.outcome).toBe('allow');
      expect(answered.decisive.verdict.trace.map(({ text }) => text)).toContain(
        'east-west gateway west:ew/eastwest:15443 passes it on to web.shop.svc.cluster.local:80',
      );
    }
  });

  it('is not reached where no east-west gateway leads to it, or its policies keep the caller out', () => {
    const elsewhere = seenFrom(eastWest('*.lab.svc.cluster.local'));
    expect([elsewhere.paths, elsewhere.reached]).toEqual([[], []]);
    const rules = [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/client'] } }] }];
    const guarded = policy('AuthorizationPolicy', 'shop', 'web', { ...selecting('web'), rules });
    const named = seenFrom([...eastWest('*.local'), guarded, STRICT]);
    expect([named.paths, named.reached]).toEqual([[], []]);
    expect(seenFrom([...eastWest('*.local'), guarded, STRICT], 'east:shop/client').reached).toHaveLength(1);
  });

  it('is behind a NetworkPolicy that sees the gateway alone', () => {
    const admitting = (from: Manifest): Manifest => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [from] }] },
    });
    const gateways = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ew' } } };
    expect(seenFrom([...eastWest('*.local'), STRICT, admitting(gateways)]).paths).toHaveLength(1);
    const own = seenFrom([...eastWest('*.local'), STRICT, admitting({ podSelector: {} })]);
    expect([own.paths, own.reached]).toEqual([[], []]);
  });

  it('is what an invariant asks about: proved where nothing leads there, else refuted by a request to the service', () => {
    const kindFor = (west: readonly Manifest[], from: string, to: string) => {
      const { facts, find } = factsOf([], west);
      const answer = proveNever(facts, { from: { kind: 'workloads', workloads: [find(from)] }, to: [find(to)] });
      return answer.kind === 'refuted' ? [answer.kind, answer.request.to] : [answer.kind];
    };
    const service = { service: 'west:shop/web', port: 80 };
    expect(kindFor(eastWest('*.local'), 'east:shop/other', 'west:shop/web')).toEqual(['refuted', service]);
    expect(kindFor(eastWest('*.lab.svc.cluster.local'), 'east:shop/other', 'west:shop/web')).toEqual(['holds']);
    expect(kindFor(eastWest('*.local'), 'west:shop/web', 'east:shop/client')).toEqual(['holds']);
  });

  it('sees callers, never the gateway that passes them on: it is no caller by its route', () => {
    const { facts, find } = factsOf([], eastWest('*.local'));
    expect(facts.wanted.to(find('west:shop/web'))).toEqual([]);
  });
});
