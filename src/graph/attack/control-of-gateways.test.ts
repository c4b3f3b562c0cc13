import { describe, expect, it } from 'vitest';
import { answerRequest } from '../../engine/answer-request.ts';
import { allowIn } from '../../../test/pivot-edges.ts';
import { factsOfText } from '../../../test/judge-fixture.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import type { Facts } from '../facts.ts';
import type { AttackPath } from './attack-path.ts';
import { findAttackPaths } from './find-attack-paths.ts';
import type { Foothold } from './foothold.ts';

const assets = [{ select: { workload: 'bank/vault' }, sensitivity: 'critical' as const, why: 'cards' }];
const complete = ['mesh-config', 'root-policies', 'network-policies', 'gateways', 'rbac'];
const http = { ports: { http: 8080 } } as const;
const ambient = { 'istio.io/dataplane-mode': 'ambient' };

/** `bank/vault` behind a waypoint of another namespace, which only what `rule` says may call; `shop/web` may do as it likes in `infra`. */
function behindWaypoint(rule: Manifest): Facts {
  const waypoint: Manifest = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'waypoint', namespace: 'infra', labels: { 'istio.io/waypoint-for': 'all' } },
    spec: {
      gatewayClassName: 'istio-waypoint',
      listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE', allowedRoutes: { namespaces: { from: 'All' } } }],
    },
  };
  const manifests = [
    namespace('istio-system', {}),
    namespace('shop', ambient),
    namespace('infra', ambient),
    namespace('bank', { ...ambient, 'istio.io/use-waypoint': 'waypoint', 'istio.io/use-waypoint-namespace': 'infra' }),
    ...workload('shop', 'web', http),
    ...workload('bank', 'vault', http),
    waypoint,
    policy('AuthorizationPolicy', 'bank', 'vault', { ...selecting('vault'), rules: [rule] }),
    policy('AuthorizationPolicy', 'bank', 'callers', {
      targetRefs: [{ kind: 'Service', name: 'vault' }],
      rules: [{ from: [{ source: { namespaces: ['elsewhere'] } }] }],
    }),
    policy('AuthorizationPolicy', 'shop', 'web', { ...selecting('web'), rules: [] }),
    ...allowIn('infra', [{ resources: ['pods/exec'], verbs: ['create'] }]),
  ];
  return factsOfText(meshText(manifests), 'mesh.yaml', { assets }, { complete });
}

function pathsFrom(facts: Facts, start: string): readonly AttackPath[] {
  const taken = facts.mesh.workloads.find(({ id }) => id === start);
  if (!taken) throw new Error(`no ${start} in ${facts.mesh.workloads.map(({ id }) => id).join()}`);
  return findAttackPaths(facts, { entries: [{ kind: 'workload', workload: taken }] }).paths;
}

const nameOf = (at: Foothold): string => (at.kind === 'workload' ? at.workload.id : at.kind);
const told = ({ kind, from, hops, cause, cost }: AttackPath): string =>
  `${kind} ${cost.breaches}${cause ? ` by ${cause.kind} ${cause.name}` : ''}: ${[from, ...hops.map(({ to }) => to)].map(nameOf).join(' > ')}`;

describe('control of a waypoint', () => {
  it.each([
    ['by its name', { from: [{ source: { principals: ['cluster.local/ns/infra/sa/waypoint'] } }] }],
    ['by its namespace', { from: [{ source: { namespaces: ['infra'] } }] }],
  ])('is a way to what lets it in %s, whatever it would have refused', (_, rule) => {
    const facts = behindWaypoint(rule);
    const paths = pathsFrom(facts, 'shop/web');
    expect(paths.map(told)).toEqual(['excess 0 by RoleBinding binding: shop/web > infra/waypoint > bank/vault']);
    const [, sent] = paths[0]?.hops ?? [];
    expect(sent?.identity).toBe('cluster.local/ns/infra/sa/waypoint');
    const answered = sent?.witness && answerRequest(facts.enforcement, sent.witness);
    expect(answered && 'decisive' in answered && answered.decisive.verdict.outcome).toBe('allow');
  });

  it('is none to what lets in others only', () => {
    const facts = behindWaypoint({ from: [{ source: { namespaces: ['elsewhere'] } }] });
    expect(pathsFrom(facts, 'shop/web')).toEqual([]);
  });
});

/** The same for a gateway in `infra` that only the cluster reaches, and that has a route there. */
function behindGateway(rule: Manifest): Facts {
  const manifests = [
    namespace('istio-system', {}),
    ...['shop', 'infra', 'bank'].map((name) => namespace(name)),
    ...workload('shop', 'web', http),
    ...workload('bank', 'vault', http),
    ...workload('infra', 'inner', {
      annotations: { 'inject.istio.io/templates': 'gateway' },
      labels: { istio: 'ingressgateway' },
      ports: { https: 8443 },
    }),
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'inside', namespace: 'infra' },
      spec: {
        selector: { app: 'inner' },
        servers: [
          {
            port: { number: 80, name: 'https', protocol: 'HTTPS' },
            hosts: ['vault.example'],
            tls: { mode: 'ISTIO_MUTUAL' },
          },
        ],
      },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'vault', namespace: 'infra' },
      spec: {
        hosts: ['vault.example'],
        gateways: ['inside'],
        http: [{ route: [{ destination: { host: 'vault.bank.svc.cluster.local', port: { number: 80 } } }] }],
      },
    },
    policy('AuthorizationPolicy', 'infra', 'inner', {
      ...selecting('inner'),
      rules: [{ from: [{ source: { namespaces: ['elsewhere'] } }] }],
    }),
    policy('AuthorizationPolicy', 'bank', 'vault', { ...selecting('vault'), rules: [rule] }),
    policy('AuthorizationPolicy', 'shop', 'web', { ...selecting('web'), rules: [] }),
    ...allowIn('infra', [{ resources: ['pods/exec'], verbs: ['create'] }]),
  ];
  return factsOfText(meshText(manifests), 'mesh.yaml', { assets }, { complete });
}

describe('control of a gateway that only the cluster reaches', () => {
  it('is a way to what its routes lead to, whomever it would have refused', () => {
    const facts = behindGateway({ from: [{ source: { namespaces: ['infra'] } }] });
    expect(pathsFrom(facts, 'shop/web').map(told)).toEqual([
      'excess 0 by RoleBinding binding: shop/web > infra/inner > bank/vault',
    ]);
  });
});
