import { describe, expect, it } from 'vitest';
import { meshOf } from '../../test/mesh-of.ts';
import { type Manifest, meshText, namespace, workload } from '../../test/small-mesh.ts';
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

function assumed(flag: Manifest, from: Request['from'], to: Request['to']): readonly string[] {
  const text = meshText([
    namespace('shop', { 'istio.io/dataplane-mode': 'ambient', 'istio.io/use-waypoint': 'way' }),
    namespace('side', { 'istio-injection': 'enabled' }),
    namespace('istio-system'),
    ...workload('shop', 'api', { ports: { http: 8080 } }),
    ...workload('shop', 'client'),
    ...workload('side', 'api', { ports: { http: 8080 } }),
    WAYPOINT,
    flag,
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
});
