import { describe, expect, it } from 'vitest';
import { decideIn, networking } from '../../../test/decide-in.ts';
import { type Manifest, meshConfig, namespace, policy, workload } from '../../../test/small-mesh.ts';
import type { Request } from '../../result/request.ts';

const STRICT = policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } });
const REGISTRY_ONLY = meshConfig({ outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } });
const sidecar = (hosts: readonly string[], spec: object = {}, ns = 'web') =>
  networking('Sidecar', ns, 'default', { egress: [{ hosts }], ...spec });
const base = (extra: readonly Manifest[] = []): readonly Manifest[] => [
  namespace('web'),
  namespace('shop'),
  ...workload('web', 'front', { labels: { version: 'v1' } }),
  ...workload('shop', 'api', { ports: { http: 8080, tcp: 9000 } }),
  ...workload('shop', 'other', { ports: { http: 8080 } }),
  ...extra,
];
const call = (service = 'shop/api', port = 80, http: object | null = {}): Request => ({
  from: { workload: 'web/front' },
  to: { service, port },
  ...(http ? { http: { method: 'GET', path: '/', ...http } } : {}),
});
const route = (host: string, rest: object = {}) => ({ route: [{ destination: { host, ...rest } }] });
const virtualService = (name: string, spec: object, ns = 'shop') =>
  networking('VirtualService', ns, name, { hosts: ['api.shop.svc.cluster.local'], ...spec });

/** Tells where a request lands: only the named workload of `shop` refuses it. */
const closed = (name: string) =>
  policy('AuthorizationPolicy', 'shop', `closed-${name}`, { selector: { matchLabels: { app: name } } });
const landsAt = (manifests: readonly Manifest[], request: Request) =>
  ['api', 'other'].filter((name) => decideIn([...manifests, closed(name)], request).by?.name === `closed-${name}`);

describe('what the proxy does not know', () => {
  it('passes in plaintext, which STRICT refuses', () => {
    expect(decideIn(base([STRICT, sidecar(['./*'])]), call())).toMatchObject({
      outcome: 'deny',
      reason: 'STRICT refuses plaintext',
      trace: [{ stage: 'outbound', text: expect.stringContaining('ALLOW_ANY') }, {}],
    });
    expect(decideIn(base([sidecar(['./*'])]), call()).outcome).toBe('allow');
    expect(decideIn(base([STRICT, sidecar(['./*', 'shop/*'])]), call()).outcome).toBe('allow');
  });

  it('is refused under REGISTRY_ONLY of the mesh or of the Sidecar', () => {
    expect(decideIn(base([REGISTRY_ONLY, sidecar(['./*'])]), call())).toMatchObject({
      outcome: 'deny',
      point: 'sidecar',
      by: { kind: 'ConfigMap', namespace: 'istio-system', name: 'istio' },
      reason: expect.stringContaining('502'),
    });
    const own = sidecar(['./*'], { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } });
    expect(decideIn(base([own]), call('shop/api', 81, null))).toMatchObject({
      outcome: 'deny',
      by: { kind: 'Sidecar', name: 'default' },
      reason: expect.stringContaining('closes the connection'),
    });
    expect(decideIn(base([REGISTRY_ONLY]), call()).outcome).toBe('allow');
  });

  it.each([
    [['*/*'], 'allow'],
    [['shop/api.shop.svc.cluster.local'], 'allow'],
    [['shop/*.shop.svc.cluster.local'], 'allow'],
    [['*/api.shop.svc.cluster.local'], 'allow'],
    [['shop/other.shop.svc.cluster.local'], 'deny'],
    [['elsewhere/*'], 'deny'],
    [['~/*'], 'deny'],
    [['*/*', '~shop/api.shop.svc.cluster.local'], 'deny'],
  ])('egress hosts %j: %s', (hosts, outcome) => {
    expect(decideIn(base([REGISTRY_ONLY, sidecar(hosts)]), call()).outcome).toBe(outcome);
  });

  it('a listener with a port has hosts of its own, the others are for the rest', () => {
    const ports = networking('Sidecar', 'web', 'default', {
      egress: [{ port: { number: 80, protocol: 'HTTP', name: 'http' }, hosts: ['elsewhere/*'] }, { hosts: ['*/*'] }],
    });
    expect(decideIn(base([REGISTRY_ONLY, ports]), call()).outcome).toBe('deny');
    expect(decideIn(base([REGISTRY_ONLY, ports]), call('shop/api', 81, null)).outcome).toBe('allow');
  });

  it('a Sidecar of the root namespace is for namespaces without one, and `.` is the namespace of the client', () => {
    const root = sidecar(['./*'], {}, 'istio-system');
    expect(decideIn(base([REGISTRY_ONLY, root]), call()).outcome).toBe('deny');
    expect(decideIn(base([REGISTRY_ONLY, root, sidecar(['*/*'])]), call()).outcome).toBe('allow');
  });

  it('exportTo hides a Service', () => {
    const hidden = base([REGISTRY_ONLY]).map((each) =>
      each.kind === 'Service' && (each.metadata as { name: string }).name === 'api'
        ? { ...each, metadata: { ...(each.metadata as object), annotations: { 'networking.istio.io/exportTo': '.' } } }
        : each,
    );
    expect(decideIn(hidden, call()).outcome).toBe('deny');
    expect(decideIn(hidden, call('shop/other')).outcome).toBe('allow');
  });

  it('an attacker does not ask it', () => {
    const closedProxy = base([STRICT, REGISTRY_ONLY, sidecar(['~/*'])]);
    expect(decideIn(closedProxy, call()).outcome).toBe('deny');
    expect(decideIn(closedProxy, { ...call(), from: { workload: 'web/front', as: 'attacker' } }).outcome).toBe('allow');
  });

  it('egressProxy takes what is not known', () => {
    const proxy = sidecar(['./*'], {
      outboundTrafficPolicy: {
        mode: 'ALLOW_ANY',
        egressProxy: { host: 'other.shop.svc.cluster.local', port: { number: 80 } },
      },
    });
    expect(landsAt(base([STRICT, proxy]), call())).toEqual(['other']);
  });
});

