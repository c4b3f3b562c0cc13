import * as fc from 'fast-check';
import { inlineObject } from '../../src/collect/collect.ts';
import { loadMesh } from '../../src/engine/load-mesh.ts';
import type { Principal, Workload, WorkloadId } from '../../src/model/inventory/types.ts';
import type { ClientTls } from '../../src/result/request.ts';
import { Enforcement } from '../../src/semantics/enforcement.ts';
import type { Query } from '../../src/semantics/query.ts';
import type { TokenPlace } from '../../src/semantics/jwt/token-place.ts';
import { authorization, jwtRule } from './random-mesh.ts';
import { tokenPlace } from './random-request.ts';

type Json = Readonly<Record<string, unknown>>;

const pick = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
/** So many times as often there as not. */
const optional = <T>(value: fc.Arbitrary<T>, times: number): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 10, arbitrary: fc.constant(undefined) }, { weight: Math.round(10 * times), arbitrary: value });

const PATHS = ['/', '/a', '/a/', '/a/b', '/b', '/A', '/ab'];
const text = (words: readonly string[], expressions: readonly string[]): fc.Arbitrary<Json> =>
  fc.oneof(
    fc.constantFrom(...words).map((exact) => ({ exact })),
    fc.constantFrom(...words).map((prefix) => ({ prefix })),
    fc.constantFrom(...expressions).map((regex) => ({ regex })),
  );

const match = fc
  .record({
    uri: optional(text(PATHS, ['/a(/.*)?', '/[ab]+', '.*/b', '/\\w+/?', '/.*']), 4),
    method: optional(text(['GET', 'POST'], ['GET|POST', 'P.*']), 1),
    headers: optional(
      fc.tuple(pick('x-a', 'X-B'), text(['v', 'w'], ['v.*', '*', '[^v]*'])).map(([name, value]) => ({ [name]: value })),
      1,
    ),
    withoutHeaders: optional(
      fc.tuple(pick('x-a', 'x-b'), text(['v'], ['*', '.*'])).map(([name, value]) => ({ [name]: value })),
      0.5,
    ),
    queryParams: optional(
      fc.tuple(pick('x', 'y'), text(['1', 'v'], ['\\d+'])).map(([name, value]) => ({ [name]: value })),
      0.5,
    ),
    authority: optional(text(['app.app', 'other.example'], ['.*\\.app(:\\d+)?']), 0.3),
    scheme: optional(pick({ exact: 'https' }, { exact: 'http' }), 0.2),
    ignoreUriCase: optional(fc.boolean(), 0.3),
  })
  .map(withoutUndefined);

const action = fc.record({
  to: pick('app', 'app', 'api'),
  more: optional(pick('app', 'api'), 0.3),
  rewrite: optional(
    pick<Json>(
      { uri: '/' },
      { uri: '/b' },
      { uri: '/x/' },
      { uri: '/b/c/.' },
      { authority: 'app' },
      { uri: '/a', authority: 'other.example' },
      { uriRegexRewrite: { match: '/(a+)/(.*)', rewrite: '/\\2' } },
      { uriRegexRewrite: { match: '^/a', rewrite: '/b' } },
      { uriRegexRewrite: { match: '[^/]+', rewrite: 'x' } },
    ),
    1,
  ),
  headers: optional(
    pick<Json>({ set: { 'x-a': 'v' } }, { remove: ['x-a'] }, { add: { 'x-b': 'w' } }, { set: { host: 'app' } }),
    0.5,
  ),
  stops: optional(
    pick<Json>(
      { redirect: { uri: '/' } },
      { directResponse: { status: 200 } },
      { fault: { abort: { httpStatus: 500, percentage: { value: 100 } } } },
    ),
    0.3,
  ),
});

const rule = fc
  .record({ match: fc.array(match, { maxLength: 2 }), action })
  .map(({ match: matches, action: does }): Json => {
    const { to, more, rewrite, headers, stops } = does;
    const target = (name: string, weight?: number): Json => ({
      destination: { host: `${name}.app.svc.cluster.local`, port: { number: 8080 } },
      ...(weight === undefined ? {} : { weight }),
    });
    const route = more === undefined ? [target(to)] : [target(to, 50), target(more, 50)];
    const isAnswer = stops?.fault === undefined && stops !== undefined;
    return {
      ...(matches.length > 0 ? { match: matches } : {}),
      ...(isAnswer ? stops : { route, ...(rewrite ? { rewrite } : {}), ...(stops ?? {}) }),
      ...(headers && !isAnswer ? { headers: { request: headers } } : {}),
    };
  });

