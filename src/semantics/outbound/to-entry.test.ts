import { describe, expect, it } from 'vitest';
import { decideIn, networking } from '../../../test/decide-in.ts';
import { type Manifest, meshConfig, namespace, policy, workload } from '../../../test/small-mesh.ts';
import type { Request } from '../../result/request.ts';

const STRICT = policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } });
const REGISTRY_ONLY = meshConfig({ outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } });
const AMBIENT = { 'istio.io/dataplane-mode': 'ambient' };
const entry = (spec: object, labels: Manifest = {}) =>
  networking(
    'ServiceEntry',
    'shop',
    'ext',
    { hosts: ['ext.example.com'], ports: [{ number: 80, name: 'http', protocol: 'HTTP' }], ...spec },
    { labels },
  );
const clients = (labels: Readonly<Record<string, string>> = { 'istio-injection': 'enabled' }) => [
  namespace('web', labels),
  namespace('shop', labels),
  ...workload('web', 'front'),
];
const call = (from: Request['from'] = { workload: 'web/front' }, rest: object = {}): Request => ({
  from,
  to: { serviceEntry: 'shop/ext', port: 80, ...rest },
  http: { method: 'GET', path: '/' },
});
const egressOnlyTo = (cidr: string, ns = 'web') => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'egress', namespace: ns },
  spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr } }] }] },
});

describe('a ServiceEntry with workloads of the mesh', () => {
  const pods = [...clients(), ...workload('shop', 'api'), STRICT];
  const selected = { location: 'MESH_INTERNAL', resolution: 'STATIC', workloadSelector: { labels: { app: 'api' } } };

  it('is decided at each endpoint, with auto mTLS', () => {
    const known = policy('AuthorizationPolicy', 'shop', 'known', {
      rules: [
        {
          from: [{ source: { principals: ['cluster.local/ns/web/sa/front'] } }],
          to: [{ operation: { ports: ['80'] } }],
        },
      ],
    });
    expect(decideIn([...pods, known, entry(selected)], call())).toMatchObject({
      outcome: 'allow',
      by: { name: 'known' },
    });
    expect(
      decideIn(
        [
          ...pods,
          known,
          entry({ ...selected, ports: [{ number: 80, name: 'http', protocol: 'HTTP', targetPort: 8080 }] }),
        ],
        call(),
      ).outcome,
    ).toBe('deny');
  });

  it('has no auto mTLS outside the mesh', () => {
    const outside = entry({ ...selected, location: 'MESH_EXTERNAL' });
    expect(decideIn([...pods, outside], call())).toMatchObject({ outcome: 'deny', reason: 'STRICT refuses plaintext' });
    const rule = networking('DestinationRule', 'web', 'ext', {
      host: 'ext.example.com',
      trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } },
    });
    expect(decideIn([...pods, outside, rule], call()).outcome).toBe('allow');
  });

  it('leads to machines, which take mTLS where they have an account', () => {
    const machine = (spec: object) =>
      networking('WorkloadEntry', 'shop', 'vm', { address: '10.9.0.1', labels: { app: 'api' }, ...spec });
    const mesh = [...clients(), entry(selected)];
    expect(decideIn([...mesh, machine({})], call())).toMatchObject({
      outcome: 'allow',
      sent: { text: expect.stringContaining('plaintext') },
    });
    const labelled = machine({ serviceAccount: 'vm', labels: { app: 'api', 'security.istio.io/tlsMode': 'istio' } });
    expect(decideIn([...mesh, labelled, STRICT], call())).toMatchObject({ outcome: 'allow', point: 'sidecar' });
  });

  it('knows pods by the addresses that are written', () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'db', namespace: 'shop', annotations: { 'sidecar.istio.io/status': '{}' } },
      spec: {
        serviceAccountName: 'db',
        containers: [
          { name: 'db', image: 'db:1' },
          { name: 'istio-proxy', image: 'proxyv2:1' },
        ],
      },
      status: { phase: 'Running', podIP: '10.1.0.5', podIPs: [{ ip: '10.1.0.5' }] },
    };
    const written = (endpoint: object) =>
      entry({ location: 'MESH_INTERNAL', resolution: 'STATIC', endpoints: [{ address: '10.1.0.5', ...endpoint }] });
    const mesh = [...clients(), pod, STRICT];
    // Of a written endpoint, what the entry says of mTLS counts.
    expect(decideIn([...mesh, written({})], call()).outcome).toBe('deny');
    expect(decideIn([...mesh, written({ serviceAccount: 'db' })], call()).outcome).toBe('allow');
    expect(decideIn([...mesh, written({ labels: { 'security.istio.io/tlsMode': 'istio' } })], call()).outcome).toBe(
      'allow',
    );
  });

  it('that selects nothing is said to', () => {
    expect(() => decideIn([...clients(), entry(selected)], call())).toThrow('leads to no workload of the input');
    expect(() => decideIn([...clients(), entry(selected)], call(undefined, { port: 81 }))).toThrow('has no port 81');
  });
});

