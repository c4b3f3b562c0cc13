import { describe, expect, it } from 'vitest';
import { decideIn } from '../../test/decide-in.ts';
import { type Manifest, meshConfig, namespace, workload } from '../../test/small-mesh.ts';
import { AMBIENT, base, call, destinationRule, KNOWN_ONLY, peerAuthentication } from '../../test/front-and-api.ts';

describe('the connectivity matrix of a sidecar client (reference §1.7)', () => {
  const TLS: Readonly<Record<string, object | undefined>> = {
    auto: undefined,
    DISABLE: { mode: 'DISABLE' },
    ISTIO_MUTUAL: { mode: 'ISTIO_MUTUAL' },
    SIMPLE: { mode: 'SIMPLE' },
    MUTUAL: { mode: 'MUTUAL', clientCertificate: '/a', privateKey: '/b' },
  };

  it.each([
    // client, server, to an HTTP port, to a TCP port, with an identity
    ['auto', 'STRICT', 'allow', 'allow', true],
    ['auto', 'PERMISSIVE', 'allow', 'allow', true],
    ['auto', 'DISABLE', 'allow', 'allow', false],
    ['DISABLE', 'STRICT', 'deny', 'deny', false],
    ['DISABLE', 'PERMISSIVE', 'allow', 'allow', false],
    ['DISABLE', 'DISABLE', 'allow', 'allow', false],
    ['ISTIO_MUTUAL', 'STRICT', 'allow', 'allow', true],
    ['ISTIO_MUTUAL', 'PERMISSIVE', 'allow', 'allow', true],
    ['ISTIO_MUTUAL', 'DISABLE', 'deny', 'deny', false],
    ['SIMPLE', 'STRICT', 'deny', 'deny', false],
    ['SIMPLE', 'PERMISSIVE', 'deny', 'allow', false],
    ['SIMPLE', 'DISABLE', 'deny', 'allow', false],
    ['MUTUAL', 'STRICT', 'deny', 'deny', false],
    ['MUTUAL', 'PERMISSIVE', 'deny', 'allow', false],
  ])('%s to %s: HTTP %s, TCP %s', (client, server, http, tcp, identified) => {
    const tls = TLS[client];
    const mesh = [...base(), peerAuthentication(server), ...(tls ? [destinationRule(tls)] : [])];
    expect(decideIn(mesh, call(80)).outcome).toBe(http);
    expect(decideIn(mesh, call(81, false)).outcome).toBe(tcp);
    const known = [...mesh, KNOWN_ONLY];
    expect(decideIn(known, call(80)).outcome).toBe(identified ? 'allow' : 'deny');
    expect(decideIn(known, call(81, false)).outcome).toBe(identified ? 'allow' : 'deny');
  });

  it('of a client without a proxy: plaintext, whatever DestinationRules say', () => {
    const mesh = [
      ...base(),
      namespace('old', {}),
      ...workload('old', 'job'),
      destinationRule({ mode: 'ISTIO_MUTUAL' }),
    ];
    const request = { ...call(), from: { workload: 'old/job' } };
    expect(decideIn([...mesh, peerAuthentication('STRICT')], request).outcome).toBe('deny');
    expect(decideIn([...mesh, peerAuthentication('PERMISSIVE')], request).outcome).toBe('allow');
    expect(decideIn([...mesh, peerAuthentication('PERMISSIVE'), KNOWN_ONLY], request).outcome).toBe('deny');
  });

  it('ISTIO_MUTUAL to a server without a sidecar fails, auto mTLS does not', () => {
    expect(decideIn(base({ team: 'a' }), call()).outcome).toBe('allow');
    const refused = decideIn([...base({ team: 'a' }), destinationRule({ mode: 'ISTIO_MUTUAL' })], call());
    expect(refused).toMatchObject({ outcome: 'deny', sent: { text: expect.stringContaining('mutual TLS') } });
  });
});

