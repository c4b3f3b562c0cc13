import * as fc from 'fast-check';
import { inlineObject } from '../../src/collect/collect.ts';
import { loadMesh } from '../../src/engine/load-mesh.ts';
import type { Workload, WorkloadId } from '../../src/model/inventory/types.ts';
import { Enforcement } from '../../src/semantics/enforcement.ts';

type Json = Readonly<Record<string, unknown>>;

/** A mesh with one workload behind three kinds of ports, and random policies of a small vocabulary, so that they meet each other often. */
export interface RandomMesh {
  readonly dataPlane: 'sidecar' | 'ambient';
  readonly policies: readonly Json[];
  readonly config: Json;
  /** Of Istio; empty: not known. */
  readonly version: string;
}

const PORTS = { http: 8080, tcp: 9000, auto: 7000 } as const;

const NAMESPACES = ['app', 'web', 'web-2'];
const ACCOUNTS = ['app', 'web', 'w.b'];
const VERSIONS = ['', '', '', '1.21.6', '1.24.9', '1.28.0', '1.30.0'];
const METHODS = ['GET', 'POST', 'get'];
const PATHS = ['/', '/a', '/a/', '/a/b', '/ab', '//a', '/a%2Fb', '/a/../b', '/a?x=1', '/b/c/d', '/a/b/c'];
const HOSTS = ['app', 'app.app', 'APP.app', 'app.app:8080', 'other.example'];
const VALUES = ['v', 'w', 'vw', '', 'v w', 'wv'];
const CIDRS = ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '0.0.0.0/0', '2001:db8::/32', '192.168.0.0/24'];

const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const some = <T>(values: fc.Arbitrary<T>, most = 3): fc.Arbitrary<T[]> =>
  fc.array(values, { minLength: 1, maxLength: most });
/** The word itself, a prefix, a suffix, presence. */
const patternOf = (words: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: pick(words.filter((word) => word !== '')) },
    {
      weight: 2,
      arbitrary: fc.tuple(pick(words), fc.nat(4)).map(([word, cut]) => `${word.slice(0, Math.max(1, cut))}*`),
    },
    { weight: 2, arbitrary: fc.tuple(pick(words), fc.nat(3)).map(([word, cut]) => `*${word.slice(cut)}`) },
    { weight: 1, arbitrary: fc.constant('*') },
  );

const identities = NAMESPACES.flatMap((namespace) =>
  ACCOUNTS.map((account) => `cluster.local/ns/${namespace}/sa/${account}`),
);
const principals = patternOf([...identities, 'td.example/ns/web/sa/web', 'old/ns/web/sa/web', 'cluster.local/ns/web']);
const namespaces = fc.oneof(patternOf(NAMESPACES), pick(['w*b', '*e*', 'web*2']));
const paths = fc.oneof(
  patternOf(PATHS),
  pick(['/{*}', '/a/{*}', '/{*}/b', '/a/{**}', '/{**}', '/a/{*}/c', '/{*}/{**}']),
);
const requestPrincipals = pick([
  '*',
  'iss-1/*',
  '*/sub-1',
  'iss-1/sub-1',
  'iss-2/s*',
  'iss*',
  '*-1',
  'iss-1',
  'iss-1/',
]);

const optional = <T>(value: fc.Arbitrary<T>, weight = 4): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: weight });

const withoutUndefined = (object: Json): Json =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

