import { describe, expect, it } from 'vitest';
import { decideIn, networking } from '../../test/decide-in.ts';
import { type Manifest, meshConfig, namespace, policy, workload } from '../../test/small-mesh.ts';
import type { Request } from '../result/request.ts';

const REGISTRY_ONLY = meshConfig({ outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } });
const AMBIENT = { 'istio.io/dataplane-mode': 'ambient' };
const partnerOnly: Manifest = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'partner-only', namespace: 'web' },
  spec: {
    podSelector: {},
    policyTypes: ['Egress'],
    egress: [{ to: [{ ipBlock: { cidr: '203.0.113.0/24' } }], ports: [{ port: 443 }] }],
  },
};
const client = (
  labels: Readonly<Record<string, string>> = { 'istio-injection': 'enabled' },
  annotations: Readonly<Record<string, string>> = {},
) => [namespace('web', labels), ...workload('web', 'front', { annotations })];
const entry = (spec: object) => networking('ServiceEntry', 'web', 'ext', { ...spec });
const tls = { number: 443, name: 'tls', protocol: 'TLS' };
const http = { number: 80, name: 'http', protocol: 'HTTP' };
const tcp = { number: 5432, name: 'tcp', protocol: 'TCP' };
const call = (external: string, port: number, rest: Partial<Request> = {}, at?: 'network-policy'): Request => ({
  from: { workload: 'web/front' },
  to: { external, port, ...(at ? { at } : {}) },
  ...rest,
});
const asAttacker = { from: { workload: 'web/front', as: 'attacker' } } as const;
const withHost = (host: string) => ({ http: { method: 'GET', path: '/', host } });

describe('NetworkPolicy of the client', () => {
  it.each([
    ['203.0.113.5', 443, 'allow'],
    ['203.0.113.5', 80, 'deny'],
    ['198.51.100.1', 443, 'deny'],
  ])('%s:%i: %s', (ip, port, outcome) => {
    const by = { kind: 'NetworkPolicy', name: 'partner-only' };
    for (const labels of [{}, { 'istio-injection': 'enabled' }, AMBIENT]) {
      const mesh = [...client(labels), partnerOnly];
      expect(decideIn(mesh, call(ip, port, {}, 'network-policy'))).toMatchObject({ outcome, by });
      expect(decideIn(mesh, call(ip, port))).toMatchObject({ outcome, by });
      expect(decideIn(mesh, call(ip, port, asAttacker))).toMatchObject({ outcome, by });
    }
  });

  it('without one, what leaves is let out', () => {
    expect(decideIn(client(), call('198.51.100.1', 443))).toMatchObject({
      outcome: 'allow',
      point: 'none',
      by: null,
      trace: [
        { stage: 'outbound', text: expect.stringContaining('ALLOW_ANY') },
        { text: 'it leaves the mesh for 198.51.100.1:443' },
      ],
    });
  });

  it('names a workload that is nearly right', () => {
    expect(() => decideIn(client(), call('203.0.113.5', 443, { from: { workload: 'web/fronk' } }))).toThrow(
      'did you mean `web/front`?',
    );
    expect(() => decideIn(client(), call('203.0.113.5', 443, { from: { internet: true } }))).toThrow('only a workload');
  });
});

