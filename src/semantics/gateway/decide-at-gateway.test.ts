import { describe, expect, it } from 'vitest';
import { EDGE_PLATFORM, OTHER_SERVICE, TO_WEB, virtualService } from '../../../test/edge-platform.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import type { HttpRequest } from '../attempt.ts';
import { Enforcement } from '../enforcement.ts';
import { decideAtGateway } from './decide-at-gateway.ts';
import type { GatewayQuery, GatewayVerdict } from './gateway-verdict.ts';
import { indexGateways } from './index-gateways.ts';

function asking(yaml: string): (http: Partial<HttpRequest>, more?: Partial<GatewayQuery>) => GatewayVerdict {
  const { mesh, workload } = meshOf(EDGE_PLATFORM + yaml);
  const enforcement = new Enforcement(mesh);
  const index = indexGateways(enforcement);
  const destination = { workload: workload('edge/gateway'), port: 8080 };
  return (http, more = {}) =>
    decideAtGateway(enforcement, index, {
      client: 'attacker',
      source: { position: { kind: 'internet' }, identity: null },
      destination,
      transport: 'TCP',
      http: { method: 'GET', path: '/', host: 'shop.example.com', headers: [], ...http },
      ...more,
    });
}

describe('decideAtGateway', () => {
  it('leads to the workloads behind the service, by their own port, and names the route', () => {
    const verdict = asking(virtualService('web', `[{ ${TO_WEB} }]`))({});
    expect(verdict).toMatchObject({ outcome: 'allow', routed: 'shop/web:80', point: 'gateway', assumes: [] });
    expect(verdict.backends[0]?.workloads.map(({ workload, port }) => [workload.id, port])).toEqual([
      ['shop/web', 9080],
    ]);
    expect(verdict.by).toMatchObject({ kind: 'VirtualService', namespace: 'shop', name: 'web' });
    expect(verdict.by?.location).toMatchObject({ file: 'mesh.yaml', line: 44 });
    expect(verdict.trace.map(({ stage }) => stage)).toEqual(['transport', 'allow', 'route']);
  });

  it('says which object decided when a policy denies before the route is even missed', () => {
    const ask = asking(`
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: closed, namespace: edge }
spec: {}
`);
    expect(ask({ path: '/nowhere' })).toMatchObject({
      outcome: 'deny',
      by: { kind: 'AuthorizationPolicy', name: 'closed' },
      backends: [],
    });
  });

  it('filters endpoints by the labels of a subset, and refuses a subset that nothing defines', () => {
    const rule = `
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: web, namespace: shop }
spec: { host: web, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }
`;
    const to = (subset: string): GatewayVerdict =>
      asking(rule + virtualService('web', `[{ route: [{ destination: { host: web, subset: ${subset} } }] }]`))({});
    expect(to('v1').backends[0]?.workloads).toHaveLength(1);
    expect(to('v2')).toMatchObject({
      outcome: 'allow',
      backends: [{ workloads: [] }],
      assumes: [expect.stringContaining('has endpoints')],
    });
    expect(to('v3')).toMatchObject({
      outcome: 'deny',
      reason: expect.stringContaining('no DestinationRule defines subset `v3`'),
    });
  });

  it('sends on what the backend will see: rewritten, headers changed, the client at the end of X-Forwarded-For', () => {
    const ask = asking(
      virtualService(
        'web',
        `[{ match: [{ uri: { prefix: /old } }], rewrite: { uri: /new, authority: web.internal }, ${TO_WEB},
            headers: { request: { set: { x-team: red }, add: { x-also: b }, remove: [x-secret] } } }]`,
      ),
    );
    const headers = [
      ['x-secret', '1'],
      ['X-Team', 'blue'],
      ['x-forwarded-for', '10.0.0.1'],
    ] as const;
    const source = { position: { kind: 'internet' }, identity: null, ip: '203.0.113.7' } as const;
    const [backend] = ask({ path: '/old/a?x=1', headers }, { source }).backends;
    expect(backend?.http).toEqual({
      method: 'GET',
      path: '/new/a?x=1',
      host: 'web.internal',
      headers: [
        ['x-team', 'red'],
        ['x-also', 'b'],
        ['x-forwarded-for', '10.0.0.1,203.0.113.7'],
      ],
    });
    expect(backend?.remoteIp).toBe('203.0.113.7');
    // Without the client's address nothing that it wrote itself may stand for it.
    expect(ask({ path: '/old', headers }).backends[0]?.http?.headers.map(([name]) => name)).not.toContain(
      'x-forwarded-for',
    );
  });

  it('computes a rewrite by expression, and says so where it does not', () => {
    const rewriting = (match: string): GatewayVerdict =>
      asking(
        virtualService(
          'web',
          `[{ rewrite: { uriRegexRewrite: { match: '${match}', rewrite: '/api/\\\\2' } }, ${TO_WEB} }]`.replaceAll(
            '\\\\',
            '\\',
          ),
        ),
      )({
        path: '/v1/users?x=1',
      });
    expect(rewriting('^/(v[0-9])/(.*)$').backends[0]?.http?.path).toBe('/api/users?x=1');
    expect(rewriting('^/((v|w)+)/(.*)$')).toMatchObject({ assumes: [expect.stringContaining('uriRegexRewrite')] });
  });

  it('counts mirrors as destinations that get copies', () => {
    const { backends, routed } = asking(
      virtualService(
        'web',
        `[{ ${TO_WEB}, mirror: { host: web.shop.svc.cluster.local }, mirrorPercentage: { value: 5 } }]`,
      ),
    )({});
    expect(routed).toBe('shop/web:80');
    expect(backends.map(({ mirrored, http }) => [mirrored, http?.host])).toEqual([
      [false, 'shop.example.com'],
      [true, 'shop.example.com-shadow'],
    ]);
  });

  it('answers redirects, fixed responses and full aborts itself', () => {
    for (const rule of [
      'redirect: { uri: /new }',
      'directResponse: { status: 204 }',
      `fault: { abort: { httpStatus: 503, percentage: { value: 100 } } }, ${TO_WEB}`,
    ]) {
      expect(asking(virtualService('web', `[{ ${rule} }]`))({}), rule).toMatchObject({
        outcome: 'deny',
        backends: [],
        by: { name: 'web' },
      });
    }
    const half = `[{ fault: { abort: { httpStatus: 503, percentage: { value: 50 } } }, ${TO_WEB} }]`;
    expect(asking(virtualService('web', half))({}).outcome).toBe('allow');
  });

  it('refuses all routes of a port when one comes from a delegate of a delegate', () => {
    const ask = asking(`
${virtualService('root', `[{ match: [{ uri: { prefix: /a } }], delegate: { name: d1 } }, { ${TO_WEB} }]`)}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: d1, namespace: shop }
spec: { http: [{ match: [{ uri: { prefix: /a/b } }], delegate: { name: d2 } }, { ${TO_WEB} }] }
`);
    expect(ask({ path: '/other' })).toMatchObject({ outcome: 'deny', by: { kind: 'VirtualService', name: 'd1' } });
  });

  it('assumes an order between objects whose age is not known, only where it matters', () => {
    const match = 'match: [{ uri: { prefix: /a } }]';
    const contested = asking(
      OTHER_SERVICE +
        virtualService('one', `[{ ${match}, ${TO_WEB} }]`) +
        virtualService('two', `[{ ${match}, route: [{ destination: { host: other } }] }]`),
    );
    expect(contested({ path: '/a' })).toMatchObject({
      routed: 'shop/web:80',
      assumes: [expect.stringContaining('the first by name wins')],
    });
    const apart = asking(
      OTHER_SERVICE +
        virtualService('one', `[{ ${match}, ${TO_WEB} }]`) +
        virtualService('two', '[{ route: [{ destination: { host: other } }] }]'),
    );
    expect(apart({ path: '/a' })).toMatchObject({ routed: 'shop/web:80', assumes: [] });
  });

  it('does not send to a service that its namespace does not export to the gateway', () => {
    const ask = asking(
      virtualService('web', `[{ ${TO_WEB} }]`).concat(`
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop, annotations: { networking.istio.io/exportTo: '.' } }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 9080 }] }
`),
    );
    expect(ask({})).toMatchObject({ outcome: 'deny', reason: expect.stringContaining('that the gateway sees') });
  });

  it('refuses what is no gateway, no listener, no TCP, and no HTTP', () => {
    const ask = asking(virtualService('web', `[{ ${TO_WEB} }]`));
    const { workload } = meshOf(EDGE_PLATFORM);
    expect(ask({}, { destination: { workload: workload('shop/web'), port: 80 } }).reason).toContain('no gateway');
    expect(ask({}, { transport: 'UDP' }).reason).toContain('UDP');
    expect(ask({}, { tls: { sni: 'shop.example.com' } }).reason).toContain('speaks plain HTTP');
  });

  it.each([
    ['edge/public', true],
    ['public.edge', true],
    ['edge/other, edge/public', true],
    ['edge/public, mesh', true],
    ['mesh', false],
    ['edge/other', false],
    // Short names are of the namespace of the VirtualService.
    ['public', false],
  ])('takes a match for the gateways [%s] at edge/public: %s', (gateways, takes) => {
    const ask = asking(virtualService('web', `[{ match: [{ gateways: [${gateways}] }], ${TO_WEB} }]`));
    expect(ask({}).outcome).toBe(takes ? 'allow' : 'deny');
  });

  it.each([
    ['port: 80', true],
    ['port: 81', false],
    ['sourceNamespace: edge', true],
    ['sourceNamespace: shop', false],
    ['sourceLabels: { istio: ingressgateway }', true],
    ['sourceLabels: { istio: egressgateway }', false],
    // Where gateways are named, the proxy itself is not looked at.
    ['gateways: [edge/public], sourceLabels: { istio: egressgateway }', true],
    ['scheme: { exact: http }', true],
    ['scheme: { exact: https }', false],
    ['authority: { prefix: shop. }', true],
    ['authority: { exact: example.com }', false],
    ['queryParams: { a: { exact: "1" } }', true],
    ['queryParams: { a: { exact: "2" } }', false],
    ['queryParams: { b: { exact: "" } }', true],
    ['queryParams: { c: {} }', true],
    ['queryParams: { d: {} }', false],
    ['headers: { X-Team: { exact: red } }', true],
    ['headers: { x-team: { prefix: blue } }', false],
    ['headers: { x-other: {} }', false],
    ['withoutHeaders: { x-team: { exact: red } }', false],
    ['withoutHeaders: { x-team: { exact: blue } }', true],
    ['withoutHeaders: { x-team: {} }', false],
    ['withoutHeaders: { x-other: {} }', true],
    ['withoutHeaders: { x-other: { regex: "[a-z]*" } }', false],
  ])('takes a match of { %s }: %s', (match, takes) => {
    const ask = asking(virtualService('web', `[{ match: [{ ${match} }], ${TO_WEB} }]`));
    const request = { path: '/a?a=1&a=2&b&c=x#&d=1', headers: [['x-Team', 'red']] as const };
    expect(ask(request).outcome).toBe(takes ? 'allow' : 'deny');
  });

  it.each([
    ['a.example.com', 'exact'],
    ['A.Example.com:8080', 'exact'],
    ['b.a.example.com', 'narrow'],
    ['c.b.a.example.com', 'narrow'],
    ['b.example.com', 'wide'],
    ['example.com', 'all'],
    ['a.example.com.', 'all'],
    ['[2001:db8::1]:80', 'all'],
  ])('leads %s to the narrowest host', (host, expected) => {
    const of = (name: string, hosts: string): string =>
      virtualService(name, `[{ ${TO_WEB} }]`).replace('[shop.example.com]', `['${hosts}']`);
    const ask = asking(
      of('all', '*') + of('wide', '*.example.com') + of('exact', 'a.example.com') + of('narrow', '*.a.example.com'),
    );
    expect(ask({ host }).by).toMatchObject({ name: expected });
  });

  it('tries what matches everything last, whichever object comes first', () => {
    const ask = asking(
      virtualService('a', `[{ ${TO_WEB} }]`) +
        virtualService('b', `[{ match: [{ uri: { prefix: /b } }], ${TO_WEB} }]`) +
        virtualService('c', `[{ match: [{ uri: { prefix: / } }], ${TO_WEB} }]`) +
        virtualService('d', `[{ match: [{ uri: { prefix: / }, method: { exact: PUT } }], ${TO_WEB} }]`),
    );
    expect(ask({ path: '/b' }).by).toMatchObject({ name: 'b' });
    expect(ask({ path: '/c' }).by).toMatchObject({ name: 'a' });
    expect(ask({ method: 'PUT' }).by).toMatchObject({ name: 'd' });
  });
});
