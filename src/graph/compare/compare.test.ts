import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../../test/judge-fixture.ts';
import {
  type Manifest,
  meshConfig,
  meshText,
  namespace,
  policy,
  selecting,
  workload,
} from '../../../test/small-mesh.ts';
import { portReach } from '../reach/port-reach.ts';
import { waysIn } from '../ways-in.ts';
import { compareMeshes } from './compare.ts';

const MESH: readonly Manifest[] = [
  namespace('shop'),
  namespace('ops', { 'istio-injection': 'enabled', team: 'ops' }),
  ...workload('shop', 'api', { ports: { http: 8080, tcp: 9000 } }),
  ...workload('shop', 'web', { ports: { http: 8080 } }),
  ...workload('ops', 'batch'),
];

type Rule = Manifest;
const principal = (name: string): string => `cluster.local/ns/${name.replace('/', '/sa/')}`;
const from = (...names: string[]): Rule => ({ from: [{ source: { principals: names.map(principal) } }] });
const to = (operation: Manifest): Rule => ({ to: [{ operation }] });
const ap = (name: string, action: string, rules: readonly Rule[], spec: Manifest = selecting('api')): Manifest =>
  policy('AuthorizationPolicy', 'shop', name, { ...spec, action, rules });
const allow = (...rules: Rule[]): Manifest => ap('allow', 'ALLOW', rules);
const deny = (...rules: Rule[]): Manifest => ap('deny', 'DENY', rules);
const pa = (mode: string, spec: Manifest = {}, place = 'shop'): Manifest =>
  policy('PeerAuthentication', place, 'default', { ...spec, mtls: { mode } });
const ra = (spec: Manifest): Manifest =>
  policy('RequestAuthentication', 'shop', 'jwt', { ...selecting('api'), ...spec });
const np = (spec: Manifest): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'np', namespace: 'shop' },
  spec,
});
const STRICT = pa('STRICT');
const RAW: Manifest = {
  apiVersion: 'networking.istio.io/v1alpha3',
  kind: 'EnvoyFilter',
  metadata: { name: 'raw', namespace: 'shop' },
  spec: {
    configPatches: [
      {
        applyTo: 'FILTER_CHAIN',
        match: { context: 'SIDECAR_INBOUND' },
        patch: { operation: 'MERGE', value: { transport_socket: { name: 'envoy.transport_sockets.raw_buffer' } } },
      },
    ],
  },
};
const LOGIN = ra({ jwtRules: [{ issuer: 'https://a' }] });
const app = (name: string): Manifest => ({ podSelector: { matchLabels: { app: name } } });
const GET_A = to({ methods: ['GET'], paths: ['/a'] });
const both = (rule: Rule, more: Rule): Rule => ({ ...rule, ...more });

