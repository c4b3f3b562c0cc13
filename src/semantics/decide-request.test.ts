import { describe, expect, it } from 'vitest';
import { decideIn, networking } from '../../test/decide-in.ts';
import { type Manifest, namespace, policy, workload } from '../../test/small-mesh.ts';
import type { Request } from '../result/request.ts';

const STRICT = policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } });
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

describe('an egress gateway', () => {
  const gateway = [
    ...workload('edge', 'egress', { labels: { istio: 'egressgateway' }, ports: { http: 8080 } }),
    { ...namespace('edge') },
  ].map((each) => {
    if (each.kind !== 'Deployment') return each;
    const spec = each.spec as { template: { metadata: object; spec: object } };
    const metadata = {
      labels: { app: 'egress', istio: 'egressgateway', 'sidecar.istio.io/inject': 'true' },
      annotations: { 'inject.istio.io/templates': 'gateway' },
    };
    const containers = [{ name: 'istio-proxy', image: 'auto' }];
    return { ...each, spec: { ...spec, template: { metadata, spec: { ...spec.template.spec, containers } } } };
  });
  const server = (tls?: object): Manifest => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'egress', namespace: 'edge' },
    spec: {
      selector: { istio: 'egressgateway' },
      servers: [
        {
          port: { number: 80, name: 'http', protocol: tls ? 'HTTPS' : 'HTTP' },
          hosts: ['ext.example.com'],
          ...(tls ? { tls } : {}),
        },
      ],
    },
  });
  const routes = networking('VirtualService', 'shop', 'ext', {
    hosts: ['ext.example.com'],
    gateways: ['mesh', 'edge/egress'],
    http: [
      {
        match: [{ gateways: ['mesh'] }],
        route: [{ destination: { host: 'egress.edge.svc.cluster.local', port: { number: 80 } } }],
      },
      {
        match: [{ gateways: ['edge/egress'] }],
        route: [{ destination: { host: 'ext.example.com', port: { number: 80 } } }],
      },
    ],
  });
  const mutual = networking('DestinationRule', 'edge', 'egress', {
    host: 'egress',
    trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL', sni: 'ext.example.com' } },
  });
  const known = policy('AuthorizationPolicy', 'edge', 'known', {
    rules: [{ from: [{ source: { principals: ['cluster.local/ns/web/sa/front'] } }] }],
  });
  const mesh = [...clients(), ...gateway, entry({ resolution: 'DNS' }), routes];

  it('takes what VirtualServices lead to it, and sends it on', () => {
    const decided = decideIn([...mesh, server()], call());
    expect(decided).toMatchObject({ outcome: 'allow', routed: 'ext.example.com:80' });
    expect(decided.trace.map(({ point, stage }) => `${point} ${stage}`)).toEqual([
      'sidecar route',
      'sidecar outbound',
      'gateway transport',
      'gateway allow',
      'gateway route',
      'none outbound',
    ]);
  });

  it('sees who it is only with ISTIO_MUTUAL', () => {
    expect(decideIn([...mesh, server(), known], call()).outcome).toBe('deny');
    const secured = [...mesh, server({ mode: 'ISTIO_MUTUAL' }), known];
    expect(decideIn(secured, call())).toMatchObject({ outcome: 'deny', point: 'gateway' });
    expect(decideIn([...secured, mutual], call())).toMatchObject({ outcome: 'allow', routed: 'ext.example.com:80' });
  });

  it('is no wall: an attacker goes out directly unless the network keeps it', () => {
    const denied = policy('AuthorizationPolicy', 'edge', 'nobody', {});
    const attacker = call({ workload: 'web/front', as: 'attacker' });
    expect(decideIn([...mesh, server(), denied], call()).outcome).toBe('deny');
    expect(decideIn([...mesh, server(), denied], attacker).outcome).toBe('allow');
  });

  it('leaves by the network policy of the gateway', () => {
    const none = { ...egressOnlyTo('203.0.113.0/24', 'edge'), spec: { podSelector: {}, policyTypes: ['Egress'] } };
    expect(decideIn([...mesh, server(), none], call())).toMatchObject({ outcome: 'deny', point: 'network-policy' });
  });
});

describe('a Service of type ExternalName', () => {
  const alias = (externalName: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'alias', namespace: 'shop' },
    spec: { type: 'ExternalName', externalName, ports: [{ name: 'http', port: 80 }] },
  });
  const request = { ...call(), to: { service: 'shop/alias', port: 80 } };
  const mesh = [
    ...clients(),
    namespace('old', {}),
    ...workload('old', 'job'),
    ...workload('shop', 'api', { ports: { http: 8080 } }),
    STRICT,
  ];

  it('is the service whose name it has', () => {
    const inMesh = [...mesh, alias('api.shop.svc.cluster.local')];
    expect(decideIn(inMesh, request)).toMatchObject({ outcome: 'allow', point: 'sidecar' });
    expect(decideIn(inMesh, { ...request, from: { workload: 'old/job' } })).toMatchObject({
      outcome: 'deny',
      reason: 'STRICT refuses plaintext',
    });
  });

  it('leaves the mesh for any other name', () => {
    const outside = [...mesh, alias('www.example.com')];
    const leaves = { outcome: 'allow', reason: expect.stringContaining('leaves the mesh for www.example.com:80') };
    expect(decideIn(outside, request)).toMatchObject(leaves);
    expect(decideIn(outside, { ...request, from: { workload: 'old/job' } })).toMatchObject(leaves);
    expect(
      decideIn([...outside, egressOnlyTo('203.0.113.0/24', 'old')], { ...request, from: { workload: 'old/job' } })
        .assumes,
    ).toContain('the destination lies in 203.0.113.0/24');
  });
});

it('does not depend on the order of the documents', () => {
  const db = (name: string, resolution: string) =>
    networking('ServiceEntry', 'web', name, {
      hosts: [`${name}.example.com`],
      ports: [{ number: 5432, name: 'tcp', protocol: 'TCP' }],
      resolution,
      endpoints: [{ address: name === 'a' ? '203.0.113.1' : '203.0.113.2' }],
    });
  const route = (name: string, to: string) =>
    networking('VirtualService', 'shop', name, { hosts: ['api'], http: [{ route: [{ destination: { host: to } }] }] });
  const mesh = [
    ...clients(),
    ...workload('shop', 'api', { ports: { http: 8080 } }),
    ...workload('shop', 'other', { ports: { http: 8080 } }),
    db('b', 'STATIC'),
    db('a', 'STATIC'),
    route('z', 'api'),
    route('y', 'other'),
    networking('DestinationRule', 'shop', 'two', { host: 'other', trafficPolicy: { tls: { mode: 'DISABLE' } } }),
    networking('DestinationRule', 'shop', 'one', { host: 'other', trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } }),
  ];
  const requests: readonly Request[] = [
    { from: { workload: 'web/front' }, to: { external: '198.51.100.1', port: 5432 } },
    { ...call(), to: { service: 'shop/api', port: 80 } },
  ];
  for (const request of requests) {
    const texts = (manifests: readonly Manifest[]) => decideIn(manifests, request).trace.map(({ text }) => text);
    expect(texts([...mesh].reverse())).toEqual(texts(mesh));
  }
});