describe('names', () => {
  it.each(['api.shop', 'api.shop.svc', 'API.shop.svc.cluster.local', 'api.shop:8000'])('%s is the service', (host) => {
    expect(landsAt(base([STRICT]), call('shop/api', 80, { host }))).toEqual(['api']);
  });

  it('on an HTTP port the name in the request decides, not the address', () => {
    expect(landsAt(base(), call('shop/api', 80, { host: 'other.shop' }))).toEqual(['other']);
    // A short name is of the client's own namespace.
    expect(decideIn(base([REGISTRY_ONLY]), call('shop/api', 80, { host: 'api' })).outcome).toBe('deny');
    expect(decideIn(base([STRICT]), call('shop/api', 80, { host: 'www.example.com' })).outcome).toBe('deny');
  });

  it('bytes that are not HTTP are refused on an HTTP port', () => {
    expect(decideIn(base(), call('shop/api', 80, null)).outcome).toBe('deny');
  });
});

describe('VirtualServices of the mesh', () => {
  it('send elsewhere, without a word of `gateways`', () => {
    const away = virtualService('away', { http: [route('other')] });
    expect(landsAt(base([away]), call())).toEqual(['other']);
    expect(decideIn(base([away, closed('other')]), call()).trace).toContainEqual(
      expect.objectContaining({
        stage: 'route',
        by: expect.objectContaining({ kind: 'VirtualService', name: 'away' }),
      }),
    );
    expect(
      landsAt(base([virtualService('away', { gateways: ['some-gateway'], http: [route('other')] })]), call()),
    ).toEqual(['api']);
    expect(
      landsAt(base([virtualService('away', { gateways: ['some-gateway', 'mesh'], http: [route('other')] })]), call()),
    ).toEqual(['other']);
  });

  it('do not act for a client without a sidecar', () => {
    const mesh = base([
      virtualService('away', { http: [route('other')] }),
      namespace('old', {}),
      ...workload('old', 'job'),
    ]);
    expect(landsAt(mesh, { ...call(), from: { workload: 'old/job' } })).toEqual(['api']);
  });

  it('match by path, source labels and namespace', () => {
    const by = (match: object) =>
      virtualService('some', { http: [{ match: [match], ...route('other') }, route('api')] });
    expect(landsAt(base([by({ uri: { prefix: '/v2' } })]), call('shop/api', 80, { path: '/v2/x' }))).toEqual(['other']);
    expect(landsAt(base([by({ uri: { prefix: '/v2' } })]), call())).toEqual(['api']);
    expect(landsAt(base([by({ sourceLabels: { version: 'v1' } })]), call())).toEqual(['other']);
    expect(landsAt(base([by({ sourceLabels: { version: 'v9' } })]), call())).toEqual(['api']);
    expect(landsAt(base([by({ sourceNamespace: 'web' })]), call())).toEqual(['other']);
  });

  it('refuse what no route takes, redirect, or lead nowhere', () => {
    const only = virtualService('only', { http: [{ match: [{ uri: { prefix: '/v2' } }], ...route('api') }] });
    expect(decideIn(base([only]), call())).toMatchObject({
      outcome: 'deny',
      by: { name: 'only' },
      trace: [{ stage: 'route' }],
    });
    expect(decideIn(base([virtualService('moved', { http: [{ redirect: { uri: '/' } }] })]), call()).outcome).toBe(
      'deny',
    );
    expect(decideIn(base([virtualService('lost', { http: [route('nothing')] })]), call()).outcome).toBe('deny');
    expect(decideIn(base([virtualService('lost', { http: [route('api', { subset: 'v1' })] })]), call()).outcome).toBe(
      'deny',
    );
  });

  it('with weights lead to each that has some', () => {
    const split = (weight: number) =>
      virtualService('split', {
        http: [
          {
            route: [
              { destination: { host: 'api' }, weight: 100 - weight },
              { destination: { host: 'other' }, weight },
            ],
          },
        ],
      });
    const refused = [closed('api')];
    expect(decideIn(base([split(10), ...refused]), call()).outcome).toBe('allow');
    expect(decideIn(base([split(0), ...refused]), call()).outcome).toBe('deny');
  });

  it('rewrite what the destination sees', () => {
    const rewritten = virtualService('away', { http: [{ rewrite: { uri: '/in' }, ...route('api') }] });
    const onlyIn = policy('AuthorizationPolicy', 'shop', 'in', {
      rules: [{ to: [{ operation: { paths: ['/in*'] } }] }],
    });
    expect(decideIn(base([onlyIn]), call('shop/api', 80, { path: '/out' })).outcome).toBe('deny');
    expect(decideIn(base([onlyIn, rewritten]), call('shop/api', 80, { path: '/out' })).outcome).toBe('allow');
  });

  it('lead to subsets, with what their DestinationRule says of TLS', () => {
    const two = workload('shop', 'canary', { labels: { app: 'api', version: 'v2' } });
    const subsets = networking('DestinationRule', 'shop', 'api', {
      host: 'api',
      subsets: [{ name: 'v2', labels: { version: 'v2' }, trafficPolicy: { tls: { mode: 'DISABLE' } } }],
    });
    const toV2 = virtualService('v2', { http: [route('api', { subset: 'v2' })] });
    const denied = policy('AuthorizationPolicy', 'shop', 'v2', { selector: { matchLabels: { version: 'v2' } } });
    expect(decideIn(base([...two, subsets, toV2, denied]), call()).by?.name).toBe('v2');
    expect(decideIn(base([...two, subsets, toV2, STRICT]), call())).toMatchObject({
      outcome: 'deny',
      sent: { by: { name: 'api', clause: 'subsets.0.trafficPolicy.tls' } },
    });
    expect(decideIn(base([...two, subsets, STRICT]), call()).outcome).toBe('allow');
  });

  it('are chosen by exact host before a wildcard, and by age', () => {
    const wide = virtualService('wide', { hosts: ['*.shop.svc.cluster.local'], http: [route('other')] });
    expect(landsAt(base([wide]), call())).toEqual(['other']);
    expect(landsAt(base([wide, virtualService('exact', { http: [route('api')] })]), call())).toEqual(['api']);
  });

  it('that compete without a time are taken by name, and it is said', () => {
    const two = [virtualService('a', { http: [route('other')] }), virtualService('b', { http: [route('api')] })];
    expect(landsAt(base(two), call())).toEqual(['other']);
    expect(decideIn(base(two), call()).assumes).toEqual([expect.stringContaining('the first by name wins')]);
    expect(decideIn(base(two.slice(1)), call()).assumes).toEqual([]);
    const sidecars = ['a', 'b'].map((name) => networking('Sidecar', 'web', name, { egress: [{ hosts: ['*/*'] }] }));
    expect(decideIn(base(sidecars), call()).assumes).toEqual([expect.stringContaining('the first by name wins')]);
  });

  it('are seen where they are exported and imported', () => {
    const away = (exportTo: readonly string[]) => virtualService('away', { exportTo, http: [route('other')] });
    expect(landsAt(base([away(['.'])]), call())).toEqual(['api']);
    expect(landsAt(base([away(['web'])]), call())).toEqual(['other']);
  });

  it('route hosts that are no service, and TCP', () => {
    const named = virtualService('named', { hosts: ['shop.example.com'], http: [route('other')] });
    expect(landsAt(base([named]), call('shop/api', 80, { host: 'shop.example.com' }))).toEqual(['other']);
    const tcp = virtualService('tcp', {
      tcp: [{ match: [{ port: 81 }], ...route('other', { port: { number: 80 } }) }],
    });
    expect(landsAt(base([tcp]), call('shop/api', 81, null))).toEqual([]);
    expect(decideIn(base([tcp]), call('shop/api', 81, null)).trace).toContainEqual(
      expect.objectContaining({ stage: 'route', text: 'routed to shop/other:80' }),
    );
  });
});