/** What a change does, seen from the reader: `same` means that not one request changes its verdict. */
const PAIRS: readonly (readonly [
  string,
  readonly Manifest[],
  readonly Manifest[],
  'same' | 'opens' | 'closes' | 'both',
])[] = [
  ['nothing at all', [allow(GET_A)], [allow(GET_A)], 'same'],
  ['an EnvoyFilter that may take mutual TLS away', [STRICT], [STRICT, RAW], 'both'],
  ['the same, where plaintext passes as it is and handshakes may end', [allow(GET_A)], [allow(GET_A), RAW], 'closes'],
  ['a policy gets another name', [allow(GET_A)], [ap('other', 'ALLOW', [GET_A])], 'same'],
  ['rules change places', [allow(GET_A, from('shop/web'))], [allow(from('shop/web'), GET_A)], 'same'],
  ['policies change places', [allow(GET_A), deny(from('ops/batch'))], [deny(from('ops/batch')), allow(GET_A)], 'same'],
  [
    'a rule is split in two policies',
    [allow(GET_A, from('shop/web'))],
    [allow(GET_A), ap('more', 'ALLOW', [from('shop/web')])],
    'same',
  ],
  [
    'two values become two rules',
    [allow(to({ paths: ['/a', '/b'] }))],
    [allow(to({ paths: ['/a'] }), to({ paths: ['/b'] }))],
    'same',
  ],
  [
    'two values become two operations',
    [allow(to({ methods: ['GET', 'POST'] }))],
    [allow({ to: [{ operation: { methods: ['GET'] } }, { operation: { methods: ['POST'] } }] })],
    'same',
  ],
  ['a value repeated', [allow(to({ paths: ['/a'] }))], [allow(to({ paths: ['/a', '/a'] }))], 'same'],
  ['a value inside another', [allow(to({ paths: ['/a*'] }))], [allow(to({ paths: ['/a*', '/a/b', '/ab*'] }))], 'same'],
  [
    'a rule inside another',
    [allow(to({ paths: ['/a*'] }))],
    [allow(to({ paths: ['/a*'] }), both(from('shop/web'), to({ paths: ['/a/b'] })))],
    'same',
  ],
  ['hosts in other case', [allow(to({ hosts: ['api.shop'] }))], [allow(to({ hosts: ['API.shop'] }))], 'same'],
  [
    'the default action written out',
    [policy('AuthorizationPolicy', 'shop', 'allow', { ...selecting('api'), rules: [GET_A] })],
    [allow(GET_A)],
    'same',
  ],
  [
    'a condition written as `from`',
    [allow({ when: [{ key: 'source.namespace', values: ['shop'] }] })],
    [allow({ from: [{ source: { namespaces: ['shop'] } }] })],
    'same',
  ],
  [
    'a port written as a condition',
    [allow(to({ ports: ['8080'] }))],
    [allow({ when: [{ key: 'destination.port', values: ['8080'] }] })],
    'same',
  ],
  [
    'an account instead of its principal, in one trust domain',
    [STRICT, allow(from('shop/web'))],
    [STRICT, allow({ from: [{ source: { serviceAccounts: ['shop/web'] } }] })],
    'same',
  ],
  [
    'a DENY of what nobody allows',
    [allow(GET_A)],
    [allow(GET_A), deny(to({ paths: ['/b'], ports: ['8080'] }))],
    'same',
  ],
  [
    'a second DENY of the same',
    [deny(from('ops/batch'))],
    [deny(from('ops/batch')), ap('again', 'DENY', [from('ops/batch')])],
    'same',
  ],
  [
    'a narrower DENY beside a wider one',
    [deny(to({ paths: ['/admin*'], ports: ['8080'] }))],
    [deny(to({ paths: ['/admin*'], ports: ['8080'] }), to({ paths: ['/admin/x'], ports: ['8080'] }))],
    'same',
  ],
  ['AUDIT decides nothing', [allow(GET_A)], [allow(GET_A), ap('audit', 'AUDIT', [{}])], 'same'],
  [
    'a dry run decides nothing',
    [allow(GET_A)],
    [
      allow(GET_A),
      policy(
        'AuthorizationPolicy',
        'shop',
        'dry',
        { ...selecting('api'), action: 'DENY', rules: [{}] },
        { annotations: { 'istio.io/dry-run': 'true' } },
      ),
    ],
    'same',
  ],
  [
    'a policy for pods that are not there',
    [allow(GET_A)],
    [allow(GET_A), ap('gone', 'ALLOW', [{}], selecting('gone'))],
    'same',
  ],
  [
    'STRICT for the mesh and for the namespace',
    [STRICT, pa('STRICT', {}, 'istio-system')],
    [pa('STRICT', {}, 'istio-system')],
    'same',
  ],
  ['PERMISSIVE written out', [], [pa('PERMISSIVE')], 'same'],
  ['a path template that says the same', [allow(to({ paths: ['/a/*'] }))], [allow(to({ paths: ['/a/{**}'] }))], 'same'],
  [
    'DENY of all but some is ALLOW of some',
    [STRICT, allow(from('shop/web'))],
    [STRICT, ap('deny', 'DENY', [{ from: [{ source: { notPrincipals: [principal('shop/web')] } }] }])],
    'same',
  ],
  [
    'requestPrincipals `*` or DENY without',
    [LOGIN, allow(both({ from: [{ source: { requestPrincipals: ['*'] } }] }, to({ ports: ['8080'] })))],
    [
      LOGIN,
      allow(to({ ports: ['8080'] })),
      deny(both({ from: [{ source: { notRequestPrincipals: ['*'] } }] }, to({ ports: ['8080'] }))),
    ],
    'same',
  ],
  ['a NetworkPolicy that lets all in', [], [np({ podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] })], 'same'],
  [
    'policyTypes written out',
    [np({ podSelector: {}, ingress: [{ from: [app('web')] }] })],
    [np({ podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [app('web')] }] })],
    'same',
  ],
  ['another rule allows more', [allow(GET_A)], [allow(GET_A, to({ paths: ['/b'] }))], 'opens'],
  ['a wider path', [allow(to({ paths: ['/a'] }))], [allow(to({ paths: ['/a*'] }))], 'opens'],
  ['a trailing slash more', [allow(to({ paths: ['/a'] }))], [allow(to({ paths: ['/a', '/a/'] }))], 'opens'],
  ['another caller', [STRICT, allow(from('shop/web'))], [STRICT, allow(from('shop/web', 'ops/batch'))], 'opens'],
  ['the only ALLOW is gone', [allow(GET_A)], [], 'opens'],
  ['a DENY is gone', [deny(to({ paths: ['/admin'], ports: ['8080'] }))], [], 'opens'],
  [
    'a DENY with an exception',
    [deny(to({ paths: ['/admin*'], ports: ['8080'] }))],
    [deny(to({ paths: ['/admin*'], notPaths: ['/admin/ok'], ports: ['8080'] }))],
    'opens',
  ],
  ['STRICT is gone', [STRICT], [], 'opens'],
  [
    'one port PERMISSIVE',
    [STRICT],
    [
      STRICT,
      policy('PeerAuthentication', 'shop', 'port', {
        ...selecting('api'),
        mtls: { mode: 'STRICT' },
        portLevelMtls: { 8080: { mode: 'PERMISSIVE' } },
      }),
    ],
    'opens',
  ],
  [
    'an enforced policy becomes a dry run',
    [allow(GET_A)],
    [
      policy(
        'AuthorizationPolicy',
        'shop',
        'allow',
        { ...selecting('api'), rules: [GET_A] },
        { annotations: { 'istio.io/dry-run': 'true' } },
      ),
    ],
    'opens',
  ],
  ['the selector no longer fits', [allow(GET_A)], [ap('allow', 'ALLOW', [GET_A], selecting('app'))], 'opens'],
  [
    'another issuer is accepted',
    [LOGIN, allow({ from: [{ source: { requestPrincipals: ['*'] } }] })],
    [
      ra({ jwtRules: [{ issuer: 'https://a' }, { issuer: 'https://b' }] }),
      allow({ from: [{ source: { requestPrincipals: ['*'] } }] }),
    ],
    'opens',
  ],
  [
    'a header instead of none',
    [allow({ when: [{ key: 'request.headers[x-a]', values: ['v'] }] })],
    [allow({ when: [{ key: 'request.headers[x-a]', values: ['v', 'w'] }] })],
    'opens',
  ],
  ['the NetworkPolicy is gone', [np({ podSelector: {}, ingress: [], policyTypes: ['Ingress'] })], [], 'opens'],
  [
    'the NetworkPolicy takes another pod',
    [np({ podSelector: { matchLabels: { app: 'api' } }, ingress: [{ from: [app('web')] }] })],
    [
      np({
        podSelector: { matchLabels: { app: 'api' } },
        ingress: [{ from: [app('web')] }, { from: [{ namespaceSelector: { matchLabels: { team: 'ops' } } }] }],
      }),
    ],
    'opens',
  ],
  ['a trust domain alias', [STRICT, meshConfig({})], [STRICT, meshConfig({ trustDomainAliases: ['old'] })], 'opens'],
  ['a first ALLOW', [], [allow(GET_A)], 'closes'],
  ['a DENY more', [allow(GET_A)], [allow(GET_A), deny(to({ methods: ['GET'], ports: ['8080'] }))], 'closes'],
  ['STRICT', [], [STRICT], 'closes'],
  ['a caller less', [STRICT, allow(from('shop/web', 'ops/batch'))], [STRICT, allow(from('shop/web'))], 'closes'],
  ['a NetworkPolicy', [], [np({ podSelector: {}, policyTypes: ['Ingress'] })], 'closes'],
  [
    'an HTTP condition closes the TCP port too',
    [deny(both(from('ops/batch'), to({ ports: ['8080'] })))],
    [deny(both(from('ops/batch'), to({ methods: ['GET', 'POST'] })))],
    'both',
  ],
  ['one path for another', [allow(to({ paths: ['/a'] }))], [allow(to({ paths: ['/b'] }))], 'both'],
  ['one caller for another', [STRICT, allow(from('shop/web'))], [STRICT, allow(from('ops/batch'))], 'both'],
];