const virtualService = fc.record({
  hosts: fc.uniqueArray(pick('app.app', '*.app', 'other.example', '*', 'x.app'), { minLength: 1, maxLength: 2 }),
  http: fc.array(rule, { minLength: 1, maxLength: 4 }),
});

const httpRoute = fc.record({
  prefix: pick('/a', '/', '/a/b'),
  rewrite: optional(
    pick<Json>(
      { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' },
      { type: 'ReplacePrefixMatch', replacePrefixMatch: '/b/' },
      { type: 'ReplaceFullPath', replaceFullPath: '/b' },
    ),
    2,
  ),
  hosts: optional(pick(['app.app'], ['other.example']), 1),
});

const atGateway = fc.array(authorization, { maxLength: 2 });

/** A gateway with listeners, routes and policies of its own in front of two workloads. */
export interface RandomGateway {
  readonly objects: readonly Json[];
}

const MODES = ['SIMPLE', 'MUTUAL', 'OPTIONAL_MUTUAL', 'ISTIO_MUTUAL'];

export const randomGateway: fc.Arbitrary<RandomGateway> = fc
  .record({
    services: fc.array(virtualService, { minLength: 1, maxLength: 3 }),
    httpRoute: optional(httpRoute, 0.5),
    mode: pick(...MODES),
    secureHosts: pick(['app.app'], ['*.app'], ['*']),
    sans: optional(pick(['spiffe://cluster.local/ns/web/sa/web'], ['client.example']), 0.5),
    redirects: fc.boolean(),
    gateway: atGateway,
    workload: fc.array(authorization, { maxLength: 2 }),
    gatewayRules: fc.array(jwtRule, { maxLength: 2 }),
    workloadRules: fc.array(jwtRule, { maxLength: 2 }),
    peers: pick('STRICT', 'PERMISSIVE', 'DISABLE'),
    normalization: pick('BASE', 'NONE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'),
    hops: fc.record({ outer: pick(0, 0, 1, 2), inner: pick(0, 1, 2) }),
    inner: optional(
      fc.record({ services: fc.array(virtualService, { minLength: 1, maxLength: 2 }), mutual: fc.boolean() }),
      0.7,
    ),
  })
  .map((random) => ({ objects: objectsOf(random) }));

interface Parts {
  readonly services: readonly { readonly hosts: readonly string[]; readonly http: readonly Json[] }[];
  readonly httpRoute:
    | { readonly prefix: string; readonly rewrite?: Json | undefined; readonly hosts?: readonly string[] | undefined }
    | undefined;
  readonly mode: string;
  readonly secureHosts: readonly string[];
  readonly sans: readonly string[] | undefined;
  readonly redirects: boolean;
  readonly gateway: readonly Written[];
  readonly workload: readonly Written[];
  readonly gatewayRules: readonly Json[];
  readonly workloadRules: readonly Json[];
  readonly peers: string;
  readonly normalization: string;
  readonly hops: { readonly outer: number; readonly inner: number };
  /** A second gateway, to which some routes of the first lead. */
  readonly inner: { readonly services: Parts['services']; readonly mutual: boolean } | undefined;
}

type Written = { readonly action: string; readonly provider: string; readonly rules: readonly Json[] };

function objectsOf(parts: Parts): readonly Json[] {
  const policy =
    (namespace: string) =>
    ({ action, provider, rules }: Written, i: number): Json => ({
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: `p${i}`, namespace },
      spec: {
        action,
        ...(rules.length > 0 || action === 'ALLOW' ? { rules } : { rules: [{}] }),
        ...(action === 'CUSTOM' ? { provider: { name: provider } } : {}),
      },
    });
  const authentication = (namespace: string, jwtRules: readonly Json[]): readonly Json[] =>
    jwtRules.length === 0
      ? []
      : [
          {
            apiVersion: 'security.istio.io/v1',
            kind: 'RequestAuthentication',
            metadata: { name: 'jwt', namespace },
            spec: { jwtRules },
          },
        ];
  const pod = (namespace: string, name: string, annotations: Json): Json => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: name }, annotations },
    spec: {
      serviceAccountName: name,
      containers: [
        ...(namespace === 'edge' ? [] : [{ name: 'app', image: 'app:1' }]),
        { name: 'istio-proxy', image: 'proxyv2:1' },
      ],
    },
    status: { podIP: name === 'gw' ? '10.1.2.3' : name === 'inner' ? '10.1.2.4' : '10.1.9.9' },
  });
  const service = (namespace: string, name: string, spec: Json): Json => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ...spec },
  });
  const { mode, sans, httpRoute: kubernetes } = parts;
  return [
    ...['app', 'edge'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'istio-injection': 'enabled' } },
    })),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio', namespace: 'istio-system' },
      data: {
        mesh: JSON.stringify({
          rootNamespace: 'istio-system',
          pathNormalization: { normalization: parts.normalization },
          extensionProviders: [{ name: 'ext', envoyExtAuthzHttp: { service: 'ext.app.svc.cluster.local', port: 80 } }],
        }),
      },
    },
    pod('edge', 'gw', gatewayPod(parts.hops.outer)),
    pod('app', 'app', { 'sidecar.istio.io/status': '{}' }),
    pod('app', 'api', { 'sidecar.istio.io/status': '{}' }),
    service('edge', 'gw', {
      type: 'LoadBalancer',
      ports: [
        { name: 'http', port: 80, targetPort: 8080 },
        { name: 'https', port: 443, targetPort: 8443 },
      ],
    }),
    service('app', 'app', { ports: [{ name: 'http', port: 8080 }] }),
    service('app', 'api', { ports: [{ name: 'http', port: 8080 }] }),
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'gw', namespace: 'edge' },
      spec: {
        selector: { app: 'gw' },
        servers: [
          {
            port: { number: 80, name: 'http', protocol: 'HTTP' },
            hosts: ['*'],
            ...(parts.redirects ? { tls: { httpsRedirect: true } } : {}),
          },
          {
            port: { number: 443, name: 'https', protocol: 'HTTPS' },
            hosts: parts.secureHosts,
            tls: { mode, credentialName: 'cert', ...(sans ? { subjectAltNames: sans } : {}) },
          },
        ],
      },
    },
    ...(parts.inner
      ? [
          pod('edge', 'inner', gatewayPod(parts.hops.inner)),
          service('edge', 'inner', {
            ports: [
              { name: 'http', port: 80, targetPort: 8080 },
              { name: 'https', port: 443, targetPort: 8443 },
            ],
          }),
          ...innerObjects(parts.inner),
        ]
      : []),
    ...parts.services.map(({ hosts, http }, i) => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: `vs${i}`, namespace: 'app', creationTimestamp: `2026-01-0${i + 1}T00:00:00Z` },
      spec: {
        hosts,
        gateways: ['edge/gw'],
        http: parts.inner ? http.map((each) => toInner(each, parts.inner?.mutual)) : http,
      },
    })),
    ...(kubernetes ? kubernetesObjects(kubernetes) : []),
    ...parts.gateway.map(policy('edge')),
    ...parts.workload.map(policy('app')),
    ...authentication('edge', parts.gatewayRules),
    ...authentication('app', parts.workloadRules),
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: { name: 'default', namespace: 'app' },
      spec: { mtls: { mode: parts.peers } },
    },
  ];
}

