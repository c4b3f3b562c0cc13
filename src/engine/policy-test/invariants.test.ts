import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { type Manifest, meshText, namespace, policy, selecting, workload } from '../../../test/small-mesh.ts';
import { readPolicyTest, runPolicyTest } from './run.ts';

const MESH: readonly Manifest[] = [
  namespace('shop'),
  ...workload('shop', 'api', { ports: { http: 8080 }, labels: { data: 'pci' } }),
  ...workload('shop', 'web', { ports: { http: 8080 } }),
  policy('PeerAuthentication', 'shop', 'default', { mtls: { mode: 'STRICT' } }),
];
const allow = (...rules: Manifest[]): Manifest =>
  policy('AuthorizationPolicy', 'shop', 'api', { ...selecting('api'), rules });
const WEB = { source: { principals: ['cluster.local/ns/shop/sa/web'] } };
const JWT = policy('RequestAuthentication', 'shop', 'jwt', {
  ...selecting('api'),
  jwtRules: [{ issuer: 'https://a' }, { issuer: 'https://b' }],
});

const gatewayWith = (route: Manifest): readonly Manifest[] => [
  namespace('edge'),
  ...workload('edge', 'gw', {
    labels: { istio: 'ingressgateway' },
    annotations: { 'inject.istio.io/templates': 'gateway' },
    ports: { http2: 8080 },
  }).map((each) =>
    each.kind === 'Service' ? { ...each, spec: { ...(each.spec as Manifest), type: 'LoadBalancer' } } : each,
  ),
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'gw', namespace: 'edge' },
    spec: {
      selector: { istio: 'ingressgateway' },
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['shop.example'] }],
    },
  },
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'shop', namespace: 'edge' },
    spec: {
      hosts: ['shop.example'],
      gateways: ['gw'],
      http: [
        {
          match: [{ uri: { prefix: '/api' } }],
          ...route,
          route: [{ destination: { host: 'api.shop.svc.cluster.local', port: { number: 80 } } }],
        },
      ],
    },
  },
];

const GATEWAY = gatewayWith({});

function prove(policies: readonly Manifest[], never: Manifest) {
  const document = { apiVersion: 'meshproof.dev/v1', kind: 'PolicyTest', invariants: [{ name: 'it', never }] };
  const read = readPolicyTest(document);
  if ('problems' in read) throw new Error(read.problems.join('; '));
  const { invariants } = runPolicyTest(read.test, 'suite', meshOf(meshText([...MESH, ...policies])).mesh);
  const [result] = invariants;
  if (!result) throw new Error('no invariant was run');
  return result;
}