const vs = (name: string, http: readonly Manifest[], spec: Manifest = {}): Manifest => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name, namespace: 'shop' },
  spec: { hosts: ['shop.example.com'], gateways: ['edge/public'], http, ...spec },
});
const toApi = (match?: readonly Manifest[], more: Manifest = {}): Manifest => ({
  ...(match ? { match } : {}),
  route: [{ destination: { host: 'api', port: { number: 80 } } }],
  ...more,
});
const uri = (kind: 'exact' | 'prefix', value: string): Manifest => ({ uri: { [kind]: value } });
const atEdge = (action: string, ...rules: Rule[]): Manifest =>
  policy('AuthorizationPolicy', 'edge', `edge-${action.toLowerCase()}`, { action, rules });
/** A gateway behind a load balancer, routes of `shop.example.com` to `shop/api`, and its sidecar open. */
const EDGE: readonly Manifest[] = [
  namespace('edge', {}),
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'gateway', namespace: 'edge' },
    spec: {
      selector: { matchLabels: { istio: 'ingressgateway' } },
      template: {
        metadata: {
          labels: { istio: 'ingressgateway', 'sidecar.istio.io/inject': 'true' },
          annotations: { 'inject.istio.io/templates': 'gateway' },
        },
        spec: { serviceAccountName: 'gateway', containers: [{ name: 'istio-proxy', image: 'auto' }] },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'gateway', namespace: 'edge' },
    spec: {
      type: 'LoadBalancer',
      selector: { istio: 'ingressgateway' },
      ports: [{ name: 'http', port: 80, targetPort: 8080 }],
    },
  },
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'public', namespace: 'edge' },
    spec: {
      selector: { istio: 'ingressgateway' },
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
    },
  },
];
/** What only the gateway gets to send, so that what changes behind it changes for the internet alone. */
const FROM_GATEWAY = { from: [{ source: { principals: ['cluster.local/ns/edge/sa/gateway'] } }] };

