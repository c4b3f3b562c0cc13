import { describe, expect, it } from 'vitest';
import { gatewayRoute, managedGateway } from '../../../../test/managed-gateway.ts';
import { meshOf } from '../../../../test/mesh-of.ts';
import { Enforcement } from '../../enforcement.ts';
import { decideAtGateway } from '../decide-at-gateway.ts';
import { indexGateways } from '../index-gateways.ts';
import { type InternetRoute, routesOf } from '../routes-of.ts';

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
});
