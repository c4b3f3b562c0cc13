import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { loadAll } from 'js-yaml';
import type { EnvoyFilterPatch } from '../../model/istio/envoy-filter.ts';
import type { Request } from '../../result/request.ts';
import { decide } from '../decide.ts';
import { Enforcement } from '../enforcement.ts';
import { resolveRequest } from '../resolve-request.ts';
import type { Verdict } from '../verdict.ts';
import { classifyPatch } from './classify-patch.ts';
import { matchPatch } from './match-patch.ts';

const MESH = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { serviceAccountName: web, containers: [{ name: web, image: 'web:1', ports: [{ containerPort: 8080 }, { containerPort: 9090 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 8080 }, { name: http-admin, port: 90, targetPort: 9090 }] }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: STRICT } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: get-only, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/shop/sa/api] } }]
      to: [{ operation: { methods: [GET] } }]
`;

const filter = (patches: string, spec = ''): string => `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: ef, namespace: shop }
spec: { ${spec} configPatches: [${patches}] }
`;

interface Ask {
  readonly sa?: string;
  readonly method?: string;
  readonly port?: number;
  readonly plaintext?: boolean;
}

function ask(
  more: string,
  { sa = 'api', method = 'GET', port = 8080, plaintext }: Ask = {},
  version?: string,
): Verdict {
  const { mesh } = meshOf(`${MESH}---${more}`, version === undefined ? {} : { istioVersion: version });
  const request: Request = {
    from: plaintext ? { plaintext: true } : { principal: `cluster.local/ns/shop/sa/${sa}` },
    to: { workload: 'shop/web', port },
    http: { method, path: '/' },
  };
  const queries = resolveRequest(mesh, request);
  if ('error' in queries) throw new Error(queries.error);
  const [query] = queries;
  if (!query) throw new Error('no query');
  return decide(new Enforcement(mesh), query);
}

const HCM = 'envoy.filters.network.http_connection_manager';
const sub = (name: string, more = ''): string =>
  `match: { context: SIDECAR_INBOUND, ${more} listener: { filterChain: { filter: { name: ${HCM}, subFilter: { name: ${name} } } } } }`;
const removeRbac = `{ applyTo: HTTP_FILTER, ${sub('envoy.filters.http.rbac')}, patch: { operation: REMOVE } }`;
const insert = (name: string, operation = 'INSERT_BEFORE', at = 'envoy.filters.http.jwt_authn'): string =>
  `{ applyTo: HTTP_FILTER, ${sub(at)}, patch: { operation: ${operation}, value: { name: ${name} } } }`;

describe('an EnvoyFilter that takes a control away', () => {
  it('without it nobody is refused, and it is what decided', () => {
    expect(ask('', { method: 'POST' }).outcome).toBe('deny');
    const verdict = ask(filter(removeRbac), { method: 'POST' });
    expect(verdict).toMatchObject({
      outcome: 'allow',
      by: { kind: 'EnvoyFilter', namespace: 'shop', name: 'ef' },
      assumes: [],
    });
    expect(verdict.reason).toMatch(/^EnvoyFilter shop\/ef takes RBAC away \(patch 0: REMOVE envoy.filters.http.rbac\)/);
    expect(verdict.trace.find(({ stage }) => stage === 'patch')?.by?.location).toMatchObject({ file: 'mesh.yaml' });
  });

  it('leaves mutual TLS as it is', () => {
    expect(ask(filter(removeRbac), { plaintext: true })).toMatchObject({
      outcome: 'deny',
      by: { kind: 'PeerAuthentication' },
    });
  });

  it('leaves the verdict and its object where it changes nothing', () => {
    expect(ask(filter(removeRbac))).toMatchObject({ outcome: 'allow', assumes: [] });
  });

  it('puts something in its place', () => {
    const replace = `{ applyTo: HTTP_FILTER, ${sub('envoy.filters.http.rbac')}, patch: { operation: REPLACE, value: { name: mine } } }`;
    expect(ask(filter(replace), { sa: 'x' })).toMatchObject({
      outcome: 'allow',
      assumes: [
        'what EnvoyFilter shop/ef puts in place of RBAC refuses nothing (patch 0: REPLACE envoy.filters.http.rbac)',
      ],
    });
  });

  it('is unknown where the match is not certain and the outcomes differ', () => {
    const some = removeRbac.replace('listener: {', 'proxy: { metadata: { a: b } }, listener: {');
    expect(ask(filter(some), { method: 'POST' })).toMatchObject({
      outcome: 'unknown',
      reason: expect.stringContaining('EnvoyFilter shop/ef (patch 0: REMOVE envoy.filters.http.rbac) may match'),
    });
    expect(ask(filter(some)).outcome).toBe('allow');
  });

  it('acts on its port, its workloads and its namespace alone', () => {
    const onAdmin = removeRbac.replace('listener: {', 'listener: { portNumber: 9090,');
    expect(ask(filter(onAdmin), { sa: 'x', port: 9090 }).outcome).toBe('allow');
    expect(ask(filter(onAdmin), { sa: 'x' }).outcome).toBe('deny');
    const others = 'workloadSelector: { labels: { app: other } },';
    expect(ask(filter(removeRbac, others), { sa: 'x' }).outcome).toBe('deny');
    expect(ask(filter(removeRbac).replace('namespace: shop', 'namespace: lab'), { sa: 'x' }).outcome).toBe('deny');
    expect(ask(filter(removeRbac).replace('namespace: shop', 'namespace: istio-system'), { sa: 'x' }).outcome).toBe(
      'allow',
    );
  });

  it('is skipped where it matches no filter, outbound traffic, or another version', () => {
    const outbound = removeRbac.replace('SIDECAR_INBOUND', 'SIDECAR_OUTBOUND');
    expect(ask(filter(outbound), { sa: 'x' })).toMatchObject({ outcome: 'deny', assumes: [] });
    const versioned = removeRbac.replace('listener: {', "proxy: { proxyVersion: '^1\\.29.*' }, listener: {");
    expect(ask(filter(versioned), { sa: 'x' }, '1.31.0').outcome).toBe('deny');
    expect(ask(filter(versioned), { sa: 'x' }, '1.29.2').outcome).toBe('allow');
    expect(ask(filter(versioned), { sa: 'x' }).outcome).toBe('unknown');
  });

  it('may take mutual TLS away', () => {
    const raw = `{ applyTo: FILTER_CHAIN, match: { context: SIDECAR_INBOUND }, patch: { operation: MERGE, value: { transport_socket: { name: envoy.transport_sockets.raw_buffer } } } }`;
    // Without an identity RBAC refuses it as well.
    expect(ask(filter(raw), { plaintext: true }).outcome).toBe('deny');
    expect(ask(`${filter(`${raw}, ${removeRbac}`)}`, { plaintext: true })).toMatchObject({
      outcome: 'unknown',
      reason: expect.stringContaining('may take mutual TLS away'),
    });
  });

  it('may end handshakes with mutual TLS, unless TLS stays and asks for no certificate', () => {
    const chain = (socket: string): string =>
      filter(
        `{ applyTo: FILTER_CHAIN, match: { context: SIDECAR_INBOUND }, patch: { operation: MERGE, value: { transport_socket: ${socket} } } }`,
      );
    expect(ask(chain('{ name: envoy.transport_sockets.raw_buffer }'))).toMatchObject({
      outcome: 'unknown',
      reason: expect.stringContaining('may take mutual TLS away: if so deny, if not allow'),
    });
    const unasked = chain(
      '{ name: envoy.transport_sockets.tls, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext, require_client_certificate: false } }',
    );
    expect(ask(unasked).outcome).toBe('allow');
  });

  it('takes tokens out of the game with JWT authentication', () => {
    const jwt = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: jwt, namespace: shop }
spec: { jwtRules: [{ issuer: me, jwksUri: 'https://me/keys' }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: token, namespace: shop }
spec: { action: DENY, rules: [{ from: [{ source: { notRequestPrincipals: ['*'] } }] }] }
`;
    const remove = `{ applyTo: HTTP_FILTER, ${sub('envoy.filters.http.jwt_authn')}, patch: { operation: REMOVE } }`;
    const { mesh } = meshOf(`${MESH}---${jwt}---${filter(remove)}`);
    const [query] = resolveRequest(mesh, {
      from: { principal: 'cluster.local/ns/shop/sa/api' },
      to: { workload: 'shop/web', port: 8080 },
      http: { method: 'GET', path: '/' },
      jwt: { payload: { iss: 'me', sub: 'a' } },
    }) as readonly Parameters<typeof decide>[1][];
    if (!query) throw new Error('no query');
    expect(decide(new Enforcement(mesh), query)).toMatchObject({ outcome: 'deny', by: { kind: 'EnvoyFilter' } });
  });
});