describe('REGISTRY_ONLY', () => {
  const mesh = [...client(), REGISTRY_ONLY];
  it('refuses an app what its sidecar does not know, and nobody else', () => {
    expect(decideIn(mesh, call('198.51.100.1', 443))).toMatchObject({
      outcome: 'deny',
      point: 'sidecar',
      by: { kind: 'ConfigMap' },
    });
    expect(decideIn(mesh, call('198.51.100.1', 443, asAttacker)).outcome).toBe('allow');
    expect(decideIn([...client({}), REGISTRY_ONLY], call('198.51.100.1', 443)).outcome).toBe('allow');
    expect(decideIn([...client(AMBIENT), REGISTRY_ONLY], call('198.51.100.1', 443)).outcome).toBe('allow');
  });

  it('is not asked about what is excluded from capture', () => {
    const excluded = (name: string, value: string) =>
      decideIn(
        [...client(undefined, { [`traffic.sidecar.istio.io/${name}`]: value }), REGISTRY_ONLY],
        call('198.51.100.1', 443),
      );
    expect(excluded('excludeOutboundPorts', '443')).toMatchObject({
      outcome: 'allow',
      trace: [{ stage: 'capture' }, {}],
    });
    expect(excluded('excludeOutboundIPRanges', '198.51.100.0/24').outcome).toBe('allow');
    expect(excluded('excludeOutboundIPRanges', '203.0.113.0/24').outcome).toBe('deny');
    expect(excluded('includeOutboundIPRanges', '10.0.0.0/8').outcome).toBe('allow');
    expect(decideIn(mesh, call('198.51.100.1', 53, { protocol: 'UDP' })).outcome).toBe('allow');
  });

  it.each([
    // ServiceEntry, request, outcome: the name that the client gives is believed.
    [
      'TLS by SNI',
      { hosts: ['ext.example.com'], ports: [tls], resolution: 'DNS' },
      call('198.51.100.1', 443, { sni: 'ext.example.com' }),
      'allow',
    ],
    [
      'TLS by another SNI',
      { hosts: ['ext.example.com'], ports: [tls], resolution: 'DNS' },
      call('198.51.100.1', 443, { sni: 'x.example.com' }),
      'deny',
    ],
    [
      'TLS without SNI',
      { hosts: ['ext.example.com'], ports: [tls], resolution: 'DNS' },
      call('198.51.100.1', 443),
      'deny',
    ],
    [
      'a wildcard',
      { hosts: ['*.example.com'], ports: [tls], resolution: 'NONE' },
      call('198.51.100.1', 443, { sni: 'any.example.com' }),
      'allow',
    ],
    [
      'HTTP by Host',
      { hosts: ['ext.example.com'], ports: [http], resolution: 'DNS' },
      call('198.51.100.1', 80, withHost('ext.example.com')),
      'allow',
    ],
    [
      'HTTP by another Host',
      { hosts: ['ext.example.com'], ports: [http], resolution: 'DNS' },
      call('198.51.100.1', 80, withHost('x.example.com')),
      'deny',
    ],
    [
      'TCP to any address',
      { hosts: ['db.example.com'], ports: [tcp], resolution: 'DNS' },
      call('198.51.100.1', 5432),
      'allow',
    ],
    [
      'TCP to its range',
      { hosts: ['db.example.com'], addresses: ['198.51.100.0/24'], ports: [tcp], resolution: 'NONE' },
      call('198.51.100.1', 5432),
      'allow',
    ],
    [
      'TCP outside its range',
      { hosts: ['db.example.com'], addresses: ['203.0.113.0/24'], ports: [tcp], resolution: 'NONE' },
      call('198.51.100.1', 5432),
      'deny',
    ],
    [
      'another port',
      { hosts: ['db.example.com'], ports: [tcp], resolution: 'DNS' },
      call('198.51.100.1', 5433),
      'deny',
    ],
    ['a name', { hosts: ['ext.example.com'], ports: [tls], resolution: 'DNS' }, call('ext.example.com', 443), 'allow'],
    [
      'a name of nobody',
      { hosts: ['ext.example.com'], ports: [tls], resolution: 'DNS' },
      call('x.example.com', 443),
      'deny',
    ],
  ] as const)('%s', (_what, spec, request, outcome) => {
    expect(decideIn([...mesh, entry(spec)], request).outcome).toBe(outcome);
  });

  it('sends to the written endpoints, not to the address asked for', () => {
    const fixed = entry({
      hosts: ['ext.example.com'],
      ports: [tls],
      resolution: 'STATIC',
      endpoints: [{ address: '203.0.113.9' }],
    });
    const asked = call('198.51.100.1', 443, { sni: 'ext.example.com' });
    expect(decideIn([...mesh, fixed, partnerOnly], asked)).toMatchObject({
      outcome: 'allow',
      reason: expect.stringContaining('203.0.113.9'),
    });
    const asIs = entry({ hosts: ['ext.example.com'], ports: [tls], resolution: 'NONE' });
    expect(decideIn([...mesh, asIs, partnerOnly], asked)).toMatchObject({
      outcome: 'deny',
      by: { name: 'partner-only' },
    });
  });
});

