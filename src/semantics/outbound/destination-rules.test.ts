import { describe, expect, it } from 'vitest';
import { decideIn, networking } from '../../../test/decide-in.ts';
import { type Manifest, namespace, policy, workload } from '../../../test/small-mesh.ts';
import type { Request } from '../../result/request.ts';

const peerAuthentication = (mode: string): Manifest => policy('PeerAuthentication', 'shop', 'mode', { mtls: { mode } });
const destinationRule = (
  tls: object | undefined,
  rest: { name?: string; ns?: string; spec?: object; created?: string } = {},
): Manifest =>
  networking(
    'DestinationRule',
    rest.ns ?? 'shop',
    rest.name ?? 'api',
    { host: 'api.shop.svc.cluster.local', ...(tls ? { trafficPolicy: { tls } } : {}), ...rest.spec },
    rest.created ? { creationTimestamp: rest.created } : {},
  );
const base = () => [
  namespace('web'),
  namespace('shop'),
  ...workload('web', 'front'),
  ...workload('shop', 'api', { ports: { http: 8080, tcp: 9000 } }),
];
const call = (port = 80, http = true): Request => ({
  from: { workload: 'web/front' },
  to: { service: 'shop/api', port },
  ...(http ? { http: { method: 'GET', path: '/' } } : {}),
});

describe('the DestinationRule that counts', () => {
  const strict = [...base(), peerAuthentication('STRICT')];
  const off = { mode: 'DISABLE' };
  const on = { mode: 'ISTIO_MUTUAL' };

  it('is the one of the client, then of the service, then of the root namespace', () => {
    const of = (ns: string, tls: object) => destinationRule(tls, { ns, name: `in-${ns}` });
    expect(decideIn([...strict, of('shop', off)], call()).sent?.by?.name).toBe('in-shop');
    expect(decideIn([...strict, of('shop', off), of('web', on)], call())).toMatchObject({
      outcome: 'allow',
      sent: { by: { name: 'in-web' } },
    });
    expect(decideIn([...strict, of('istio-system', off), of('shop', on)], call()).outcome).toBe('allow');
    expect(decideIn([...strict, of('istio-system', off)], call()).outcome).toBe('deny');
    expect(decideIn([...strict, of('elsewhere', off)], call()).outcome).toBe('allow');
  });

  it('is not one that is not exported to the client, but always one of its own namespace', () => {
    const hidden = destinationRule(off, { spec: { exportTo: ['.'] } });
    expect(decideIn([...strict, hidden], call()).outcome).toBe('allow');
    const own = destinationRule(off, { ns: 'web', spec: { exportTo: ['elsewhere'] } });
    expect(decideIn([...strict, own], call()).outcome).toBe('deny');
  });

  it('has the most specific host, short names are of its own namespace', () => {
    const wide = destinationRule(off, { name: 'wide', ns: 'web', spec: { host: '*.local' } });
    expect(decideIn([...strict, wide], call()).outcome).toBe('deny');
    expect(decideIn([...strict, wide, destinationRule(on, { ns: 'web' })], call()).outcome).toBe('allow');
    expect(decideIn([...strict, destinationRule(off, { ns: 'web', spec: { host: 'api' } })], call()).outcome).toBe(
      'allow',
    );
    expect(decideIn([...strict, destinationRule(off, { ns: 'shop', spec: { host: 'api' } })], call()).outcome).toBe(
      'deny',
    );
  });

  it('has settings per port, which stand in the way of the general ones', () => {
    const ports = (tls: object | undefined) =>
      destinationRule(undefined, {
        spec: { trafficPolicy: { tls: off, portLevelSettings: [{ port: { number: 80 }, ...(tls ? { tls } : {}) }] } },
      });
    expect(decideIn([...strict, ports(on)], call(80)).outcome).toBe('allow');
    expect(decideIn([...strict, ports(on)], call(81, false)).outcome).toBe('deny');
    // The endpoint is told to be plaintext by the general settings.
    expect(decideIn([...strict, ports(undefined)], call(80)).outcome).toBe('deny');
  });

  it('with a selector counts for its own clients alone, before one without', () => {
    const selecting = (labels: object, ns = 'web') =>
      destinationRule(off, { name: 'selecting', ns, spec: { workloadSelector: { matchLabels: labels } } });
    expect(decideIn([...strict, selecting({ app: 'front' })], call()).outcome).toBe('deny');
    expect(decideIn([...strict, selecting({ app: 'front' }), destinationRule(on, { ns: 'web' })], call()).outcome).toBe(
      'deny',
    );
    expect(decideIn([...strict, selecting({ app: 'back' })], call()).outcome).toBe('allow');
    expect(decideIn([...strict, selecting({ app: 'front' }, 'shop')], call()).outcome).toBe('allow');
  });

  it('is merged of several of one host: the oldest traffic policy', () => {
    const at = (name: string, tls: object | undefined, created: string) => destinationRule(tls, { name, created });
    const old = '2024-01-01T00:00:00Z';
    const young = '2025-01-01T00:00:00Z';
    expect(decideIn([...strict, at('b', off, old), at('a', on, young)], call()).outcome).toBe('deny');
    expect(decideIn([...strict, at('b', undefined, old), at('a', off, young)], call()).outcome).toBe('deny');
  });

  it('that competes with another without a time is the first by name, and it is said', () => {
    const two = [destinationRule(off, { name: 'a' }), destinationRule(on, { name: 'b' })];
    expect(decideIn([...strict, ...two], call())).toMatchObject({
      outcome: 'deny',
      assumes: [expect.stringContaining('the first by name wins')],
    });
    expect(decideIn([...strict, destinationRule(on, { name: 'b' })], call()).assumes).toEqual([]);
  });

  it('sends plaintext where sidecars ignore its credential', () => {
    const secret = destinationRule({ mode: 'SIMPLE', credentialName: 'certs' });
    expect(decideIn([...base(), peerAuthentication('PERMISSIVE'), secret], call()).outcome).toBe('allow');
    expect(decideIn([...strict, secret], call())).toMatchObject({
      outcome: 'deny',
      sent: { text: expect.stringContaining('sidecars ignore') },
    });
  });
});

describe('a BackendTLSPolicy', () => {
  const backend = (target: object = {}): Manifest => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'BackendTLSPolicy',
    metadata: { name: 'tls', namespace: 'shop' },
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: 'api', ...target }],
      validation: { hostname: 'api.example.com', wellKnownCACertificates: 'System' },
    },
  });

  it('is TLS without a certificate, which STRICT refuses, unless a DestinationRule says otherwise', () => {
    const strict = [...base(), peerAuthentication('STRICT')];
    expect(decideIn([...strict, backend()], call(81, false))).toMatchObject({
      outcome: 'deny',
      sent: { by: { kind: 'BackendTLSPolicy', name: 'tls' } },
    });
    expect(decideIn([...strict, backend({ sectionName: 'http' })], call(81, false)).outcome).toBe('allow');
    expect(decideIn([...strict, backend(), destinationRule({ mode: 'ISTIO_MUTUAL' })], call(81, false)).outcome).toBe(
      'allow',
    );
    expect(decideIn([...strict, backend(), destinationRule(undefined)], call(81, false)).outcome).toBe('deny');
  });
});