describe('invariants', () => {
  it('are proved over all requests', () => {
    const only = allow({ from: [WEB], to: [{ operation: { methods: ['GET'], paths: ['/a/*'] } }] });
    expect(prove([only], { from: 'pod-outside-mesh', to: { labels: { data: 'pci' } } })).toMatchObject({ pass: true });
    expect(
      prove([only], { from: 'shop/web', to: 'shop/api', unless: { http: { methods: ['GET'], paths: ['/a/*'] } } }),
    ).toMatchObject({ pass: true });
    expect(
      prove([only], {
        from: { namespace: 'shop' },
        to: 'shop/api',
        unless: { principal: 'cluster.local/ns/shop/sa/web' },
      }),
    ).toMatchObject({ pass: true });
  });

  it('are refuted with a request that was decided', () => {
    const only = allow({ from: [WEB], to: [{ operation: { methods: ['GET'], notPaths: ['/a/*'] } }] });
    const result = prove([only], { from: 'shop/web', to: 'shop/api', unless: { http: { paths: ['/a/*', '/'] } } });
    expect(result).toMatchObject({ pass: false, witness: { from: { workload: 'shop/web' }, http: { method: 'GET' } } });
    expect(result.why).toContain('AuthorizationPolicy shop/api');
  });

  it('tell a validated token of one issuer from those of others', () => {
    const token = allow({ from: [{ source: { requestPrincipals: ['*'] } }] });
    const any = { from: 'shop/web', to: 'shop/api', unless: { jwt: 'any' } };
    expect(prove([JWT, token], any)).toMatchObject({ pass: true });
    expect(prove([JWT, allow({})], any)).toMatchObject({ pass: false });
    const ofA = { from: 'shop/web', to: 'shop/api', unless: { jwt: 'https://a' } };
    expect(prove([JWT, token], ofA)).toMatchObject({
      pass: false,
      witness: { jwt: { payload: { iss: 'https://b' } } },
    });
    const onlyA = allow({ from: [{ source: { requestPrincipals: ['https://a/*'] } }] });
    expect(prove([JWT, onlyA], ofA)).toMatchObject({ pass: true });
  });

  it('look through gateways, where the workload sees the gateway', () => {
    const open = allow({ from: [{ source: { principals: ['cluster.local/ns/edge/sa/gw'] } }] });
    const never = { from: 'internet', to: 'shop/api', unless: { jwt: 'any' } };
    const refuted = prove([...GATEWAY, open], never);
    expect(refuted).toMatchObject({ pass: false, witness: { from: { internet: true }, to: { gateway: 'edge/gw' } } });
    // A token asked for at the workload, or already at the gateway.
    const strict = allow({
      from: [{ source: { principals: ['cluster.local/ns/edge/sa/gw'], requestPrincipals: ['*'] } }],
    });
    expect(prove([...GATEWAY, JWT, strict], never)).toMatchObject({ pass: true });
    const atGateway = [
      policy('RequestAuthentication', 'edge', 'jwt', {
        ...selecting('gw'),
        jwtRules: [{ issuer: 'https://a', forwardOriginalToken: true }],
      }),
      policy('AuthorizationPolicy', 'edge', 'jwt', {
        ...selecting('gw'),
        action: 'DENY',
        rules: [{ from: [{ source: { notRequestPrincipals: ['*'] } }] }],
      }),
    ];
    expect(prove([...GATEWAY, open, ...atGateway], never)).toMatchObject({ pass: true });
    expect(prove([...GATEWAY, allow({ from: [WEB] })], { from: 'internet', to: 'shop/api' })).toMatchObject({
      pass: true,
    });
  });

  it('know what routes take, and what they make of it', () => {
    const gateway = { source: { principals: ['cluster.local/ns/edge/sa/gw'] } };
    const admin = allow({ from: [gateway], to: [{ operation: { paths: ['/admin*'] } }] });
    const never = { from: 'internet', to: 'shop/api' };
    expect(prove([...GATEWAY, admin], never)).toMatchObject({ pass: true });
    // The rest of the path comes right behind what is put there.
    expect(prove([...gatewayWith({ rewrite: { uri: '/' } }), admin], never)).toMatchObject({
      pass: false,
      witness: { to: { gateway: 'edge/gw' }, http: { path: '/apiadmin', host: 'shop.example' } },
    });
    // Dots that a rewrite completes lead up the path.
    expect(prove([...gatewayWith({ rewrite: { uri: '/admin/public/' } }), admin], never)).toMatchObject({
      pass: false,
    });
    const top = allow({ from: [gateway], to: [{ operation: { paths: ['/top'] } }] });
    expect(prove([...gatewayWith({ rewrite: { uri: '/files/' } }), top], never)).toMatchObject({
      pass: false,
      witness: { http: { path: '/api../top' } },
    });
    const open = allow({ from: [gateway] });
    const onlyApi = { ...never, unless: { http: { paths: ['/api*'] } } };
    expect(prove([...GATEWAY, open], onlyApi)).toMatchObject({ pass: true });
    const expression = { rewrite: { uriRegexRewrite: { match: '^/api/(v1|v2)+/', rewrite: '/' } } };
    expect(prove([...gatewayWith(expression), admin], never).why).toContain('rewrite of VirtualService edge/shop');
  });

  it('ask gateways themselves, to which PeerAuthentication means nothing', () => {
    const never = { from: 'internet', to: 'edge/gw' };
    const strict = policy('PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } });
    expect(prove([...GATEWAY, strict], never)).toMatchObject({
      pass: false,
      witness: { to: { gateway: 'edge/gw' }, http: { host: 'shop.example', path: '/api' } },
    });
    const only = (rules: readonly Manifest[]): Manifest =>
      policy('AuthorizationPolicy', 'edge', 'gw', { ...selecting('gw'), rules });
    expect(prove([...GATEWAY, only([])], never)).toMatchObject({ pass: true });
    const paths = only([{ to: [{ operation: { paths: ['/api/a'] } }] }]);
    expect(prove([...GATEWAY, paths], { ...never, unless: { http: { paths: ['/api*'] } } })).toMatchObject({
      pass: true,
    });
    expect(prove([...GATEWAY, paths], never)).toMatchObject({ pass: false, witness: { http: { path: '/api/a' } } });
  });

  it('do not hold because nothing was selected, or the names are wrong', () => {
    expect(prove([], { from: 'internet', to: { namespace: 'shopp' } })).toMatchObject({ pass: false });
    expect(prove([], { from: 'internet', to: 'shop/ap' }).why).toContain('did you mean `shop/api`');
    expect(() => prove([], { from: 'internet', to: 'shop/api', unless: { tokn: 'any' } })).toThrow('tokn');
  });

  it('are proved under no EnvoyFilter that may open them, or that nobody can read', () => {
    const never = { from: 'pod-outside-mesh', to: 'shop/api' };
    const filter = (patch: Manifest): Manifest => ({
      apiVersion: 'networking.istio.io/v1alpha3',
      kind: 'EnvoyFilter',
      metadata: { name: 'ef', namespace: 'shop' },
      spec: { configPatches: [patch] },
    });
    const raw = filter({
      applyTo: 'FILTER_CHAIN',
      match: { context: 'SIDECAR_INBOUND' },
      patch: { operation: 'MERGE', value: { transport_socket: { name: 'envoy.transport_sockets.raw_buffer' } } },
    });
    // Nothing but mutual TLS keeps them out: no AuthorizationPolicy applies.
    expect(prove([], never)).toMatchObject({ pass: true });
    expect(prove([raw], never)).toMatchObject({
      pass: false,
      why: expect.stringContaining('EnvoyFilter shop/ef (patch 0: MERGE FILTER_CHAIN) may take mutual TLS away'),
    });
    const unread = filter({
      applyTo: 'NETWORK_FILTER',
      match: { context: 'SIDECAR_INBOUND' },
      patch: { operation: 'INSERT_FIRST', value: { name: 'my.own.filter' } },
    });
    expect(prove([unread], never)).toMatchObject({
      pass: false,
      why: expect.stringMatching(/^not proved, not refuted: it holds only if EnvoyFilter shop\/ef leaves/),
    });
  });

  it('are not in doubt for code that policies do not look at the work of', () => {
    const lua = {
      apiVersion: 'networking.istio.io/v1alpha3',
      kind: 'EnvoyFilter',
      metadata: { name: 'lua', namespace: 'shop' },
      spec: {
        configPatches: [
          {
            applyTo: 'HTTP_FILTER',
            match: {
              context: 'SIDECAR_INBOUND',
              listener: { filterChain: { filter: { name: 'envoy.filters.network.http_connection_manager' } } },
            },
            patch: { operation: 'INSERT_FIRST', value: { name: 'envoy.filters.http.lua' } },
          },
        ],
      },
    };
    const never = { from: 'pod-outside-mesh', to: 'shop/api' };
    expect(prove([allow({ from: [WEB] }), lua], never)).toMatchObject({ pass: true });
    const byMethod = allow({ from: [WEB], to: [{ operation: { methods: ['GET'] } }] });
    expect(prove([byMethod, lua], never)).toMatchObject({ pass: false });
  });
});