/** Pods behind ztunnel; the service of one of them has a waypoint. */
const AMBIENT: readonly Manifest[] = [
  namespace('mesh', { 'istio.io/dataplane-mode': 'ambient' }),
  ...workload('mesh', 'db', { ports: { tcp: 5432, http: 8080 } }),
  ...workload('mesh', 'front'),
  ...workload('mesh', 'web', { ports: { http: 8080 } }).map((each) =>
    each.kind === 'Service'
      ? {
          ...each,
          metadata: { name: 'web', namespace: 'mesh', labels: { 'istio.io/use-waypoint': 'wp' } },
        }
      : each,
  ),
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'wp', namespace: 'mesh', labels: { 'istio.io/waypoint-for': 'service' } },
    spec: {
      gatewayClassName: 'istio-waypoint',
      listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }],
    },
  },
];
const inMesh = (name: string, action: string, rules: readonly Rule[], spec: Manifest): Manifest =>
  policy('AuthorizationPolicy', 'mesh', name, { ...spec, action, rules });
const atL4 = (...rules: Rule[]): Manifest => inMesh('l4', 'ALLOW', rules, selecting('db'));
const WAYPOINT = { targetRefs: [{ kind: 'Service', group: '', name: 'web' }] };
const atWaypoint = (...rules: Rule[]): Manifest => inMesh('l7', 'ALLOW', rules, WAYPOINT);
/** Past the waypoint nobody gets to the pod. */
const BEHIND = inMesh(
  'behind',
  'ALLOW',
  [{ from: [{ source: { principals: ['cluster.local/ns/mesh/sa/wp'] } }] }],
  selecting('web'),
);
const claim = (...values: string[]): Rule => ({ when: [{ key: 'request.auth.claims[team]', values }] });
const withHeader = (...values: string[]): Rule => ({ when: [{ key: 'request.headers[x-team]', values }] });
const blocks = (...ipBlocks: string[]): Rule => ({ from: [{ source: { ipBlocks } }] });
const remote = (...remoteIpBlocks: string[]): Rule => ({ from: [{ source: { remoteIpBlocks } }] });
const spaces = (...namespaces: string[]): Rule => ({ from: [{ source: { namespaces } }] });
const http = (...rules: Rule[]): Rule[] => rules.map((rule) => both(rule, rule.to ? {} : to({ ports: ['8080'] })));
const route = (...http: Manifest[]): readonly Manifest[] => [allow(FROM_GATEWAY), vs('shop', http)];

