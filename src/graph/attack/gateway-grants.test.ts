import { describe, expect, it } from 'vitest';
import { answerRequest } from '../../engine/answer-request.ts';
import { factsOfText } from '../../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import type { Facts } from '../facts.ts';
import type { StatedFlow } from '../wanted.ts';
import type { AttackPath } from './attack-path.ts';
import { findAttackPaths } from './find-attack-paths.ts';
import type { Foothold } from './foothold.ts';

const gateway = (servers: readonly Manifest[]): Manifest => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { name: 'inside', namespace: 'edge' },
  spec: { selector: { app: 'inner' }, servers },
});
const PLAIN = { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['vault.example'] };
const MUTUAL = {
  port: { number: 81, name: 'https', protocol: 'HTTPS' },
  hosts: ['vault.example'],
  tls: { mode: 'ISTIO_MUTUAL' },
};
const ROUTE: Manifest = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'vault', namespace: 'edge' },
  spec: {
    hosts: ['vault.example'],
    gateways: ['inside'],
    http: [{ route: [{ destination: { host: 'vault.shop.svc.cluster.local', port: { number: 80 } } }] }],
  },
};
const fromGateway = policy('AuthorizationPolicy', 'shop', 'vault', {
  ...selecting('vault'),
  rules: [{ from: [{ source: { principals: ['cluster.local/ns/edge/sa/inner'] } }] }],
});
const STRICT = policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } });
const http = { ports: { http: 8080 } } as const;

interface Given {
  readonly servers?: readonly Manifest[];
  readonly guards?: readonly Manifest[];
  readonly wanted?: readonly StatedFlow[];
  readonly type?: string;
}

/** `shop/vault`, which only the gateway `edge/inner` may call; `shop/web` is a workload like any other. */
function mesh({ servers = [PLAIN], guards = [fromGateway], wanted, type = 'ClusterIP' }: Given = {}): Facts {
  const inner = workload('edge', 'inner', {
    labels: { istio: 'ingressgateway' },
    annotations: { 'inject.istio.io/templates': 'gateway' },
    ports: { http: 8080, https: 8443 },
  }).map((each) => (each.kind === 'Service' ? { ...each, spec: { ...(each.spec as Manifest), type } } : each));
  const guard = policy('AuthorizationPolicy', 'shop', 'web', { ...selecting('web'), rules: [] });
  const manifests = [
    namespace('istio-system', {}),
    namespace('edge'),
    namespace('shop'),
    ...inner,
    ...workload('shop', 'web', http),
    ...workload('shop', 'vault', http),
    gateway(servers),
    ROUTE,
    STRICT,
    guard,
    ...guards,
  ];
  const assets = [{ select: { workload: 'shop/vault' }, sensitivity: 'critical' as const, why: 'cards' }];
  const complete = ['mesh-config', 'root-policies', 'network-policies', 'gateways'];
  return factsOfText(meshText(manifests), 'mesh.yaml', { assets, ...(wanted ? { wanted } : {}) }, { complete });
}

function pathsFrom(facts: Facts, start: string): readonly AttackPath[] {
  const taken = facts.mesh.workloads.find(({ id }) => id === start);
  const entry: Foothold = taken ? { kind: 'workload', workload: taken } : ({ kind: start } as Foothold);
  return findAttackPaths(facts, { entries: [entry] }).paths.filter(({ kind }) => kind === 'excess');
}

const nameOf = (at: Foothold): string => (at.kind === 'workload' ? at.workload.id : at.kind);
const told = ({ from, hops, cause, cost }: AttackPath): string =>
  `${cost.breaches} by ${cause?.kind} ${cause?.name}: ${[from, ...hops.map(({ to }) => to)].map(nameOf).join(' > ')}`;

/** What `explain` says to the witnesses. */
const answersTo = ({ enforcement }: Facts, paths: readonly AttackPath[]): readonly string[] =>
  paths.flatMap(({ hops }) =>
    hops.map(({ witness }) => {
      const answered = witness && answerRequest(enforcement, witness);
      if (!answered || 'error' in answered) return answered?.error ?? 'no witness';
      const { verdict } = answered.decisive;
      return `${verdict.outcome} at ${verdict.routed}`;
    }),
  );