const gatewayPod = (hops: number): Json => ({
  'inject.istio.io/templates': 'gateway',
  'sidecar.istio.io/status': '{}',
  ...(hops > 0 ? { 'proxy.istio.io/config': `{ "gatewayTopology": { "numTrustedProxies": ${hops} } }` } : {}),
});

/** What led to one of the workloads leads to the second gateway instead. */
function toInner(rule: Json, mutual: boolean | undefined): Json {
  const text = JSON.stringify(rule);
  return JSON.parse(
    text.replaceAll(
      '"host":"api.app.svc.cluster.local","port":{"number":8080}',
      `"host":"inner.edge.svc.cluster.local","port":{"number":${mutual ? 443 : 80}}`,
    ),
  ) as Json;
}

function innerObjects({ services, mutual }: NonNullable<Parts['inner']>): readonly Json[] {
  const plain = { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] };
  const secure = {
    port: { number: 443, name: 'https', protocol: 'HTTPS' },
    hosts: ['*'],
    tls: { mode: 'ISTIO_MUTUAL' },
  };
  return [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'inner', namespace: 'edge' },
      spec: { selector: { app: 'inner' }, servers: [mutual ? secure : plain] },
    },
    ...(mutual
      ? [
          {
            apiVersion: 'networking.istio.io/v1',
            kind: 'DestinationRule',
            metadata: { name: 'inner', namespace: 'edge' },
            spec: { host: 'inner.edge.svc.cluster.local', trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } },
          },
        ]
      : []),
    ...services.map(({ hosts, http }, i) => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: `inner${i}`, namespace: 'app', creationTimestamp: `2026-02-0${i + 1}T00:00:00Z` },
      spec: { hosts, gateways: ['edge/inner'], http },
    })),
  ];
}