describe('a ServiceEntry outside the mesh', () => {
  const outside = entry({ resolution: 'DNS' });
  it('is left for by those who see it', () => {
    expect(decideIn([...clients(), REGISTRY_ONLY, outside], call())).toMatchObject({
      outcome: 'allow',
      point: 'none',
      reason: 'it leaves the mesh for ext.example.com:80',
    });
    const hidden = entry({ resolution: 'DNS', exportTo: ['.'] });
    expect(decideIn([...clients(), REGISTRY_ONLY, hidden], call())).toMatchObject({
      outcome: 'deny',
      point: 'sidecar',
    });
    expect(decideIn([...clients(), hidden], call()).outcome).toBe('allow');
  });

  it('is asked of NetworkPolicy of the client, by address where one is written', () => {
    const fixed = entry({ resolution: 'STATIC', endpoints: [{ address: '203.0.113.5' }] });
    expect(decideIn([...clients(), fixed, egressOnlyTo('203.0.113.0/24')], call())).toMatchObject({
      outcome: 'allow',
      by: { name: 'egress' },
    });
    expect(decideIn([...clients(), fixed, egressOnlyTo('198.51.100.0/24')], call())).toMatchObject({
      outcome: 'deny',
      point: 'network-policy',
    });
    const attacker = call({ workload: 'web/front', as: 'attacker' });
    expect(decideIn([...clients(), fixed, egressOnlyTo('198.51.100.0/24')], attacker).outcome).toBe('deny');
    expect(decideIn([...clients(), outside, egressOnlyTo('198.51.100.0/24')], call())).toMatchObject({
      outcome: 'allow',
      assumes: ['the CNI enforces NetworkPolicy', 'the destination lies in 198.51.100.0/24'],
    });
  });

  const waypoint = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'waypoint', namespace: 'shop' },
    spec: { gatewayClassName: 'istio-waypoint', listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }] },
  };
  const bound = entry({ resolution: 'DNS' }, { 'istio.io/use-waypoint': 'waypoint' });
  const get = policy('AuthorizationPolicy', 'shop', 'get', {
    targetRefs: [{ group: 'networking.istio.io', kind: 'ServiceEntry', name: 'ext' }],
    rules: [{ to: [{ operation: { methods: ['GET'] } }] }],
  });
  const post: Request = { ...call(), http: { method: 'POST', path: '/' } };

  it('is decided at its waypoint for clients of ztunnel, and by nobody for others', () => {
    const mesh = [...clients(AMBIENT), waypoint, bound, get];
    expect(decideIn(mesh, call())).toMatchObject({ outcome: 'allow', by: { name: 'get' } });
    expect(decideIn(mesh, post)).toMatchObject({ outcome: 'deny', point: 'waypoint' });
    expect(decideIn(mesh, { ...post, from: { principal: 'cluster.local/ns/web/sa/front' } }).outcome).toBe('deny');
    expect(decideIn(mesh, { ...post, from: { workload: 'web/front', as: 'attacker' } }).outcome).toBe('allow');
    expect(decideIn([...clients(), waypoint, bound, get], post).outcome).toBe('allow');
  });

  it('leaves from the waypoint', () => {
    const mesh = [...clients(AMBIENT), waypoint, bound, egressOnlyTo('203.0.113.0/24', 'shop')];
    expect(decideIn(mesh, call(undefined, { ip: '203.0.113.5' })).outcome).toBe('allow');
    expect(decideIn(mesh, call(undefined, { ip: '198.51.100.5' }))).toMatchObject({
      outcome: 'deny',
      point: 'network-policy',
    });
  });

  it('takes no handshake of the mesh', () => {
    expect(decideIn([...clients(), outside], call({ principal: 'cluster.local/ns/web/sa/front' })).outcome).toBe(
      'deny',
    );
    expect(decideIn([...clients(), outside], call({ plaintext: true })).outcome).toBe('allow');
  });
});