describe('auto mTLS', () => {
  it('follows PeerAuthentication of the endpoint port', () => {
    const ofPort = peerAuthentication('STRICT', {
      selector: { matchLabels: { app: 'api' } },
      portLevelMtls: { 8080: { mode: 'DISABLE' } },
    });
    const mesh = [...base(), ofPort];
    expect(decideIn(mesh, call(80))).toMatchObject({ outcome: 'allow', sent: { by: { name: 'pa-strict' } } });
    expect(decideIn([...mesh, KNOWN_ONLY], call(80)).outcome).toBe('deny');
    expect(decideIn([...mesh, KNOWN_ONLY], call(81, false)).outcome).toBe('allow');
  });

  it('is plaintext for a whole service where its namespace disables mTLS: a workload that is STRICT refuses it', () => {
    const strict = peerAuthentication('STRICT', { selector: { matchLabels: { app: 'api' } } });
    expect(decideIn([...base(), peerAuthentication('DISABLE'), strict], call())).toMatchObject({
      outcome: 'deny',
      sent: { by: { kind: 'PeerAuthentication', name: 'pa-disable' } },
    });
  });

  it('is off by mesh config', () => {
    const off = [...base(), meshConfig({ enableAutoMtls: false })];
    expect(decideIn([...off, peerAuthentication('STRICT')], call()).outcome).toBe('deny');
    expect(
      decideIn([...off, peerAuthentication('STRICT'), destinationRule({ mode: 'ISTIO_MUTUAL' })], call()).outcome,
    ).toBe('allow');
  });

  it('of a headless service is off where one endpoint has no sidecar, and asks no port otherwise', () => {
    const headless = (extra: readonly Manifest[]) => [
      ...base(),
      ...extra,
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'all', namespace: 'shop' },
        spec: { clusterIP: 'None', selector: { tier: 'x' }, ports: [{ name: 'tcp', port: 8080 }] },
      },
      ...workload('shop', 'one', { labels: { tier: 'x' } }),
    ];
    const request = { from: { workload: 'web/front' }, to: { service: 'shop/all', port: 8080 } };
    expect(decideIn(headless([peerAuthentication('STRICT')]), request).outcome).toBe('allow');
    const without = workload('shop', 'two', { labels: { tier: 'x', 'sidecar.istio.io/inject': 'false' } });
    const mixed = decideIn(headless([...without, peerAuthentication('STRICT')]), request);
    expect(mixed.outcome).toBe('allow');
    const sent = mixed.trace.map(({ text }) => text);
    expect(sent).toContainEqual(expect.stringContaining('endpoint shop/two of the headless service takes no mTLS'));
  });
});

describe('an attacker', () => {
  it('connects as itself or in plaintext, whatever its proxy is told', () => {
    const mesh = [...base(), peerAuthentication('STRICT'), KNOWN_ONLY, destinationRule({ mode: 'DISABLE' })];
    expect(decideIn(mesh, call()).outcome).toBe('deny');
    expect(decideIn(mesh, { ...call(), from: { workload: 'web/front', as: 'attacker' } }).outcome).toBe('allow');
  });

  it('goes to the pod where the waypoint of the service would refuse it', () => {
    const mesh = [
      namespace('web', AMBIENT),
      namespace('shop', { ...AMBIENT, 'istio.io/use-waypoint': 'waypoint' }),
      ...workload('web', 'front'),
      ...workload('shop', 'api', { ports: { http: 8080 } }),
      {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'Gateway',
        metadata: { name: 'waypoint', namespace: 'shop' },
        spec: { gatewayClassName: 'istio-waypoint', listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }] },
      },
      {
        apiVersion: 'security.istio.io/v1',
        kind: 'AuthorizationPolicy',
        metadata: { name: 'nobody', namespace: 'shop' },
        spec: { targetRefs: [{ group: '', kind: 'Service', name: 'api' }] },
      },
    ];
    expect(decideIn(mesh, call())).toMatchObject({ outcome: 'deny', point: 'waypoint' });
    expect(decideIn(mesh, { ...call(), from: { workload: 'web/front', as: 'attacker' } })).toMatchObject({
      outcome: 'allow',
      point: 'ztunnel',
    });
  });
});
