import { describe, expect, it } from 'vitest';
import { decideIn } from '../../test/decide-in.ts';
import { type Manifest, namespace, workload } from '../../test/small-mesh.ts';

const AMBIENT = { 'istio.io/dataplane-mode': 'ambient' };
const MESH: readonly Manifest[] = [
  namespace('shop', { ...AMBIENT, 'istio.io/use-waypoint': 'waypoint' }),
  namespace('web', AMBIENT),
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'waypoint', namespace: 'shop' },
    spec: { gatewayClassName: 'istio-waypoint', listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }] },
  },
  ...workload('shop', 'api', { ports: { http: 8080 } }),
  ...workload('web', 'front'),
];
const WAYPOINT = { podSelector: { matchLabels: { 'gateway.networking.k8s.io/gateway-name': 'waypoint' } } };
const FRONT = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'web' } } };
const admits = (name: string, pods: Manifest, from: Manifest, port = 15008): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop' },
  spec: { ...pods, ingress: [{ from: [from], ports: [{ port }] }] },
});
const API = { podSelector: { matchLabels: { app: 'api' } } };

const ask = (policies: readonly Manifest[], to: object = { service: 'shop/api', port: 80 }, at = {}) =>
  decideIn([...MESH, ...policies], {
    from: { workload: 'web/front' },
    to: { ...(to as { service: string; port: number }), ...at },
    http: { method: 'GET', path: '/' },
  });

describe('NetworkPolicy where a waypoint is on the way', () => {
  it('asks the client at the waypoint, and the waypoint at the endpoint', () => {
    const both = [admits('to-waypoint', WAYPOINT, FRONT), admits('to-api', API, WAYPOINT)];
    expect(ask(both)).toMatchObject({ outcome: 'allow' });
    expect(ask(both).trace.filter(({ stage }) => stage === 'network-policy')).toMatchObject([
      { outcome: 'pass', by: { name: 'to-waypoint' } },
      { outcome: 'pass', by: { name: 'to-api' } },
    ]);
  });

  it('stops the waypoint where only the client is admitted, and the client where only the waypoint is', () => {
    expect(ask([admits('to-api', API, FRONT)])).toMatchObject({ outcome: 'deny', point: 'network-policy' });
    expect(ask([admits('to-waypoint', WAYPOINT, WAYPOINT)])).toMatchObject({
      outcome: 'deny',
      point: 'network-policy',
    });
    expect(ask([admits('to-api', API, FRONT)], undefined, { at: 'network-policy' }).outcome).toBe('deny');
  });

  it('sees port 15008 on both hops, not that of the application', () => {
    expect(ask([admits('to-api', API, WAYPOINT, 8080)])).toMatchObject({ outcome: 'deny', point: 'network-policy' });
    expect(ask([admits('to-waypoint', WAYPOINT, FRONT, 8080)]).outcome).toBe('deny');
  });

  it('asks the client itself where the pod is addressed, past the waypoint of the service', () => {
    const pod = { workload: 'shop/api', port: 8080 };
    expect(ask([admits('to-api', API, FRONT)], pod)).toMatchObject({ outcome: 'allow' });
    expect(ask([admits('to-api', API, WAYPOINT)], pod)).toMatchObject({ outcome: 'deny', point: 'network-policy' });
  });
});