describe('code in front of RBAC', () => {
  const named = 'EnvoyFilter shop/ef leaves alone what policies read of a request';

  it('makes conditional what rests on HTTP attributes', () => {
    expect(ask(filter(insert('envoy.filters.http.lua')))).toMatchObject({
      outcome: 'allow',
      assumes: [`${named} (patch 0: INSERT_BEFORE envoy.filters.http.lua)`],
    });
    expect(ask(filter(insert('envoy.filters.http.lua')), { method: 'POST' })).toMatchObject({
      outcome: 'deny',
      assumes: [expect.stringContaining(named)],
    });
  });

  it('changes nothing for an identity that no rule admits, nor for plaintext', () => {
    expect(ask(filter(insert('envoy.filters.http.lua')), { sa: 'x' })).toMatchObject({ outcome: 'deny', assumes: [] });
    expect(ask(filter(insert('envoy.filters.http.lua')), { plaintext: true }).assumes).toEqual([]);
  });

  it('is found by its type, whatever its name', () => {
    const typed = `{ applyTo: HTTP_FILTER, ${sub('envoy.filters.http.jwt_authn')}, patch: { operation: INSERT_BEFORE, value: { name: my-filter, typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor } } } }`;
    expect(ask(filter(typed)).assumes).toEqual([`${named} (patch 0: INSERT_BEFORE my-filter)`]);
  });

  it.each(['AUTHN', 'AUTHZ'])('is a WasmPlugin or TrafficExtension of phase %s', (phase) => {
    const plugin = (kind: string, more = '') => `
apiVersion: extensions.istio.io/v1alpha1
kind: ${kind}
metadata: { name: p, namespace: shop }
spec: { phase: ${phase}, ${more} }
`;
    const assumes = (kind: string) => [`${kind} shop/p leaves alone what policies read of a request (phase ${phase})`];
    expect(ask(plugin('WasmPlugin', 'url: oci://x')).assumes).toEqual(assumes('WasmPlugin'));
    expect(ask(plugin('TrafficExtension', 'lua: { inlineCode: x }')).assumes).toEqual(assumes('TrafficExtension'));
    expect(ask(plugin('WasmPlugin', 'url: oci://x, match: [{ mode: CLIENT }]')).assumes).toEqual([]);
    expect(ask(plugin('WasmPlugin', 'url: oci://x, match: [{ ports: [{ number: 9090 }] }]')).assumes).toEqual([]);
    expect(ask(plugin('WasmPlugin', 'url: oci://x, type: NETWORK')).assumes).toEqual([]);
    expect(ask(plugin('WasmPlugin', 'url: oci://x, selector: { matchLabels: { app: other } }')).assumes).toEqual([]);
  });

  it.each(['STATS', 'UNSPECIFIED_PHASE'])('is no WasmPlugin of phase %s', (phase) => {
    const plugin = `
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: { name: p, namespace: shop }
spec: { phase: ${phase}, url: oci://x }
`;
    expect(ask(plugin)).toMatchObject({ outcome: 'allow', assumes: [] });
  });
});