/** Wider and narrower behind doors that are open before and after. */
const WIDER: readonly (readonly [string, readonly Manifest[], readonly Manifest[]])[] = [
  ['sidecar: a path', [allow(to({ paths: ['/a*', '/c'] }))], [allow(to({ paths: ['/a*', '/c', '/zebra/7'] }))]],
  ['sidecar: a method', [allow(to({ methods: ['GET'] }))], [allow(to({ methods: ['GET', 'REPORT'] }))]],
  ['sidecar: a host', [allow(to({ hosts: ['api.shop'] }))], [allow(to({ hosts: ['api.shop', 'old.example'] }))]],
  [
    'sidecar: a value of a header',
    http(withHeader('a')).map((rule) => allow(rule)),
    [allow(...http(withHeader('a', 'b*')))],
  ],
  ['sidecar: a value of a claim', [LOGIN, allow(...http(claim('a')))], [LOGIN, allow(...http(claim('a', 'b')))]],
  [
    'sidecar: an issuer in front of another, and what it renumbers',
    [
      ra({ jwtRules: [{ issuer: 'https://b' }] }),
      allow(...http({ from: [{ source: { requestPrincipals: ['https://b/*'] } }] })),
    ],
    [
      ra({ jwtRules: [{ issuer: 'https://a' }, { issuer: 'https://b' }] }),
      allow(...http({ from: [{ source: { requestPrincipals: ['https://b/*', 'https://a/admin'] } }] })),
    ],
  ],
  ['sidecar: a block of addresses', [allow(blocks('10.0.0.0/8'))], [allow(blocks('10.0.0.0/8', '192.168.7.0/24'))]],
  ['sidecar: a port', [allow(to({ ports: ['8080'] }))], [allow(to({ ports: ['8080', '9000'] }))]],
  ['sidecar: a namespace', [STRICT, allow(spaces('shop'))], [STRICT, allow(spaces('shop', 'ops'))]],
  [
    'sidecar: a principal that nobody has yet',
    [STRICT, allow(from('shop/web'))],
    [STRICT, allow(from('shop/web', 'far/off'))],
  ],
  [
    'sidecar: an exception of a DENY',
    [deny(to({ paths: ['/x*'], ports: ['8080'] }))],
    [deny(to({ paths: ['/x*'], notPaths: ['/x/y/z'], ports: ['8080'] }))],
  ],
  [
    'gateway: a path of a route',
    route(toApi([uri('prefix', '/a/')])),
    route(toApi([uri('prefix', '/a/'), uri('exact', '/zebra')])),
  ],
  ['gateway: a shorter prefix', route(toApi([uri('prefix', '/a/b')])), route(toApi([uri('prefix', '/a/')]))],
  [
    'gateway: a method of a route',
    route(toApi([{ method: { exact: 'GET' } }])),
    route(toApi([{ method: { exact: 'GET' } }, { method: { exact: 'REPORT' } }])),
  ],
  [
    'gateway: a host of a route',
    route(toApi()),
    [allow(FROM_GATEWAY), vs('shop', [toApi()], { hosts: ['shop.example.com', 'old.example.com'] })],
  ],
  [
    'gateway: a header of a route',
    route(toApi([{ headers: { 'x-team': { exact: 'a' } } }])),
    route(toApi([{ headers: { 'x-team': { exact: 'a' } } }, { headers: { 'x-team': { exact: 'b' } } }])),
  ],
  [
    'gateway: a path of its own policy',
    [...route(toApi()), atEdge('ALLOW', to({ paths: ['/a*'] }))],
    [...route(toApi()), atEdge('ALLOW', to({ paths: ['/a*', '/zebra'] }))],
  ],
  [
    'gateway: a block of client addresses',
    [...route(toApi()), atEdge('ALLOW', remote('198.51.100.0/24'))],
    [...route(toApi()), atEdge('ALLOW', remote('198.51.100.0/24', '203.0.113.8/32'))],
  ],
  [
    'gateway: what the destination takes behind it',
    [allow(both(FROM_GATEWAY, to({ paths: ['/a*'] }))), vs('shop', [toApi()])],
    [allow(both(FROM_GATEWAY, to({ paths: ['/a*', '/zebra'] }))), vs('shop', [toApi()])],
  ],
  [
    'gateway: a rewrite that gets around a DENY',
    [allow(FROM_GATEWAY), deny(both(FROM_GATEWAY, to({ paths: ['/admin*'] }))), vs('shop', [toApi()])],
    [
      allow(FROM_GATEWAY),
      deny(both(FROM_GATEWAY, to({ paths: ['/admin*'] }))),
      vs('shop', [toApi([uri('prefix', '/admin')], { rewrite: { uri: '/console' } }), toApi()]),
    ],
  ],
  ['ztunnel: a port', [atL4(to({ ports: ['5432'] }))], [atL4(to({ ports: ['5432', '8080'] }))]],
  ['ztunnel: a namespace', [atL4(spaces('shop'))], [atL4(spaces('shop', 'ops'))]],
  ['ztunnel: a principal', [atL4(from('mesh/front'))], [atL4(from('mesh/front', 'far/off'))]],
  ['ztunnel: a block of addresses', [atL4(blocks('10.0.0.0/8'))], [atL4(blocks('10.0.0.0/8', '192.168.7.0/24'))]],
  [
    'waypoint: a path',
    [BEHIND, atWaypoint(to({ paths: ['/a*'] }))],
    [BEHIND, atWaypoint(to({ paths: ['/a*', '/zebra'] }))],
  ],
  [
    'waypoint: a method',
    [BEHIND, atWaypoint(to({ methods: ['GET'] }))],
    [BEHIND, atWaypoint(to({ methods: ['GET', 'REPORT'] }))],
  ],
  ['waypoint: a header', [BEHIND, atWaypoint(withHeader('a'))], [BEHIND, atWaypoint(withHeader('a', 'b'))]],
  [
    'waypoint: a principal',
    [BEHIND, atWaypoint(from('mesh/front'))],
    [BEHIND, atWaypoint(from('mesh/front', 'far/off'))],
  ],
];