describe('an address of the cluster', () => {
  const pod = (sidecar = true): Manifest => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'db',
      namespace: 'shop',
      labels: { app: 'db' },
      annotations: sidecar ? { 'sidecar.istio.io/status': '{}' } : {},
    },
    spec: {
      serviceAccountName: 'db',
      containers: [{ name: 'db', image: 'db:1' }, ...(sidecar ? [{ name: 'istio-proxy', image: 'proxyv2:1' }] : [])],
    },
    status: { phase: 'Running', podIP: '10.1.0.5', podIPs: [{ ip: '10.1.0.5' }] },
  });
  const service = (clusterIP: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'db', namespace: 'shop' },
    spec: { clusterIP, selector: { app: 'db' }, ports: [{ name: 'tcp', port: 5432 }] },
  });
  const strict = policy('PeerAuthentication', 'shop', 'strict', { mtls: { mode: 'STRICT' } });

  it('of a pod is not known to the sidecar: plaintext, or refused', () => {
    const mesh = [...client(), pod(), service('10.96.0.7')];
    expect(decideIn(mesh, call('10.1.0.5', 5432)).outcome).toBe('allow');
    expect(decideIn([...mesh, strict], call('10.1.0.5', 5432))).toMatchObject({
      outcome: 'deny',
      reason: 'STRICT refuses plaintext',
    });
    expect(decideIn([...mesh, strict], call('10.1.0.5', 5432, asAttacker)).outcome).toBe('allow');
    expect(decideIn([...mesh, REGISTRY_ONLY], call('10.1.0.5', 5432))).toMatchObject({
      outcome: 'deny',
      by: { kind: 'ConfigMap' },
    });
  });

  it('of a pod behind a headless service is', () => {
    const mesh = [...client(), pod(), service('None'), strict, REGISTRY_ONLY];
    expect(decideIn(mesh, call('10.1.0.5', 5432))).toMatchObject({ outcome: 'allow', point: 'sidecar' });
  });

  it('of a service is that service', () => {
    const mesh = [...client(), pod(), service('10.96.0.7'), strict, REGISTRY_ONLY];
    expect(decideIn(mesh, call('10.96.0.7', 5432)).outcome).toBe('allow');
    expect(decideIn(mesh, call('10.96.0.7', 5433)).outcome).toBe('deny');
    expect(decideIn([...client({}), pod(), service('10.96.0.7'), strict], call('10.96.0.7', 5432)).outcome).toBe(
      'deny',
    );
  });
});

describe('ztunnel', () => {
  const waypoint: Manifest = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'waypoint', namespace: 'web' },
    spec: { gatewayClassName: 'istio-waypoint', listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }] },
  };
  const bound = networking(
    'ServiceEntry',
    'web',
    'ext',
    { hosts: ['ext.example.com'], addresses: ['240.240.0.1'], ports: [http], resolution: 'DNS' },
    { labels: { 'istio.io/use-waypoint': 'waypoint' } },
  );
  const nobody = policy('AuthorizationPolicy', 'web', 'nobody', {
    targetRefs: [{ group: 'networking.istio.io', kind: 'ServiceEntry', name: 'ext' }],
  });

  it('leads to the waypoint of a ServiceEntry by its name and address, and passes any other address on', () => {
    const mesh = [...client(AMBIENT), waypoint, bound, nobody];
    expect(decideIn(mesh, call('ext.example.com', 80, withHost('ext.example.com')))).toMatchObject({
      outcome: 'deny',
      point: 'waypoint',
    });
    expect(decideIn(mesh, call('240.240.0.1', 80, withHost('ext.example.com'))).outcome).toBe('deny');
    expect(decideIn(mesh, call('198.51.100.1', 80, withHost('ext.example.com'))).outcome).toBe('allow');
    expect(decideIn(mesh, call('ext.example.com', 80, asAttacker)).outcome).toBe('allow');
  });
});
