import { describe, expect, it } from 'vitest';
import { OTHER_SERVICE } from '../../../../test/edge-platform.ts';
import { gatewayRoute, managedGateway } from '../../../../test/managed-gateway.ts';
import { meshOf } from '../../../../test/mesh-of.ts';
import { objectOf } from '../../../model/by.ts';
import { Enforcement } from '../../enforcement.ts';
import { decideAtGateway } from '../decide-at-gateway.ts';
import { indexGateways } from '../index-gateways.ts';
import { type InternetRoute, routesOf } from '../routes-of.ts';
import type { GatewayVerdict } from '../gateway-verdict.ts';

function routes(yaml: string): readonly InternetRoute[] {
  const enforcement = new Enforcement(meshOf(yaml).mesh);
  return routesOf(enforcement, indexGateways(enforcement));
}

const short = ({ listener, hosts, match, service, servicePort, tlsMode }: InternetRoute): readonly unknown[] => [
  listener.port,
  hosts.join(),
  match,
  `${service}:${servicePort}`,
  tlsMode,
];

/** What `edge/public` answers at port 80. */
function ask(yaml: string, path = '/'): GatewayVerdict {
  const { mesh, workload } = meshOf(yaml);
  const enforcement = new Enforcement(mesh);
  return decideAtGateway(enforcement, indexGateways(enforcement), {
    client: 'attacker',
    source: { position: { kind: 'internet' }, identity: null },
    destination: { workload: workload('edge/public-istio'), port: 80 },
    transport: 'TCP',
    http: { method: 'GET', path, host: 'shop.example.com', headers: [] },
  });
}

const from = (which: string): string => `allowedRoutes: { namespaces: { from: ${which} } }`;
const HTTP = managedGateway(`[{ name: http, port: 80, protocol: HTTP, ${from('All')} }]`);
const TO_WEB = 'backendRefs: [{ name: web, port: 80 }]';