/** Rewrites that mean the same behind doors that are open before and after. */
const ALIKE: readonly (readonly [string, readonly Manifest[], readonly Manifest[]])[] = [
  [
    'gateway: a route split in two',
    route(toApi([uri('prefix', '/a'), uri('prefix', '/b')])),
    route(toApi([uri('prefix', '/a')]), toApi([uri('prefix', '/b')])),
  ],
  [
    'gateway: a route split over two VirtualServices',
    route(toApi([uri('prefix', '/a/'), uri('prefix', '/b/')])),
    [allow(FROM_GATEWAY), vs('one', [toApi([uri('prefix', '/a/')])]), vs('two', [toApi([uri('prefix', '/b/')])])],
  ],
  [
    'gateway: a prefix that contains another',
    route(toApi([uri('prefix', '/a')])),
    route(toApi([uri('prefix', '/a'), uri('prefix', '/a/b')])),
  ],
  [
    'gateway: routes in another order',
    route(toApi([uri('prefix', '/a')]), toApi([uri('exact', '/b')])),
    route(toApi([uri('exact', '/b')]), toApi([uri('prefix', '/a')])),
  ],
  [
    'gateway: a DENY at the gateway of what no route takes',
    route(toApi([uri('prefix', '/a/')])),
    [...route(toApi([uri('prefix', '/a/')])), atEdge('DENY', to({ paths: ['/b'] }))],
  ],
  [
    'gateway: a DENY behind it moves in front of it',
    [allow(FROM_GATEWAY), deny(both(FROM_GATEWAY, to({ paths: ['/admin*'], ports: ['8080'] }))), vs('shop', [toApi()])],
    [
      allow(FROM_GATEWAY),
      deny(both(FROM_GATEWAY, to({ paths: ['/admin*'], ports: ['8080'] }))),
      vs('shop', [toApi()]),
      atEdge('DENY', to({ paths: ['/admin*'] })),
    ],
  ],
  [
    'gateway: rules of its policy merged',
    [...route(toApi()), atEdge('ALLOW', to({ paths: ['/a'] }), to({ paths: ['/b'] }))],
    [...route(toApi()), atEdge('ALLOW', to({ paths: ['/b', '/a'] }))],
  ],
  [
    'issuers in other policies and another order',
    [
      ra({ jwtRules: [{ issuer: 'https://a' }, { issuer: 'https://b', audiences: ['x'] }] }),
      allow(...http({ from: [{ source: { requestPrincipals: ['https://b/*'] } }] })),
    ],
    [
      policy('RequestAuthentication', 'shop', 'later', {
        ...selecting('api'),
        jwtRules: [{ issuer: 'https://b', audiences: ['x'] }],
      }),
      policy('RequestAuthentication', 'shop', 'sooner', { ...selecting('api'), jwtRules: [{ issuer: 'https://a' }] }),
      allow(...http({ from: [{ source: { requestPrincipals: ['https://b/*'] } }] })),
    ],
  ],
  ['ztunnel: rules merged', [atL4(from('mesh/front'), from('shop/web'))], [atL4(from('shop/web', 'mesh/front'))]],
  [
    'ztunnel: a redundant DENY',
    [atL4(from('mesh/front'))],
    [atL4(from('mesh/front')), inMesh('no', 'DENY', [spaces('ops')], selecting('db'))],
  ],
  [
    'waypoint: rules split',
    [BEHIND, atWaypoint(to({ paths: ['/a', '/b'] }))],
    [BEHIND, atWaypoint(to({ paths: ['/a'] }), to({ paths: ['/b'] }))],
  ],
  [
    'waypoint: a prefix that contains another',
    [BEHIND, atWaypoint(to({ paths: ['/a*'] }))],
    [BEHIND, atWaypoint(to({ paths: ['/a*', '/a/b*'] }))],
  ],
  [
    'a policy moves from the workloads to their namespace',
    [ap('api', 'ALLOW', [GET_A]), ap('web', 'ALLOW', [GET_A], selecting('web'))],
    [ap('all', 'ALLOW', [GET_A], {})],
  ],
];