function lists(fields: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<Json> {
  const entries = Object.entries(fields).flatMap(([name, values]) => [
    [name, optional(some(values), 2)] as const,
    [`not${name.charAt(0).toUpperCase()}${name.slice(1)}`, optional(some(values, 2), 1)] as const,
  ]);
  // Most of them absent: a rule of twelve conditions matches nothing.
  return fc.tuple(fc.record(Object.fromEntries(entries)), fc.infiniteStream(fc.nat(5))).map(([record, stream]) => {
    const kept = Object.entries(record).filter(([, value]) => value !== undefined && stream.next().value === 0);
    return kept.length > 0 ? Object.fromEntries(kept) : withoutUndefined({ ...firstOf(record) });
  });
}

function firstOf(record: Json): Json {
  const [first] = Object.entries(record).filter(([, value]) => value !== undefined);
  return first ? { [first[0]]: first[1] } : {};
}

const source = lists({
  principals,
  namespaces,
  serviceAccounts: pick(['web', 'web/web', 'app/app', 'web-2/web', 'web/w.b']),
  trustDomains: pick(['cluster.local', 'td.example', 'td.*', '*']),
  ipBlocks: pick(CIDRS),
  remoteIpBlocks: pick(CIDRS),
  requestPrincipals,
});
const operation = lists({
  methods: patternOf(METHODS),
  paths,
  hosts: patternOf(HOSTS),
  ports: pick(['8080', '9000', '7000', '1234']),
});
const condition = fc
  .tuple(
    fc.oneof(
      fc.tuple(
        pick([
          'request.headers[x-a]',
          'request.headers[X-B]',
          'request.headers[:path]',
          'request.headers[host]',
          'request.headers[authorization]',
          'request.headers[x-jwt]',
          'request.headers[cookie]',
        ]),
        patternOf([...VALUES, 'Bearer token', 'JWT token', 'c=token', '/a']),
      ),
      fc.tuple(
        pick([
          'request.auth.claims[groups]',
          'request.auth.claims[scope]',
          'request.auth.claims[a][b]',
          'request.auth.claims[a]',
          'request.auth.claims[iss]',
          'request.auth.audiences',
          'request.auth.presenter',
        ]),
        patternOf([...VALUES, 'iss-1']),
      ),
      fc.tuple(fc.constant('request.auth.principal'), requestPrincipals),
      fc.tuple(pick(['source.ip', 'remote.ip', 'destination.ip']), pick(CIDRS)),
      fc.tuple(fc.constant('source.namespace'), namespaces),
      fc.tuple(fc.constant('source.principal'), principals),
      fc.tuple(fc.constant('destination.port'), pick(['8080', '9000', '7000'])),
      fc.tuple(fc.constant('connection.sni'), patternOf(['app.example', 'other.example'])),
    ),
    fc.boolean(),
    fc.nat(2),
  )
  .map(([[key, value], negated, more]) => {
    const values = more === 0 && !value.includes('*') ? [value, `${value}*`] : [value];
    const plain = /ip$|port$/.test(key) ? [value] : values;
    return { key, [negated ? 'notValues' : 'values']: plain };
  });

const rule = fc
  .record({
    from: optional(
      some(
        source.map((entry) => ({ source: entry })),
        2,
      ),
    ),
    to: optional(
      some(
        operation.map((entry) => ({ operation: entry })),
        2,
      ),
    ),
    when: optional(some(condition, 2), 2),
  })
  .map(withoutUndefined);

const metadata = (namespace: string, i: number): Json => ({ name: `p${i}`, namespace });

export const authorization = fc.record({
  action: pick(['ALLOW', 'ALLOW', 'DENY', 'DENY', 'AUDIT', 'CUSTOM']),
  provider: pick(['ext', 'ext', 'missing']),
  rules: fc.array(rule, { minLength: 0, maxLength: 3 }),
  namespace: pick(['app', 'app', 'app', 'istio-system']),
});

export const jwtRule = fc
  .record({
    issuer: pick(['iss-1', 'iss-2']),
    audiences: optional(some(pick(['v', 'w']), 2), 1),
    forwardOriginalToken: optional(fc.boolean(), 2),
    from: optional(
      pick<Json>([
        { fromHeaders: [{ name: 'X-JWT' }] },
        {
          fromHeaders: [
            { name: 'x-jwt', prefix: 'JWT ' },
            { name: 'authorization', prefix: 'Bearer ' },
          ],
        },
        { fromParams: ['t'] },
        { fromCookies: ['c'], fromParams: ['access_token'] },
      ]),
      1,
    ),
  })
  .map(({ from, ...rest }) => withoutUndefined({ ...rest, ...from }));

/** What an EnvoyFilter takes away from the sidecar, for certain or perhaps. Tokens have no value on an axis if they may and may not be read. */
const removal = fc
  .record({
    filter: pick(['http.rbac', 'network.rbac', 'http.jwt_authn', 'http.ext_authz', 'transport_socket']),
    port: optional(pick([8080, 9000, 7000]), 1),
    isCertain: fc.boolean(),
  })
  .map(
    ({ filter, port, isCertain }): Removal => ({ filter, port, isCertain: isCertain || filter === 'http.jwt_authn' }),
  );

const MODES = ['STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET'];
const peerAuthentication = fc.record({
  namespace: pick(['app', 'istio-system']),
  mode: pick(MODES),
  port: optional(fc.tuple(pick([8080, 9000, 7000]), pick(MODES)), 2),
});

export const randomMesh: fc.Arbitrary<RandomMesh> = fc
  .record({
    dataPlane: pick(['sidecar', 'sidecar', 'ambient'] as const),
    authorizations: fc.array(authorization, { minLength: 1, maxLength: 4 }),
    jwtRules: fc.array(jwtRule, { maxLength: 3 }),
    peers: fc.array(peerAuthentication, { maxLength: 2 }),
    normalization: pick(['BASE', 'NONE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES']),
    trustDomain: pick(['cluster.local', 'cluster.local', 'td.example']),
    aliases: fc.array(pick(['old', 'td.other']), { maxLength: 1 }),
    version: pick(VERSIONS),
    removals: fc.oneof(
      { weight: 3, arbitrary: fc.constant<Removal[]>([]) },
      { weight: 1, arbitrary: fc.array(removal, { minLength: 1, maxLength: 2 }) },
    ),
  })
  .map(({ dataPlane, authorizations, jwtRules, peers, normalization, trustDomain, aliases, version, removals }) => ({
    dataPlane,
    version,
    policies: [
      ...authorizations.map(({ action, provider, rules, namespace }, i) => ({
        apiVersion: 'security.istio.io/v1',
        kind: 'AuthorizationPolicy',
        metadata: metadata(namespace, i),
        spec: {
          action,
          ...(rules.length > 0 || action === 'ALLOW' ? { rules } : { rules: [{}] }),
          ...(action === 'CUSTOM' ? { provider: { name: provider } } : {}),
        },
      })),
      ...(jwtRules.length > 0
        ? [
            {
              apiVersion: 'security.istio.io/v1',
              kind: 'RequestAuthentication',
              metadata: metadata('app', 0),
              spec: { jwtRules },
            },
          ]
        : []),
      ...removals.map((written, i) => ({
        apiVersion: 'networking.istio.io/v1alpha3',
        kind: 'EnvoyFilter',
        metadata: metadata('app', i),
        spec: { configPatches: [patchOf(written)] },
      })),
      ...peers.map(({ namespace, mode, port }, i) => ({
        apiVersion: 'security.istio.io/v1',
        kind: 'PeerAuthentication',
        metadata: metadata(namespace, i),
        spec: {
          mtls: { mode },
          ...(port && namespace === 'app'
            ? { selector: { matchLabels: { app: 'app' } }, portLevelMtls: { [port[0]]: { mode: port[1] } } }
            : {}),
        },
      })),
    ],
    config: {
      rootNamespace: 'istio-system',
      trustDomain,
      trustDomainAliases: aliases,
      pathNormalization: { normalization },
      extensionProviders: [{ name: 'ext', envoyExtAuthzHttp: { service: 'ext.app.svc.cluster.local', port: 80 } }],
    },
  }));

interface Removal {
  readonly filter: string;
  readonly port?: number | undefined;
  readonly isCertain: boolean;
}

function patchOf({ filter, port, isCertain }: Removal): Json {
  if (filter === 'transport_socket') return plaintextOn(port);
  const name = `envoy.filters.${filter}`;
  const isHttp = filter.startsWith('http.');
  const matched = isHttp ? { name: 'envoy.filters.network.http_connection_manager', subFilter: { name } } : { name };
  return {
    applyTo: isHttp ? 'HTTP_FILTER' : 'NETWORK_FILTER',
    match: {
      context: 'SIDECAR_INBOUND',
      ...(isCertain ? {} : { proxy: { metadata: { some: 'thing' } } }),
      listener: { ...(port === undefined ? {} : { portNumber: port }), filterChain: { filter: matched } },
    },
    patch: { operation: 'REMOVE' },
  };
}

const plaintextOn = (port: number | undefined): Json => ({
  applyTo: 'FILTER_CHAIN',
  match: { context: 'SIDECAR_INBOUND', ...(port === undefined ? {} : { listener: { portNumber: port } }) },
  patch: { operation: 'MERGE', value: { transport_socket: { name: 'envoy.transport_sockets.raw_buffer' } } },
});

/** The mesh as the engine sees it. */
export function loadRandom({ dataPlane, policies, config, version }: RandomMesh): {
  readonly enforcement: Enforcement;
  readonly workload: Workload;
} {
  const labels: Json =
    dataPlane === 'ambient' ? { 'istio.io/dataplane-mode': 'ambient' } : { 'istio-injection': 'enabled' };
  const annotations: Json =
    dataPlane === 'ambient' ? { 'ambient.istio.io/redirection': 'enabled' } : { 'sidecar.istio.io/status': '{}' };
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'app', labels } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio', namespace: 'istio-system' },
      data: { mesh: JSON.stringify(config) },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'app', namespace: 'app', labels: { app: 'app' }, annotations },
      spec: {
        serviceAccountName: 'app',
        containers: [
          { name: 'app', image: 'app:1' },
          ...(dataPlane === 'ambient' ? [] : [{ name: 'istio-proxy', image: 'proxyv2:1' }]),
        ],
      },
      status: { podIP: '10.1.2.3' },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'app', namespace: 'app' },
      spec: {
        selector: { app: 'app' },
        ports: Object.entries(PORTS).map(([name, port]) => ({ name: name === 'auto' ? 'other' : name, port })),
      },
    },
    ...policies,
  ];
  const stated = version === '' ? {} : { istioVersion: version };
  const { mesh } = loadMesh(
    objects.map((value) => inlineObject(value, 'random.yaml', 1)),
    stated,
  );
  const workload = mesh.workloadById.get('app/app' as WorkloadId);
  if (!workload) throw new Error('the random mesh has lost its workload');
  return { enforcement: new Enforcement(mesh), workload };
}
