import { describe, expect, it } from 'vitest';
import { EDGE_PLATFORM, TO_WEB, virtualService } from '../../../test/edge-platform.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import { objectOf } from '../../model/by.ts';
import { Enforcement } from '../enforcement.ts';
import { decideAtGateway } from './decide-at-gateway.ts';
import { indexGateways } from './index-gateways.ts';
import { type InternetRoute, routesOf } from './routes-of.ts';

function routes(yaml: string): readonly InternetRoute[] {
  const enforcement = new Enforcement(meshOf(yaml).mesh);
  return routesOf(enforcement, indexGateways(enforcement));
}

const edge = (yaml: string): readonly InternetRoute[] => routes(EDGE_PLATFORM + yaml);

/** Another Gateway at the same pods, with a VirtualService `more` for it. */
const gateway = (servers: string, hosts = '[shop.example.com]', http = `[{ ${TO_WEB} }]`): string => `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: more, namespace: edge }
spec: { selector: { istio: ingressgateway }, servers: ${servers} }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: more, namespace: shop }
spec: { hosts: ${hosts}, gateways: [edge/more], http: ${http} }
`;

const PLAIN = 'port: { number: 80, name: http, protocol: HTTP }';
const HTTPS = 'port: { number: 443, name: https, protocol: HTTPS }';