describe('behind doors that are open already', () => {
  const mesh = [...MESH, ...EDGE, ...AMBIENT];
  const factsOf = (policies: readonly Manifest[]) => factsOfText(meshText([...mesh, ...policies]), 'mesh.yaml');
  const told = (list: readonly { readonly who: object; readonly witness: object; readonly port: number }[]) =>
    JSON.stringify(
      list.map(({ port, who, witness, ...rest }) => ({
        port,
        who: 'gateway' in who ? 'gateway' : who,
        witness,
        was: 'was' in rest ? rest.was : undefined,
      })),
    ).slice(0, 1200);

  it.each(WIDER)('%s is a door that is open before', (name, narrow, wide) => {
    const { enforcement } = factsOf(narrow);
    const found = compareMeshes(factsOf(narrow), factsOf(wide)).opened;
    const throughGateway = name.startsWith('gateway');
    const opened = found.find(({ who }) => !throughGateway || ('gateway' in who && who.gateway?.id === 'edge/gateway'));
    const old = opened && enforcement.mesh.workloadById.get(opened.workload.id);
    if (!opened || !old) throw new Error('nothing opens');
    if (name.startsWith('waypoint')) expect(opened).toMatchObject({ witness: { to: { service: 'mesh/web' } } });
    // A port more is another door of the same house.
    const ports = old.ports.filter(({ port }) => port === opened.port || / port$/.test(name));
    const doors = ports.map((port) =>
      throughGateway
        ? waysIn(enforcement, old, port.port).some(({ solver, passes }) => !solver.isEmpty(passes))
        : portReach(enforcement, old, port).length > 0,
    );
    expect(doors).toContain(true);
  });

  it.each(WIDER)('%s more opens, and one less closes', (_name, narrow, wide) => {
    const { opened, closed } = compareMeshes(factsOf(narrow), factsOf(wide));
    expect(opened.length, told(opened)).toBeGreaterThan(0);
    expect(closed.length, told(closed)).toBe(0);
    const back = compareMeshes(factsOf(wide), factsOf(narrow));
    expect(back.closed.length, told(back.closed)).toBe(opened.length);
    expect(back.opened.length, told(back.opened)).toBe(0);
  });

  it.each(ALIKE)('%s makes no difference', (_name, base, head) => {
    const { opened, closed } = compareMeshes(factsOf(base), factsOf(head));
    expect(opened.length + closed.length, told([...opened, ...closed])).toBe(0);
  });
});

const paths = (normalization: string): Manifest => meshConfig({ pathNormalization: { normalization } });