const viaGateway = (start: string, cause = 'Gateway inside') => [`0 by ${cause}: ${start} > edge/inner > shop/vault`];

describe('gateways that only the cluster reaches', () => {
  it('ask for anybody what the destination refuses to callers themselves', () => {
    const facts = mesh();
    for (const start of ['pod-outside-mesh', 'shop/web']) {
      const paths = pathsFrom(facts, start);
      expect(paths.map(told)).toEqual(viaGateway(start));
      const [entry, route] = paths[0]?.hops ?? [];
      expect([entry?.pivot, entry?.excess, route?.pivot, route?.excess]).toEqual(['entry', true, 'route', true]);
      expect(route?.identity).toBe('cluster.local/ns/edge/sa/inner');
      expect(route?.witness?.to).toEqual({ gateway: 'edge/inner', port: 8080 });
      expect(answersTo(facts, paths)).toEqual(['allow at shop/vault:80', 'allow at shop/vault:80']);
    }
    expect(pathsFrom(facts, 'internet')).toEqual([]);
  });

  it('with mutual TLS ask for members of the mesh, by a certificate of their own', () => {
    const facts = mesh({ servers: [MUTUAL] });
    expect(pathsFrom(facts, 'pod-outside-mesh')).toEqual([]);
    const paths = pathsFrom(facts, 'shop/web');
    expect(paths.map(told)).toEqual(viaGateway('shop/web'));
    expect(paths[0]?.hops[1]?.witness?.tls?.clientCert).toEqual({ principal: 'cluster.local/ns/shop/sa/web' });
    expect(answersTo(facts, paths)).toEqual(['allow at shop/vault:80', 'allow at shop/vault:80']);
  });

  it('ask for nobody whom their own policy keeps out', () => {
    const rules = [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/other'] } }] }];
    const own = policy('AuthorizationPolicy', 'edge', 'inner', { ...selecting('inner'), rules });
    for (const servers of [[PLAIN], [MUTUAL]])
      expect(pathsFrom(mesh({ servers, guards: [fromGateway, own] }), 'shop/web')).toEqual([]);
  });

  it('that let everybody in by a rule: the rule is what to change', () => {
    const own = policy('AuthorizationPolicy', 'edge', 'open', { ...selecting('inner'), rules: [{}] });
    expect(pathsFrom(mesh({ guards: [fromGateway, own] }), 'shop/web').map(told)).toEqual(
      viaGateway('shop/web', 'AuthorizationPolicy open'),
    );
  });

  it('ask for nobody whom NetworkPolicy keeps from them', () => {
    const closed: Manifest = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'edge', namespace: 'edge' },
      spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] },
    };
    expect(pathsFrom(mesh({ guards: [fromGateway, closed] }), 'shop/web')).toEqual([]);
  });

  it('are not needed by those who get there themselves, or whose calls are wanted', () => {
    const open = policy('AuthorizationPolicy', 'shop', 'vault', { ...selecting('vault'), rules: [{}] });
    const paths = pathsFrom(mesh({ guards: [open] }), 'shop/web');
    expect(paths.map(told)).toEqual(['0 by AuthorizationPolicy vault: shop/web > shop/vault']);
    expect(pathsFrom(mesh({ wanted: [{ from: 'shop/web', to: 'shop/vault' }] }), 'shop/web')).toEqual([]);
  });

  it('ask for nobody what the destination does not let them have', () => {
    const other = policy('AuthorizationPolicy', 'shop', 'vault', { ...selecting('vault'), rules: [] });
    expect(pathsFrom(mesh({ guards: [other] }), 'shop/web')).toEqual([]);
  });
});

describe('gateways that the internet reaches', () => {
  it('are for everybody: from inside one gets no further by them', () => {
    expect(pathsFrom(mesh({ type: 'LoadBalancer' }), 'shop/web')).toEqual([]);
  });
});