describe('routesOf', () => {
  it('describes a route: who gets there, with what request, and where it is written', () => {
    const found = edge(
      virtualService('web', `[{ match: [{ uri: { prefix: /v1 }, method: { exact: POST } }], ${TO_WEB} }]`),
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      hosts: ['shop.example.com'],
      match: 'POST /v1*',
      service: 'shop/web',
      servicePort: 80,
      external: false,
      mirrored: false,
      identity: 'gateway',
      tlsMode: null,
      gateway: { id: 'edge/gateway' },
      listener: { port: 8080 },
      workloads: [{ workload: { id: 'shop/web' }, port: 9080 }],
      by: { kind: 'VirtualService', namespace: 'shop', name: 'web', rule: 0 },
      query: {
        source: { position: { kind: 'internet' }, identity: null },
        http: { method: 'POST', host: 'shop.example.com', path: expect.stringMatching(/^\/v1/) },
      },
    });
  });

  it('leaves out routes that an earlier one hides, and answers of the gateway itself', () => {
    const found = edge(
      virtualService(
        'web',
        `[{ match: [{ uri: { exact: /old } }], redirect: { uri: /new } },
          { match: [{ uri: { prefix: /a } }], ${TO_WEB} },
          { match: [{ uri: { prefix: /a/b } }], ${TO_WEB} },
          { match: [{ uri: { exact: /old } }], ${TO_WEB} }]`,
      ),
    );
    expect(found.map(({ match }) => match)).toEqual(['/a*']);
  });

  it('finds a request beside routes that take most of the path', () => {
    const found = edge(
      virtualService(
        'web',
        `[{ match: [{ uri: { prefix: /a }, headers: { x-team: { exact: red } } }], redirect: { uri: /b } },
          { match: [{ uri: { prefix: /a }, method: { exact: GET } }], directResponse: { status: 403 } },
          { match: [{ uri: { prefix: /a }, withoutHeaders: { x-debug: {} } }], directResponse: { status: 403 } },
          { match: [{ uri: { prefix: /a } }], ${TO_WEB} }]`,
      ),
    );
    expect(found.map(({ query }) => [query.http?.method, query.http?.headers.map(([name]) => name)])).toEqual([
      ['POST', ['x-debug']],
    ]);
  });

  it('tries other values of expressions where the likely one goes elsewhere', () => {
    const header = (match: string): string => `match: [{ headers: { x-group: { ${match} } } }]`;
    const found = edge(
      virtualService(
        'web',
        `[{ ${header('exact: admin')}, directResponse: { status: 403 } },
          { ${header('regex: admin|user')}, ${TO_WEB} },
          { match: [{ uri: { exact: /a } }], directResponse: { status: 403 } },
          { match: [{ uri: { regex: '/(a|b)' } }], ${TO_WEB} },
          { match: [{ uri: { regex: '.*admin.*' } }], ${TO_WEB} }]`,
      ),
    );
    expect(found.map(({ query: { http } }) => [http?.path, http?.headers])).toEqual([
      ['/', [['x-group', 'user']]],
      ['/b', []],
      ['/admin', []],
    ]);
  });

  it('names all hosts of a route once, the first as its witness', () => {
    const yaml = virtualService('web', `[{ ${TO_WEB} }]`).replace(
      '[shop.example.com]',
      "[a.example.com, '*.b.example']",
    );
    const [route, ...rest] = edge(yaml);
    expect(rest).toEqual([]);
    expect(route?.hosts).toEqual(['a.example.com', '*.b.example']);
    expect(route?.query.http?.host).toBe('a.example.com');
  });

  it('lists mirrors and hosts outside the mesh as such', () => {
    const found = edge(
      `${virtualService('web', '[{ route: [{ destination: { host: api.vendor.example } }], mirror: { host: web } }]')}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: vendor, namespace: shop }
spec: { hosts: [api.vendor.example], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 443, name: https, protocol: HTTPS }] }
`,
    );
    expect(
      found.map(({ service, servicePort, external, mirrored }) => ({ service, servicePort, external, mirrored })),
    ).toEqual([
      { service: 'api.vendor.example', servicePort: 443, external: true, mirrored: false },
      { service: 'shop/web', servicePort: 80, external: false, mirrored: true },
    ]);
  });

  it('brings the claims that a route asks for', () => {
    const match = `[{ headers: { '@request.auth.claims.group.id': { exact: admin } } }]`;
    const [route] = edge(
      `${virtualService('web', `[{ match: ${match}, ${TO_WEB} }]`)}
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: jwt, namespace: edge }
spec: { jwtRules: [{ issuer: 'https://id.example', audiences: [shop], jwksUri: 'https://id.example/keys' }] }
`,
    );
    expect(route?.query.token).toEqual({
      valid: true,
      claims: { iss: 'https://id.example', aud: 'shop', sub: 'any', group: { id: 'admin' } },
    });
  });

  it('opens TLS with a certificate where the server asks for one', () => {
    const servers = (mode: string): string =>
      `[{ ${HTTPS}, hosts: [shop.example.com], tls: { mode: ${mode}, credentialName: cert } }]`;
    const handshakes = (mode: string) =>
      edge(gateway(servers(mode))).map(({ tlsMode, query, listener }) => [tlsMode, listener.port, query.tls]);
    expect(handshakes('SIMPLE')).toEqual([['SIMPLE', 8443, { sni: 'shop.example.com' }]]);
    expect(handshakes('MUTUAL')).toEqual([
      ['MUTUAL', 8443, { sni: 'shop.example.com', clientCert: { dns: 'client.example' } }],
    ]);
    expect(handshakes('ISTIO_MUTUAL')).toEqual([
      [
        'ISTIO_MUTUAL',
        8443,
        { sni: 'shop.example.com', clientCert: { principal: 'cluster.local/ns/default/sa/default' } },
      ],
    ]);
  });

  it('finds the way past client certificates: SNI of a wider server, Host of a narrower one', () => {
    const servers = `[{ port: { number: 443, name: a, protocol: HTTPS }, hosts: ['*.example.com'], tls: { mode: SIMPLE, credentialName: cert } },
      { port: { number: 443, name: b, protocol: HTTPS }, hosts: [shop.example.com], tls: { mode: MUTUAL, credentialName: cert } }]`;
    const found = edge(gateway(servers)).map(({ tlsMode, query }) => [tlsMode, query.tls?.sni, query.http?.host]);
    expect(found).toEqual([
      ['SIMPLE', 'www.example.com', 'shop.example.com'],
      ['MUTUAL', 'shop.example.com', 'shop.example.com'],
    ]);
  });

  it('takes redirects to https for no way in, unless clients may claim a scheme', () => {
    const servers = `[{ ${PLAIN}, hosts: ['*.example.com'], tls: { httpsRedirect: true } }]`;
    const redirecting = EDGE_PLATFORM.split('---\n').slice(0, -1).join('---\n') + gateway(servers);
    expect(routes(redirecting)).toEqual([]);
    const trusting = redirecting.replace(
      'inject.istio.io/templates: gateway',
      `inject.istio.io/templates: gateway, proxy.istio.io/config: '{"gatewayTopology":{"numTrustedProxies":1}}'`,
    );
    expect(routes(trusting).map(({ query }) => query.http?.headers)).toEqual([[['x-forwarded-proto', 'https']]]);
  });

  it('lists TCP and TLS routes', () => {
    const l4 = (protocol: string, route: string, tls = ''): string => `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: l4, namespace: edge }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 9000, name: l4, protocol: ${protocol} }, hosts: ['*'] ${tls} }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: l4, namespace: shop }
spec: { hosts: ['*'], gateways: [edge/l4], ${route} }
`;
    const [tcp, ...none] = edge(l4('TCP', `tcp: [{ match: [{ port: 9000 }], ${TO_WEB} }]`));
    expect(none).toEqual([]);
    expect(tcp).toMatchObject({ match: 'TCP', hosts: ['*'], tlsMode: null, listener: { port: 9000 } });
    expect(tcp?.query.http).toBeUndefined();
    const passing = l4(
      'TLS',
      `tls: [{ match: [{ sniHosts: [db.example.com] }], ${TO_WEB} }]`,
      ', tls: { mode: PASSTHROUGH }',
    );
    expect(edge(passing)).toMatchObject([
      {
        match: 'TLS db.example.com',
        hosts: ['db.example.com'],
        tlsMode: 'PASSTHROUGH',
        query: { tls: { sni: 'db.example.com' } },
      },
    ]);
  });

  it('opens every service of the mesh to whom AUTO_PASSTHROUGH lets through, with the identity of the client', () => {
    const found = edge(
      gateway(
        "[{ port: { number: 15443, name: tls, protocol: TLS }, hosts: ['*.local'], tls: { mode: AUTO_PASSTHROUGH } }]",
      ),
    );
    expect(found.find(({ service }) => service === 'shop/web')).toMatchObject({
      identity: 'client',
      tlsMode: 'AUTO_PASSTHROUGH',
      match: 'TLS outbound_.80_._.web.shop.svc.cluster.local',
      workloads: [{ port: 9080 }],
    });
  });

  it('assumes a gateway where the pods that a Gateway selects are not in the input', () => {
    const [first = '', ...objects] = (EDGE_PLATFORM + virtualService('web', `[{ ${TO_WEB} }]`)).split('---\n');
    expect(first).toContain('kind: Deployment');
    const enforcement = new Enforcement(meshOf(objects.join('---\n')).mesh);
    const index = indexGateways(enforcement);
    const [route, ...rest] = routesOf(enforcement, index);
    expect(rest).toEqual([]);
    expect(route).toMatchObject({
      gateway: { id: 'istio-system/istio-ingressgateway' },
      listener: { port: 80 },
      service: 'shop/web',
    });
    if (!route) return;
    expect(decideAtGateway(enforcement, index, route.query)).toMatchObject({
      outcome: 'allow',
      routed: 'shop/web:80',
      assumes: [expect.stringContaining('`istio=ingressgateway`')],
    });
  });

  it('assumes one too where the selected pods may have no proxy at all', () => {
    const unlabelled = EDGE_PLATFORM.replace(", sidecar.istio.io/inject: 'true'", '');
    expect(unlabelled).not.toBe(EDGE_PLATFORM);
    const found = routes(unlabelled + virtualService('web', `[{ ${TO_WEB} }]`));
    expect(found.map(({ gateway: { id } }) => id)).toEqual(['istio-system/istio-ingressgateway']);
  });

  it('passes on between proxies whatever protocol the port of AUTO_PASSTHROUGH names', () => {
    for (const protocol of ['TLS', 'HTTPS']) {
      const found = edge(
        gateway(
          `[{ port: { number: 15443, name: tls, protocol: ${protocol} }, hosts: ['*.local'], tls: { mode: AUTO_PASSTHROUGH } }]`,
        ),
      );
      const web = found.filter(({ service }) => service === 'shop/web');
      expect(web, protocol).toMatchObject([{ tlsMode: 'AUTO_PASSTHROUGH', identity: 'client', mirrored: false }]);
    }
  });

  it('says which rule leads bytes on, and passes over rules without a route', () => {
    const servers = `[{ port: { number: 9000, name: tcp, protocol: TCP }, hosts: ['*'] },
      { port: { number: 9443, name: tls, protocol: TLS }, hosts: ['*'], tls: { mode: PASSTHROUGH } }]`;
    const rules = `[{ ${TO_WEB} }], tcp: [{ match: [{ port: 9000 }] }, { match: [{ port: 9001 }], ${TO_WEB} },
      { match: [{ gateways: [edge/other] }], ${TO_WEB} }, { match: [{ gateways: [edge/other, edge/more] }], ${TO_WEB} }, { ${TO_WEB} }],
      tls: [{ match: [{ sniHosts: [a.example.com] }] }, { match: [{ sniHosts: [A.example.com] }], ${TO_WEB} },
      { match: [{ sniHosts: [b.example.com, a.example.com] }], ${TO_WEB} }, { match: [{ sniHosts: [c.example.com], port: 443 }], ${TO_WEB} }]`;
    const found = edge(gateway(servers, "['*']", rules)).map(({ match, by }) => [
      match,
      by.rule,
      objectOf(by)?.path?.join('.'),
    ]);
    expect(found).toEqual([
      ['TCP', 3, 'spec.tcp.3'],
      ['TLS a.example.com', 1, 'spec.tls.1'],
    ]);
  });

  it('tries other values of parameters too', () => {
    const query = (match: string): string => `match: [{ queryParams: { team: { ${match} } } }]`;
    const [route] = edge(
      virtualService(
        'web',
        `[{ ${query('exact: admin')}, directResponse: { status: 403 } }, { ${query('regex: admin|user')}, ${TO_WEB} }]`,
      ),
    );
    expect(route?.query.http?.path).toBe('/?team=user');
  });
});