describe('anything else', () => {
  it('is named with its patch', () => {
    const merge = `{ applyTo: HTTP_FILTER, ${sub('envoy.filters.http.rbac')}, patch: { operation: MERGE, value: {} } }`;
    expect(ask(filter(`${insert('envoy.filters.http.local_ratelimit')}, ${merge}`), { sa: 'x' })).toMatchObject({
      outcome: 'deny',
      assumes: ['EnvoyFilter shop/ef leaves RBAC alone (patch 1: MERGE envoy.filters.http.rbac)'],
    });
  });

  it('is named where its kind is not modelled', () => {
    const cilium = `
apiVersion: cilium.io/v2
kind: CiliumEnvoyConfig
metadata: { name: envoy, namespace: shop }
spec: {}
`;
    expect(ask(cilium).assumes).toEqual([
      expect.stringMatching(/^CiliumEnvoyConfig shop\/envoy leaves what is enforced alone \(not modelled: /),
    ]);
  });
});

describe('what a patch does', () => {
  const patch = (text: string): EnvoyFilterPatch => loadAll(text)[0] as EnvoyFilterPatch;
  const http = (operation: string, more: string, target?: string): string =>
    target === undefined
      ? `{ applyTo: HTTP_FILTER, patch: { operation: ${operation}, ${more} } }`
      : `{ applyTo: HTTP_FILTER, ${sub(target)}, patch: { operation: ${operation}, ${more} } }`;
  const hcm = (settings: string): string =>
    `{ applyTo: NETWORK_FILTER, match: { listener: { filterChain: { filter: { name: ${HCM} } } } }, patch: { operation: MERGE, value: { typed_config: { ${settings} } } } }`;

  it.each<[string, string]>([
    ['a local rate limit', http('INSERT_BEFORE', 'value: { name: envoy.filters.http.local_ratelimit }')],
    [
      'compression',
      http('INSERT_BEFORE', 'value: { name: envoy.filters.http.compressor }', 'envoy.filters.http.router'),
    ],
    ['a buffer', http('INSERT_FIRST', 'value: { name: envoy.filters.http.buffer }')],
    [
      'statistics by type',
      http('INSERT_FIRST', "value: { name: x, typed_config: { '@type': type.googleapis.com/stats.PluginConfig } }"),
    ],
    [
      'timeouts of the connection manager',
      hcm('stream_idle_timeout: 5s, commonHttpProtocolOptions: { idleTimeout: 5s }'),
    ],
    ['access logs', hcm('access_log: []')],
    ['a filter that is no control taken away', http('REMOVE', '', 'envoy.filters.http.cors')],
    ['a cluster', '{ applyTo: CLUSTER, patch: { operation: MERGE, value: { connect_timeout: 1s } } }'],
    [
      'a buffer limit',
      '{ applyTo: LISTENER, patch: { operation: MERGE, value: { per_connection_buffer_limit_bytes: 1 } } }',
    ],
    [
      'TLS parameters',
      "{ applyTo: FILTER_CHAIN, patch: { operation: MERGE, value: { transport_socket: { name: envoy.transport_sockets.tls, typed_config: { '@type': x, common_tls_context: { tls_params: {} } } } } } }",
    ],
    ['a timeout of a route', '{ applyTo: HTTP_ROUTE, patch: { operation: MERGE, value: { route: { timeout: 1s } } } }'],
  ])('nothing: %s', (_name, text) => {
    expect(classifyPatch(patch(text), true, true)).toBeUndefined();
  });

  it.each<[string, string, object]>([
    [
      'RBAC of TCP',
      '{ applyTo: NETWORK_FILTER, match: { listener: { filterChain: { filter: { name: envoy.filters.network.rbac } } } }, patch: { operation: REMOVE } }',
      { effect: { kind: 'removes', control: 'RBAC', certain: true }, chain: 'tcp' },
    ],
    [
      'external authorization',
      http('REMOVE', '', 'envoy.filters.http.ext_authz'),
      { effect: { kind: 'removes', control: 'external authorization', certain: true } },
    ],
    [
      'RBAC, perhaps',
      http('REMOVE', 'value: { name: envoy.filters.http.rbac }'),
      { effect: { kind: 'removes', control: 'RBAC', certain: false } },
    ],
    [
      'a client certificate that is not asked for',
      '{ applyTo: FILTER_CHAIN, patch: { operation: MERGE, value: { transport_socket: { name: envoy.transport_sockets.tls, typed_config: { require_client_certificate: false } } } } }',
      { effect: { kind: 'removes', control: 'mutual TLS' } },
    ],
    [
      'RBAC off for a route',
      '{ applyTo: HTTP_ROUTE, patch: { operation: MERGE, value: { typed_per_filter_config: { envoy.filters.http.rbac: {} } } } }',
      { effect: { kind: 'removes', control: 'RBAC', certain: false } },
    ],
    ['how paths are read', hcm('normalize_path: false'), { effect: { kind: 'rewrites' } }],
    [
      'Lua behind RBAC',
      http('INSERT_BEFORE', 'value: { name: envoy.lua }', 'envoy.filters.http.router'),
      { effect: { kind: 'rewrites-later' } },
    ],
    ['Lua at the front', http('INSERT_BEFORE', 'value: { name: envoy.lua }'), { effect: { kind: 'rewrites' } }],
    [
      'Lua after JWT',
      http('INSERT_AFTER', 'value: { name: envoy.lua }', 'envoy.filters.http.jwt_authn'),
      { effect: { kind: 'rewrites' } },
    ],
    [
      'another authorizer',
      http('INSERT_FIRST', 'value: { name: envoy.filters.http.ext_authz }'),
      { effect: { kind: 'unclear', what: 'external authorization' } },
    ],
    ['a filter nobody knows', http('INSERT_FIRST', 'value: { name: corp.auth }'), { effect: { kind: 'unclear' } }],
    ['a REMOVE that matches no filter', http('REMOVE', ''), { effect: { kind: 'unclear' } }],
    ['a filter chain gone', '{ applyTo: FILTER_CHAIN, patch: { operation: REMOVE } }', { effect: { kind: 'unclear' } }],
    [
      'addresses by the PROXY protocol',
      '{ applyTo: LISTENER_FILTER, patch: { operation: INSERT_FIRST, value: { name: envoy.filters.listener.proxy_protocol } } }',
      { effect: { kind: 'unclear' } },
    ],
    [
      'a header added by a route',
      '{ applyTo: VIRTUAL_HOST, patch: { operation: MERGE, value: { request_headers_to_add: [] } } }',
      { effect: { kind: 'rewrites-later' } },
    ],
  ])('%s', (_name, text, expected) => {
    expect(classifyPatch(patch(text), true, true)).toMatchObject(expected);
  });

  it.each<[string, string, object | undefined]>([
    ['of any context', '{}', { certain: true, port: null }],
    ['of gateways', '{ context: GATEWAY }', undefined],
    ['of another listener', "{ listener: { name: '0.0.0.0_8080' } }", undefined],
    [
      'of the inbound listener',
      '{ listener: { name: virtualInbound, portNumber: 8080 } }',
      { certain: true, port: 8080 },
    ],
    [
      'of a destination port',
      '{ listener: { filterChain: { destinationPort: 8080 } } }',
      { certain: true, port: 8080 },
    ],
    ['of some chains', '{ listener: { filterChain: { transportProtocol: tls } } }', { certain: false, port: null }],
  ])('matches a sidecar: %s', (_name, match, expected) => {
    const matched = matchPatch(patch(`{ applyTo: HTTP_FILTER, match: ${match} }`), 'sidecar');
    if (expected) expect(matched).toEqual(expected);
    else expect(matched).toBeUndefined();
  });
});

describe('at a gateway', () => {
  const GATEWAY = `
apiVersion: v1
kind: Namespace
metadata: { name: ingress, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: gw, namespace: ingress }
spec:
  selector: { matchLabels: { istio: gw } }
  template:
    metadata: { labels: { istio: gw }, annotations: { inject.istio.io/templates: gateway } }
    spec: { serviceAccountName: gw, containers: [{ name: istio-proxy, image: auto }] }
---
apiVersion: v1
kind: Service
metadata: { name: gw, namespace: ingress }
spec: { selector: { istio: gw }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw, namespace: ingress }
spec: { selector: { istio: gw }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: shop }
spec: { hosts: ['*'], gateways: [ingress/gw], http: [{ route: [{ destination: { host: web.shop.svc.cluster.local, port: { number: 80 } } }] }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: closed, namespace: ingress }
spec: { rules: [{ from: [{ source: { principals: ['*'] } }] }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: from-gateway, namespace: shop }
spec: { rules: [{ from: [{ source: { principals: [cluster.local/ns/ingress/sa/gw] } }], to: [{ operation: { paths: [/open] } }] }] }
`;
  const atGateway = (patches: string, path = '/open'): Verdict => {
    const more = `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: ef, namespace: ingress }
spec: { configPatches: [${patches}] }
`;
    const { mesh } = meshOf(`${MESH}---${GATEWAY}---${more}`);
    const queries = resolveRequest(mesh, {
      from: { internet: true },
      to: { gateway: 'ingress/gw', port: 8080 },
      http: { method: 'GET', path, host: 'web' },
    });
    if ('error' in queries) throw new Error(queries.error);
    const [query] = queries;
    if (!query) throw new Error('no query');
    return decide(new Enforcement(mesh), query);
  };
  const remove = removeRbac.replace('SIDECAR_INBOUND', 'GATEWAY');
  const lua = insert('envoy.filters.http.lua', 'INSERT_BEFORE', 'envoy.filters.http.router').replace(
    'SIDECAR_INBOUND',
    'GATEWAY',
  );

  it('RBAC is gone there, and stays behind it', () => {
    expect(atGateway(removeRbac)).toMatchObject({ outcome: 'deny', by: { name: 'closed' } });
    expect(atGateway(remove)).toMatchObject({ outcome: 'allow', assumes: [], routed: 'shop/web:80' });
    expect(atGateway(remove, '/other').outcome).toBe('deny');
  });

  it('code behind its policies may rewrite what those of the backend read', () => {
    expect(atGateway(`${remove}, ${lua}`).assumes).toEqual([
      'EnvoyFilter ingress/ef leaves alone what policies behind it read of a request (patch 1: INSERT_BEFORE envoy.filters.http.lua)',
    ]);
  });

  it('a policy that targets a route is named', () => {
    const { mesh } = meshOf(`${MESH}---${GATEWAY}---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: per-route, namespace: ingress }
spec: { targetRefs: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: r }], rules: [{}] }
`);
    const queries = resolveRequest(mesh, {
      from: { internet: true },
      to: { gateway: 'ingress/gw', port: 8080 },
      http: { method: 'GET', path: '/open', host: 'web' },
    });
    if ('error' in queries) throw new Error(queries.error);
    expect(queries.map((query) => decide(new Enforcement(mesh), query).assumes)).toEqual([
      ['AuthorizationPolicy ingress/per-route leaves RBAC alone (targets HTTPRoute r)'],
    ]);
  });
});
