import { describe, expect, it } from 'vitest';
import { decideIn } from '../../../test/decide-in.ts';
import { type Manifest, meshConfig, namespace, workload } from '../../../test/small-mesh.ts';
import { AMBIENT, base, call, destinationRule, KNOWN_ONLY, peerAuthentication } from '../../../test/front-and-api.ts';

describe('ambient', () => {
  const server = (extra: readonly Manifest[]) => [
    namespace('web', AMBIENT),
    namespace('shop'),
    ...workload('web', 'front'),
    ...workload('shop', 'api', { ports: { http: 8080 } }),
    peerAuthentication('STRICT'),
    ...extra,
  ];

  it('reaches a sidecar in plaintext unless it takes HBONE', () => {
    const plain = meshConfig({ trustDomain: 'cluster.local' });
    expect(decideIn(server([plain]), call())).toMatchObject({ outcome: 'deny', reason: 'STRICT refuses plaintext' });
    const hbone = meshConfig({ defaultConfig: { proxyMetadata: { ISTIO_META_ENABLE_HBONE: 'true' } } });
    expect(decideIn(server([hbone, KNOWN_ONLY]), call()).outcome).toBe('allow');
    const assumed = decideIn(server([KNOWN_ONLY]), call());
    expect(assumed).toMatchObject({ outcome: 'allow', assumes: [expect.stringContaining('take HBONE')] });
  });

  it('arrives by HBONE whatever PeerAuthentication says', () => {
    const hbone = meshConfig({ defaultConfig: { proxyMetadata: { ISTIO_META_ENABLE_HBONE: 'true' } } });
    const mesh = server([hbone, KNOWN_ONLY]).filter(({ kind }) => kind !== 'PeerAuthentication');
    expect(decideIn([...mesh, peerAuthentication('DISABLE')], call()).outcome).toBe('allow');
  });

  it('is reached by HBONE from a sidecar, whatever a DestinationRule says', () => {
    const mesh = [...base(AMBIENT), peerAuthentication('STRICT'), KNOWN_ONLY];
    expect(decideIn(mesh, call()).outcome).toBe('allow');
    expect(decideIn([...mesh, destinationRule({ mode: 'DISABLE' })], call()).outcome).toBe('allow');
  });

  it('of a headless service is reached from a sidecar in plaintext: nobody tells it of the endpoints', () => {
    const headless = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'all', namespace: 'shop' },
      spec: { clusterIP: 'None', selector: { app: 'api' }, ports: [{ name: 'tcp', port: 9000 }] },
    };
    const request = { from: { workload: 'web/front' }, to: { service: 'shop/all', port: 9000 } };
    expect(decideIn([...base(AMBIENT), headless], request)).toMatchObject({
      outcome: 'allow',
      sent: { text: expect.stringContaining('plaintext') },
    });
    expect(decideIn([...base(AMBIENT), headless, peerAuthentication('STRICT')], request).outcome).toBe('deny');
  });

  it('leads through the waypoint of a service with sidecars, which reaches them over HBONE or in plaintext', () => {
    const waypoint = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'waypoint', namespace: 'shop' },
      spec: { gatewayClassName: 'istio-waypoint', listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }] },
    };
    const mesh = [
      namespace('web', AMBIENT),
      namespace('shop', { 'istio-injection': 'enabled', 'istio.io/use-waypoint': 'waypoint' }),
      ...workload('web', 'front'),
      ...workload('shop', 'api', { ports: { http: 8080 } }),
      waypoint,
      peerAuthentication('STRICT'),
    ];
    expect(decideIn([...mesh, meshConfig({ trustDomain: 'cluster.local' })], call())).toMatchObject({
      outcome: 'deny',
      reason: 'STRICT refuses plaintext',
    });
    const hbone = meshConfig({ defaultConfig: { proxyMetadata: { ISTIO_META_ENABLE_HBONE: 'true' } } });
    expect(decideIn([...mesh, hbone], call()).outcome).toBe('allow');
    // What arrives has the identity of the waypoint.
    expect(decideIn([...mesh, hbone, KNOWN_ONLY], call()).outcome).toBe('deny');
  });

  it('asks no DestinationRule', () => {
    const mesh = [
      namespace('web', AMBIENT),
      namespace('shop', AMBIENT),
      ...workload('web', 'front'),
      ...workload('shop', 'api', { ports: { http: 8080 } }),
    ];
    expect(decideIn([...mesh, KNOWN_ONLY, destinationRule({ mode: 'DISABLE' })], call()).outcome).toBe('allow');
  });
});