function kubernetesObjects({ prefix, rewrite, hosts }: NonNullable<Parts['httpRoute']>): readonly Json[] {
  return [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'kgw', namespace: 'edge' },
      spec: {
        gatewayClassName: 'istio',
        addresses: [{ value: 'gw.edge.svc.cluster.local', type: 'Hostname' }],
        listeners: [{ name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } }],
      },
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'route', namespace: 'app' },
      spec: {
        parentRefs: [{ name: 'kgw', namespace: 'edge' }],
        ...(hosts ? { hostnames: hosts } : {}),
        rules: [
          {
            matches: [{ path: { type: 'PathPrefix', value: prefix } }],
            ...(rewrite ? { filters: [{ type: 'URLRewrite', urlRewrite: { path: rewrite } }] } : {}),
            backendRefs: [{ name: 'app', port: 8080 }],
          },
        ],
      },
    },
  ];
}

/** What a client outside sends. */
export interface OutsideRequest {
  readonly port: 8080 | 8443;
  readonly tls: ClientTls | undefined;
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  readonly place: TokenPlace | undefined;
  readonly ip: string;
}

const VALUES = ['v', 'w', 'vw', '', 'x'];
const certificate = pick<ClientTls['clientCert']>(
  undefined,
  { principal: 'cluster.local/ns/web/sa/web' },
  { principal: 'cluster.local/ns/app/sa/app' },
  { dns: 'client.example' },
);

export const outsideRequest: fc.Arbitrary<OutsideRequest> = fc
  .record({
    secure: fc.boolean(),
    sni: pick('', 'app.app', 'x.app', 'other.example'),
    certificate,
    method: pick('GET', 'POST', 'PUT', 'OPTIONS'),
    path: pick(
      '/',
      '/a',
      '/a/',
      '/a/b',
      '/ab',
      '/A',
      '/a..',
      '/a../c',
      '/a../b',
      '/a.',
      '//a',
      '/a?x=1',
      '/a/b?y=v&x=12',
      '/b/c',
      '/b',
      '/c?x',
      '/a%2Fb',
      '/aa/b',
      '/a/x',
      '/a?t=x',
    ),
    host: pick('app', 'app.app', 'APP.app', 'app.app:8080', 'other.example', 'x.app', 'y.x.app'),
    headers: fc
      .tuple(
        fc.uniqueArray(fc.tuple(pick('x-a', 'x-b'), fc.constantFrom(...VALUES)), {
          maxLength: 2,
          selector: ([name]) => name,
        }),
        pick<readonly (readonly [string, string])[]>(
          [],
          [],
          [['x-forwarded-for', '10.9.9.9']],
          [['x-forwarded-for', '203.0.113.9, 10.1.2.3']],
        ),
      )
      .map(([some, forwarded]) => [...some, ...forwarded]),
    claims: optional(
      fc.record({
        iss: pick('iss-1', 'iss-2', 'iss-3'),
        sub: pick('sub-1', 'sub-2'),
        aud: pick('v', 'w'),
        groups: pick('v', 'w'),
      }),
      1,
    ),
    place: tokenPlace,
    ip: pick('10.1.2.3', '10.9.9.9', '203.0.113.9', '192.168.0.5'),
  })
  .map(({ secure, sni, certificate: clientCert, ...rest }) => ({
    ...rest,
    port: secure ? 8443 : 8080,
    tls: secure ? { ...(sni === '' ? {} : { sni }), ...(clientCert ? { clientCert } : {}) } : undefined,
  }));

export function outsideQuery(gateway: Workload, request: OutsideRequest): Query {
  const { port, tls, method, path, host, headers, claims, place, ip } = request;
  return {
    client: 'attacker',
    source: { position: { kind: 'internet' }, identity: null as Principal | null, connects: 'plaintext', ip },
    destination: { workload: gateway, port },
    transport: 'TCP',
    http: { method, path, host, headers },
    ...(claims ? { token: { claims, valid: true, ...(place ? { place } : {}) } } : {}),
    ...(tls ? { tls } : {}),
  };
}

export function loadGateway({ objects }: RandomGateway): {
  readonly enforcement: Enforcement;
  readonly gateway: Workload;
  readonly workloads: readonly Workload[];
} {
  const { mesh } = loadMesh(
    objects.map((value) => inlineObject(value, 'random.yaml', 1)),
    {},
  );
  const of = (id: string): Workload => {
    const found = mesh.workloadById.get(id as WorkloadId);
    if (!found) throw new Error(`the random mesh has lost ${id}`);
    return found;
  };
  return { enforcement: new Enforcement(mesh), gateway: of('edge/gw'), workloads: [of('app/app'), of('app/api')] };
}

function withoutUndefined(object: Json): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
