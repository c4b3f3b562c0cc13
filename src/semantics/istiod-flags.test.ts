import { describe, expect, it } from 'vitest';
import { meshOf } from '../../test/mesh-of.ts';
import { type Manifest, meshText, namespace, policy, workload } from '../../test/small-mesh.ts';
import type { Request } from '../result/request.ts';
import { decideRequest } from './decide-request.ts';
import { Enforcement } from './enforcement.ts';

const istiod = (name: string, value: string): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'istiod', namespace: 'istio-system', labels: { app: 'istiod' } },
  spec: {
    selector: { matchLabels: { app: 'istiod' } },
    template: {
      metadata: { labels: { app: 'istiod' } },
      spec: { containers: [{ name: 'discovery', image: 'pilot:1', env: [{ name, value }] }] },
    },
  },
});

const WAYPOINT = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'way', namespace: 'shop' },
  spec: { gatewayClassName: 'istio-waypoint', listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }] },
};

function assumed(
  flag: Manifest,
  from: Request['from'],
  to: Request['to'],
  objects: readonly Manifest[] = [],
): readonly string[] {
  const text = meshText([
    namespace('shop', { 'istio.io/dataplane-mode': 'ambient', 'istio.io/use-waypoint': 'way' }),
    namespace('side', { 'istio-injection': 'enabled' }),
    namespace('istio-system'),
    ...workload('shop', 'api', { ports: { http: 8080 } }),
    ...workload('shop', 'client'),
    ...workload('side', 'api', { ports: { http: 8080 } }),
    WAYPOINT,
    flag,
    ...objects,
  ]);
  const verdict = decideRequest(new Enforcement(meshOf(text).mesh), { from, to, http: { method: 'GET', path: '/' } });
  if ('error' in verdict) throw new Error(verdict.error);
  return verdict.assumes.filter((each) => each.includes('is not computed'));
}

describe('flags of istiod that change what is enforced', () => {
  const near = { workload: 'shop/client' };
  const api = { service: 'shop/api', port: 80 };
  const side = { workload: 'side/api', port: 8080 };

  it('are named by the verdicts that they may turn', () => {
    expect(assumed(istiod('PILOT_AUTO_ALLOW_WAYPOINT_POLICY', 'true'), near, api)).toEqual([
      'ztunnel has no rule of its own for pods with a waypoint, by which the waypoint alone gets in: `PILOT_AUTO_ALLOW_WAYPOINT_POLICY` (true) of Deployment istio-system/istiod is not computed',
    ]);
    expect(assumed(istiod('ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES', '1'), near, api)).toHaveLength(1);
    expect(assumed(istiod('PILOT_ENABLE_SIDECAR_LISTENING_HBONE', 'false'), near, side)).toHaveLength(1);
    const stranger = { principal: 'other.example/ns/x/sa/y' };
    expect(assumed(istiod('PILOT_SKIP_VALIDATE_TRUST_DOMAIN', 'true'), stranger, side)).toHaveLength(1);
  });

  it('are not named by others, nor where they have their default', () => {
    expect(assumed(istiod('PILOT_AUTO_ALLOW_WAYPOINT_POLICY', 'true'), near, side)).toEqual([]);
    expect(assumed(istiod('PILOT_AUTO_ALLOW_WAYPOINT_POLICY', 'false'), near, api)).toEqual([]);
    const own = { principal: 'cluster.local/ns/x/sa/y' };
    expect(assumed(istiod('PILOT_SKIP_VALIDATE_TRUST_DOMAIN', 'true'), own, side)).toEqual([]);
  });

  const custom = (name: string, provider: string) =>
    policy('AuthorizationPolicy', 'side', name, { action: 'CUSTOM', provider: { name: provider }, rules: [{}] });
  const ingress = (tls: Manifest) => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'Sidecar',
    metadata: { name: 'default', namespace: 'side' },
    spec: {
      ingress: [{ port: { number: 8080, protocol: 'HTTP', name: 'http' }, defaultEndpoint: '127.0.0.1:8080', ...tls }],
    },
  });
  const onTrial = policy(
    'AuthorizationPolicy',
    'shop',
    'trial',
    { rules: [{}] },
    {
      annotations: { 'istio.io/dry-run': 'true' },
    },
  );
  const selecting = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'ServiceEntry',
    metadata: { name: 'pods', namespace: 'side' },
    spec: {
      hosts: ['pods.example'],
      ports: [{ number: 80, protocol: 'HTTP', name: 'http' }],
      resolution: 'STATIC',
      workloadSelector: { labels: { app: 'api' } },
    },
  };
  const pod = { workload: 'shop/api', port: 8080 };
  it.each([
    ['PILOT_ENABLE_AMBIENT', 'false', pod, side, []],
    ['AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY', 'true', pod, side, [onTrial]],
    ['PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS', 'true', side, pod, [custom('a', 'one'), custom('b', 'two')]],
    ['ENABLE_TLS_ON_SIDECAR_INGRESS', 'true', side, pod, [ingress({ tls: { mode: 'SIMPLE' } })]],
    ['PILOT_ALLOW_SIDECAR_SERVICE_INBOUND_LISTENER_MERGE', 'true', side, pod, [ingress({})]],
    ['PILOT_ENABLE_SERVICEENTRY_SELECT_PODS', 'false', side, pod, [selecting]],
  ] as const)('%s=%s is named where it matters, and nowhere else', (name, value, where, elsewhere, objects) => {
    expect(assumed(istiod(name, value), near, where, objects)).toEqual([expect.stringContaining(`\`${name}\``)]);
    expect(assumed(istiod(name, value), near, elsewhere, objects)).toEqual([]);
  });

  it.each([
    ['ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY', 'false'],
    ['PILOT_SCOPE_GATEWAY_TO_NAMESPACE', 'true'],
    ['PILOT_ENABLE_STRICT_GATEWAY_MERGING', 'false'],
  ])('%s=%s is named at gateways', (name, value) => {
    const gateway = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'door', namespace: 'side' },
      spec: { gatewayClassName: 'istio', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
    };
    const door = { gateway: 'side/door-istio', port: 80 };
    const flag = istiod(name, value);
    expect(assumed(flag, { internet: true }, door, [gateway])).toEqual([expect.stringContaining(`\`${name}\``)]);
    expect(assumed(flag, near, side, [gateway])).toEqual([]);
  });
});