describe('what other objects than policies change', () => {
  const edgeOf = (type: string): readonly Manifest[] =>
    EDGE.map((each) => (each.kind === 'Service' ? { ...each, spec: { ...(each.spec as Manifest), type } } : each));
  const factsOf = (objects: readonly Manifest[]) => factsOfText(meshText([...MESH, ...objects]), 'mesh.yaml');

  it('finds a path that a proxy no longer takes for a forbidden one', () => {
    const guard = deny(to({ paths: ['/admin/x'], ports: ['8080'] }));
    const { opened, closed } = compareMeshes(
      factsOf([guard, paths('DECODE_AND_MERGE_SLASHES')]),
      factsOf([guard, paths('BASE')]),
    );
    expect(opened.length).toBeGreaterThan(0);
    expect(closed).toEqual([]);
  });

  it('finds a gateway that the internet newly gets to, whose routes are as they were', () => {
    const routes = route(toApi());
    const { opened, closed } = compareMeshes(
      factsOf([...edgeOf('ClusterIP'), ...routes]),
      factsOf([...edgeOf('LoadBalancer'), ...routes]),
    );
    expect(opened.map(({ workload: { id }, who }) => [id, who.kind])).toContainEqual(['shop/api', 'internet']);
    expect(closed).toEqual([]);
  });

  it('finds what a gateway that only the cluster gets to lets through', () => {
    const { opened } = compareMeshes(
      factsOf([...edgeOf('ClusterIP'), ...route(toApi([uri('prefix', '/a/')]))]),
      factsOf([...edgeOf('ClusterIP'), ...route(toApi([uri('prefix', '/a/'), uri('exact', '/zebra')]))]),
    );
    expect(opened).toMatchObject([
      {
        workload: { id: 'shop/api' },
        who: { kind: 'anyone', gateway: { id: 'edge/gateway' } },
        witness: { http: { path: '/zebra' } },
      },
    ]);
  });

  it('does not take a route of another name for an opening', () => {
    const named = (name: string) => [...EDGE, allow(FROM_GATEWAY), vs(name, [toApi([uri('prefix', '/a')])])];
    expect(compareMeshes(factsOf(named('one')), factsOf(named('other')))).toMatchObject({ opened: [], closed: [] });
  });
});

describe('compareMeshes', () => {
  const factsOf = (policies: readonly Manifest[]) => factsOfText(meshText([...MESH, ...policies]), 'mesh.yaml');

  it.each(PAIRS)('%s', (_name, base, head, expected) => {
    const { opened, closed } = compareMeshes(factsOf(base), factsOf(head));
    const found = opened.length > 0 ? (closed.length > 0 ? 'both' : 'opens') : closed.length > 0 ? 'closes' : 'same';
    const texts = [...opened, ...closed].map(({ workload: { id }, port, who, witness }) => ({
      id,
      port,
      who,
      witness,
    }));
    expect(found, JSON.stringify(texts).slice(0, 800)).toBe(expected);
  });

  it('holds at least fifty pairs', () => {
    expect(PAIRS.length).toBeGreaterThanOrEqual(50);
  });

  it('tells who may newly call, with a request that was refused', () => {
    const { opened } = compareMeshes(
      factsOf([STRICT, allow(from('shop/web'))]),
      factsOf([STRICT, allow(from('shop/web', 'ops/batch'))]),
    );
    expect(opened.map(({ workload: { id }, port, who }) => ({ id, port, who }))).toEqual([
      { id: 'shop/api', port: 8080, who: { kind: 'identities', identities: [principal('ops/batch')] } },
      { id: 'shop/api', port: 9000, who: { kind: 'identities', identities: [principal('ops/batch')] } },
    ]);
    expect(opened[0]?.was.by).toMatchObject({ kind: 'AuthorizationPolicy', name: 'allow' });
  });

  it('finds what a workload gains with another account', () => {
    const moved = MESH.map((each) =>
      JSON.parse(JSON.stringify(each).replace('"serviceAccountName":"batch"', '"serviceAccountName":"web"')),
    );
    const rules = [STRICT, allow({ from: [{ source: { principals: ['*/sa/web'] } }] })];
    const text = (mesh: readonly Manifest[]) => factsOfText(meshText([...mesh, ...rules]), 'mesh.yaml');
    const { opened } = compareMeshes(text(MESH), text(moved));
    expect(opened.map(({ port, who }) => [port, who.kind === 'workload' && who.workload.id])).toEqual([
      [8080, 'ops/batch'],
      [9000, 'ops/batch'],
    ]);
  });

  it('lists workloads that came and went without calling that an opening', () => {
    const more = factsOfText(meshText([...MESH, ...workload('shop', 'new', { ports: { http: 8080 } })]), 'mesh.yaml');
    const { opened, closed, added, removed } = compareMeshes(factsOf([]), more);
    expect([opened, closed, added.map(({ id }) => id), removed]).toEqual([[], [], ['shop/new'], []]);
  });
});