describe('HTTPRoutes with a Service as parent', () => {
  const httpRoute = (ns: string, parent: object, rule: object = {}): Manifest => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'mesh', namespace: ns },
    spec: {
      parentRefs: [{ group: '', kind: 'Service', name: 'api', ...parent }],
      rules: [{ backendRefs: [{ name: 'other', namespace: 'shop', port: 80 }], ...rule }],
    },
  });

  it('route for everybody where they are of its namespace, else for clients of their own', () => {
    expect(landsAt(base([httpRoute('shop', {})]), call())).toEqual(['other']);
    expect(landsAt(base([httpRoute('shop', { port: 81 })]), call())).toEqual(['api']);
    const grant: Manifest = {
      apiVersion: 'gateway.networking.k8s.io/v1beta1',
      kind: 'ReferenceGrant',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        from: ['web', 'elsewhere'].map((ns) => ({
          group: 'gateway.networking.k8s.io',
          kind: 'HTTPRoute',
          namespace: ns,
        })),
        to: [{ group: '', kind: 'Service' }],
      },
    };
    expect(landsAt(base([grant, httpRoute('web', { namespace: 'shop' })]), call())).toEqual(['other']);
    expect(landsAt(base([grant, httpRoute('elsewhere', { namespace: 'shop' })]), call())).toEqual(['api']);
  });
});