describe('routes of the Gateway API', () => {
  it('lead from the proxy that istiod deploys to the workloads', () => {
    const [route, ...rest] = routes(
      HTTP + gatewayRoute('HTTPRoute', `hostnames: [Shop.example.com], rules: [{ ${TO_WEB} }]`),
    );
    expect(rest).toEqual([]);
    expect(route && short(route)).toEqual([80, 'shop.example.com', '/*', 'shop/web:80', null]);
    expect(route).toMatchObject({
      gateway: { id: 'edge/public-istio' },
      workloads: [{ workload: { id: 'shop/web' }, port: 9080 }],
      by: { kind: 'HTTPRoute', name: 'web' },
    });
  });

  it('are tried in the order of the most specific match, whatever object it is in', () => {
    const rule = (match: string): string => `{ matches: [${match}], ${TO_WEB} }`;
    const found = routes(
      HTTP +
        gatewayRoute(
          'HTTPRoute',
          `rules: [${rule('{ path: { value: / } }')}, ${rule('{ path: { value: /long/path } }')}]`,
          'a',
        ) +
        gatewayRoute(
          'HTTPRoute',
          `rules: [${rule('{ path: { type: Exact, value: / } }')}, ${rule('{ path: { value: /long }, method: PUT }')}, ${rule('{ path: { value: /long } }')}]`,
          'b',
        ),
    );
    const { chains } = found[0]?.listener ?? {};
    const [chain] = chains?.all ?? [];
    const order = chain?.kind === 'http' ? chain.virtualHosts().all.flatMap((host) => host.routes) : [];
    expect(order.map(({ text, by }) => `${by.name} ${text}`)).toEqual([
      'b /',
      'a /long/path/**',
      'b PUT /long/**',
      'b /long/**',
      'a /*',
    ]);
  });

  it('rewrite the prefix that matched', () => {
    const { mesh } = meshOf(
      HTTP +
        gatewayRoute(
          'HTTPRoute',
          `rules: [{ matches: [{ path: { value: /old } }],
            filters: [{ type: URLRewrite, urlRewrite: { hostname: web.internal, path: { type: ReplacePrefixMatch, replacePrefixMatch: / } } }], ${TO_WEB} }]`,
        ),
    );
    const enforcement = new Enforcement(mesh);
    const index = indexGateways(enforcement);
    const [route] = routesOf(enforcement, index);
    const sent = (path: string): string | undefined => {
      if (!route?.query.http) throw new Error('no route');
      const { backends } = decideAtGateway(enforcement, index, { ...route.query, http: { ...route.query.http, path } });
      return backends[0]?.http && `${backends[0].http.host}${backends[0].http.path}`;
    };
    expect(sent('/old/a')).toBe('web.internal/a');
    expect(sent('/old')).toBe('web.internal/');
    // A prefix of the Gateway API ends where a segment does.
    expect(sent('/older')).toBeUndefined();
  });

  it('call methods of gRPC', () => {
    const rule = (method: string): string => `{ matches: [{ method: ${method} }], ${TO_WEB} }`;
    const found = routes(
      HTTP +
        gatewayRoute(
          'GRPCRoute',
          `rules: [${rule('{ service: shop.Cart, method: Add }')}, ${rule('{ service: shop.Stock }')}]`,
        ),
    );
    expect(found.map(({ match, query }) => [match, query.http?.path])).toEqual([
      ['/shop.Cart/Add', '/shop.Cart/Add'],
      ['/shop.Stock/**', '/shop.Stock'],
    ]);
  });

  it('take TLS by its server name, and TCP as it comes', () => {
    const gateway = managedGateway(
      `[{ name: tls, port: 8443, protocol: TLS, hostname: '*.example.com', tls: { mode: Passthrough }, ${from('All')} },
        { name: tcp, port: 9000, protocol: TCP, ${from('All')} }]`,
    );
    const found = routes(
      gateway +
        gatewayRoute('TLSRoute', `hostnames: [db.example.com], rules: [{ ${TO_WEB} }]`, 'tls') +
        gatewayRoute('TCPRoute', `rules: [{ ${TO_WEB} }]`, 'tcp'),
    );
    expect(found.map(short)).toEqual([
      [8443, 'db.example.com', 'TLS db.example.com', 'shop/web:80', 'PASSTHROUGH'],
      [9000, '*', 'TCP', 'shop/web:80', null],
    ]);
  });

  it('attach only where namespace, kind and section agree', () => {
    const route = gatewayRoute('HTTPRoute', `rules: [{ ${TO_WEB} }]`);
    const listener = (more: string): string => managedGateway(`[{ name: http, port: 80, protocol: HTTP, ${more} }]`);
    expect(routes(listener(from('Same')) + route)).toEqual([]);
    expect(routes(listener(from('All')) + route)).toHaveLength(1);
    expect(
      routes(listener('allowedRoutes: { kinds: [{ kind: GRPCRoute }], namespaces: { from: All } }') + route),
    ).toEqual([]);
    const selector = (team: string): string =>
      `allowedRoutes: { namespaces: { from: Selector, selector: { matchLabels: { team: ${team} } } } }`;
    const namespace = '---\napiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { team: red } }\n';
    expect(routes(listener(selector('red')) + namespace + route)).toHaveLength(1);
    expect(routes(listener(selector('blue')) + namespace + route)).toEqual([]);
    const section = route.replace('namespace: edge', 'namespace: edge, sectionName: other');
    expect(routes(listener(from('All')) + section)).toEqual([]);
  });

  it('lead to other namespaces only by a ReferenceGrant there', () => {
    const route = gatewayRoute(
      'HTTPRoute',
      'rules: [{ backendRefs: [{ name: web, namespace: shop, port: 80 }] }]',
      'far',
      'edge',
    );
    const grant = (name: string): string => `
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: { name: edge, namespace: shop }
spec:
  from: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: edge }]
  to: [{ group: '', kind: Service, name: ${name} }]
`;
    expect(routes(HTTP + route)).toEqual([]);
    expect(routes(HTTP + route + grant('web'))).toHaveLength(1);
    expect(routes(HTTP + route + grant('other'))).toEqual([]);
  });

  it.each([
    ['no backend', '', 'answers 500 itself'],
    ['backends without weight', 'backendRefs: [{ name: web, port: 80, weight: 0 }]', 'answers 500 itself'],
    ['a redirect', 'filters: [{ type: RequestRedirect, requestRedirect: { scheme: https } }]', 'redirects'],
    ['a backend of an unknown kind', 'backendRefs: [{ group: house.example, kind: Bucket, name: web }]', 'not valid'],
    ['a backend that is not granted', 'backendRefs: [{ name: web, namespace: other, port: 80 }]', 'not valid'],
  ])('lead nowhere with %s', (_, rule, reason) => {
    const route = gatewayRoute('HTTPRoute', `rules: [{ ${rule} }]`);
    expect(ask(HTTP + route)).toMatchObject({
      outcome: 'deny',
      reason: expect.stringContaining(reason),
      by: { kind: 'HTTPRoute', name: 'web' },
      backends: [],
    });
  });

  it.each([
    ['backendRef: { name: copies, port: 81 }', ['shop/web:80', 'shop/copies:81']],
    ['backendRef: { name: copies, port: 81 }, percent: 1', ['shop/web:80', 'shop/copies:81']],
    ['backendRef: { name: copies, port: 81 }, percent: 0', ['shop/web:80']],
    [
      'backendRef: { name: copies, port: 81 }, fraction: { numerator: 1, denominator: 1000 }',
      ['shop/web:80', 'shop/copies:81'],
    ],
    ['backendRef: { name: copies, port: 81 }, fraction: { numerator: 0 }', ['shop/web:80']],
    ['backendRef: { name: copies }', ['shop/web:80']],
    ['backendRef: { name: copies, namespace: other, port: 81 }', ['shop/web:80']],
    ['', ['shop/web:80']],
  ])('send copies to a mirror of { %s }', (mirror, expected) => {
    const copies = `
---
apiVersion: v1
kind: Service
metadata: { name: copies, namespace: shop }
spec: { selector: { app: copies }, ports: [{ name: http, port: 81 }] }
`;
    const filters = `filters: [{ type: RequestMirror, requestMirror: { ${mirror} } }]`;
    const { backends } = ask(HTTP + copies + gatewayRoute('HTTPRoute', `rules: [{ ${filters}, ${TO_WEB} }]`));
    expect(backends.map(({ label }) => label)).toEqual(expected);
    expect(backends.map(({ mirrored }) => mirrored)).toEqual(expected.map((_, index) => index > 0));
  });

  it('are left out as a whole where one rule has a filter that Istio does not know', () => {
    const filters = 'filters: [{ type: ExtensionRef, extensionRef: { group: a, kind: B, name: c } }]';
    const rules = (more: string): string =>
      gatewayRoute('HTTPRoute', `rules: [{ ${TO_WEB} }, { matches: [{ path: { value: /a } }], ${more} ${TO_WEB} }]`);
    expect(routes(HTTP + rules(''))).toHaveLength(2);
    expect(routes(HTTP + rules(`${filters},`))).toEqual([]);
  });

  it('try calls of a method before those of a service, and headers alone last', () => {
    const rule = (match: string): string => `{ matches: [${match}], ${TO_WEB} }`;
    const header = (value: string): string => `headers: [{ name: x-team, value: ${value} }]`;
    const found = routes(
      HTTP +
        gatewayRoute(
          'GRPCRoute',
          `rules: [${[
            `{ ${header('red')} }`,
            `{ ${header('blue')}, method: { method: Add } }`,
            '{ method: { service: shop.Cart } }',
            '{ method: { service: shop.Cart, method: Add } }',
          ].map(rule)}]`,
        ),
    );
    const [chain] = found[0]?.listener.chains.all ?? [];
    const order = chain?.kind === 'http' ? chain.virtualHosts().all.flatMap((host) => host.routes) : [];
    expect(order.map(({ by }) => objectOf(by)?.path?.[2])).toEqual([3, 2, 1, 0]);
  });

  it('hang on an age that is not known only where nothing else tells two apart', () => {
    const route = (name: string, path: string, to: string): string =>
      gatewayRoute(
        'HTTPRoute',
        `rules: [{ matches: [{ path: { value: ${path} } }], backendRefs: [{ name: ${to}, port: 80 }] }]`,
        name,
      );
    const assumes = (path: string, more = ''): readonly string[] =>
      ask(
        HTTP +
          OTHER_SERVICE +
          route('one', '/a/b', 'web') +
          route('two', path, 'other').replace('name: two,', `name: two,${more}`),
        '/a/b',
      ).assumes;
    expect(assumes('/a/b')).toEqual([expect.stringContaining('the first by name wins')]);
    expect(assumes('/a')).toEqual([]);
    const dated = (name: string, time: string): string =>
      route(name, '/a/b', name === 'one' ? 'other' : 'web').replace(
        `name: ${name},`,
        `name: ${name}, creationTimestamp: '${time}',`,
      );
    const ages = dated('one', '2026-01-02T00:00:00Z') + dated('two', '2026-01-01T00:00:00Z');
    expect(ask(HTTP + OTHER_SERVICE + ages, '/a/b')).toMatchObject({ routed: 'shop/web:80', assumes: [] });
  });

  it('of the namespace of the Gateway come before older ones of others', () => {
    const gateway = managedGateway(`[{ name: tcp, port: 9000, protocol: TCP, ${from('All')} }]`);
    const route = (namespace: string, time: string): string =>
      gatewayRoute('TCPRoute', 'rules: [{ backendRefs: [{ name: web, port: 80 }] }]', 'tcp', namespace).replace(
        'name: tcp,',
        `name: tcp, creationTimestamp: '${time}',`,
      );
    const service = `
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: edge }
spec: { selector: { app: web }, ports: [{ name: tcp, port: 80 }] }
`;
    const found = routes(
      gateway + service + route('shop', '2026-01-01T00:00:00Z') + route('edge', '2026-01-02T00:00:00Z'),
    );
    expect(found.map(({ by }) => by.namespace)).toEqual(['edge']);
  });
});
