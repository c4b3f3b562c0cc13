import { describe, expect, it } from 'vitest';
import { countOutcomes, factsOfFixture, factsOfText, failsOf } from '../../../test/judge-fixture.ts';
import {
  type Manifest,
  meshConfig,
  meshText,
  namespace,
  policy,
  selecting,
  workload,
} from '../../../test/small-mesh.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Explanation, Fail } from '../rule.ts';
import { jwtNotRequired } from './jwt-not-required.ts';

const url = (name: string) => new URL(`./jwt-not-required/${name}.yaml`, import.meta.url);
const failing = (facts: Facts): readonly Fail[] =>
  [...jwtNotRequired.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail');

function explain(facts: Facts): Explanation {
  const fails = failing(facts);
  return jwtNotRequired.explain({ cause: fails[0]?.cause ?? null, causeKey: '', fails }, facts);
}

const ISSUER = 'https://login.example.com';
const RULES = { jwtRules: [{ issuer: ISSUER, jwksUri: `${ISSUER}/keys` }] };
const TOKENS = policy('RequestAuthentication', 'shop', 'tokens', { ...selecting('store'), ...RULES });
const ap = (name: string, action: string, rules: readonly unknown[], rest: Manifest = {}): Manifest =>
  policy('AuthorizationPolicy', 'shop', name, { ...selecting('store'), action, rules, ...rest });
const source = (given: Manifest) => ({ from: [{ source: given }] });
const to = (operation: Manifest) => ({ to: [{ operation }] });
const WITH_TOKEN = source({ requestPrincipals: ['*'] });
const NO_TOKEN = source({ notRequestPrincipals: ['*'] });

const shop = (more: readonly Manifest[], ports: Readonly<Record<string, number>> = { http: 8080 }): string =>
  meshText([namespace('shop'), ...workload('shop', 'store', { ports }), TOKENS, ...more]);
const judged = (more: readonly Manifest[], ports?: Readonly<Record<string, number>>): string =>
  [...jwtNotRequired.judge(factsOfText(shop(more, ports), 'mesh.yaml'))].map(({ kind }) => kind).join();
/** What is open, as the title names it. */
const open = (more: readonly Manifest[]): string | undefined =>
  /without one, (.*) passes on/.exec(explain(factsOfText(shop(more), 'mesh.yaml')).title)?.[1];

describe('authn/jwt-not-required', () => {
  it('fails where a second, broader rule lets the same request in without a token', () => {
    const facts = factsOfFixture(url('vulnerable'));
    expect(failsOf(jwtNotRequired, facts)).toEqual(['shop/orders:8080 — RequestAuthentication shop/orders:60']);
    const [fail] = failing(facts);
    expect(fail?.factors).toMatchObject({ entry: 'named-identities', requires: [] });
    expect(fail?.witness).toMatchObject({
      from: { principal: 'cluster.local/ns/shop/sa/web' },
      http: { path: '/v1/any' },
    });
    expect(fail?.witness).not.toHaveProperty('jwt');
    expect(fail?.evidence[1]?.shows).toBe(
      'GET /v1/* on shop/orders:8080 without a token, as cluster.local/ns/shop/sa/web: AuthorizationPolicy shop/orders rule 2 allows it',
    );
  });

  it('passes where only health is open', () => {
    expect(countOutcomes(jwtNotRequired, factsOfFixture(url('hardened')))).toEqual({
      fail: 0,
      pass: 1,
      'not-applicable': 0,
    });
  });

  it('takes RequestAuthentication alone for what it is', () => {
    expect(judged([])).toBe('fail');
    expect(open([])).toBe('GET every path');
    expect(failing(factsOfText(shop([]), 'mesh.yaml'))[0]?.factors.entry).toBe('plaintext');
  });

  it('accepts every way to demand a token', () => {
    expect(judged([ap('a', 'ALLOW', [WITH_TOKEN])])).toBe('pass');
    expect(judged([ap('a', 'ALLOW', [source({ requestPrincipals: [`${ISSUER}/*`] })])])).toBe('pass');
    expect(judged([ap('a', 'ALLOW', [{ when: [{ key: 'request.auth.claims[groups]', values: ['staff'] }] }])])).toBe(
      'pass',
    );
    expect(judged([ap('d', 'DENY', [NO_TOKEN])])).toBe('pass');
    expect(judged([ap('d', 'DENY', [{ ...NO_TOKEN, ...to({ notPaths: ['/healthz', '/.well-known/*'] }) }])])).toBe(
      'pass',
    );
  });

  it('finds what a policy leaves open, and names it', () => {
    expect(open([ap('d', 'DENY', [{ ...NO_TOKEN, ...to({ paths: ['/api/*'] }) }])])).toBe('GET every path but /api/*');
    expect(open([ap('d', 'DENY', [{ ...NO_TOKEN, ...to({ notPaths: ['/dex/*', '/shop/*'] }) }])])).toBe('GET /shop/*');
    expect(open([ap('d', 'DENY', [{ ...NO_TOKEN, ...to({ methods: ['POST'] }) }])])).toBe('GET every path');
    expect(open([ap('a', 'ALLOW', [WITH_TOKEN, to({ methods: ['DELETE'], paths: ['/v1/carts/*'] })])])).toBe(
      'DELETE /v1/carts/*',
    );
    // A second policy is enough.
    expect(open([ap('a', 'ALLOW', [WITH_TOKEN]), ap('b', 'ALLOW', [source({ namespaces: ['shop'] })])])).toBe(
      'GET every path',
    );
    expect(open([ap('a', 'ALLOW', [WITH_TOKEN]), ap('b', 'ALLOW', [source({ serviceAccounts: ['web'] })])])).toBe(
      'GET every path',
    );
    // A header that callers may leave out, or send.
    expect(
      open([ap('a', 'ALLOW', [WITH_TOKEN, { when: [{ key: 'request.headers[x-user]', notValues: ['*'] }] }])]),
    ).toBe('GET every path');
    expect(
      open([ap('d', 'DENY', [{ ...NO_TOKEN, when: [{ key: 'request.headers[x-probe]', notValues: ['*'] }] }])]),
    ).toBe('GET every path');
  });

  it('knows endpoints that are public by nature', () => {
    const paths = [
      '/healthz',
      '/livez',
      '/readyz',
      '/health*',
      '/.well-known/*',
      '/metrics',
      '/favicon.ico',
      '/dex/*',
      '/oauth2/*',
    ];
    expect(judged([ap('a', 'ALLOW', [WITH_TOKEN, to({ paths })])])).toBe('pass');
    expect(judged([ap('a', 'ALLOW', [WITH_TOKEN, to({ methods: ['OPTIONS'] })])])).toBe('pass');
    for (const path of ['/healthz-admin', '/h*', '/api/health*', '/v1/orders']) {
      expect(judged([ap('a', 'ALLOW', [WITH_TOKEN, to({ paths: [path] })])]), path).toBe('fail');
    }
  });

  it('counts an approval by an external authorizer, where nothing gets round it', () => {
    const config = meshConfig({
      extensionProviders: [{ name: 'login', envoyExtAuthzHttp: { service: 'login.shop.svc.cluster.local', port: 80 } }],
    });
    const custom = (rule: Manifest): Manifest => ap('c', 'CUSTOM', [rule], { provider: { name: 'login' } });
    expect(judged([config, custom({})])).toBe('pass');
    expect(judged([config, custom(to({ notPaths: ['/healthz'] }))])).toBe('pass');
    expect(judged([config, custom(to({ paths: ['/admin*'] }))])).toBe('fail');
    // Any Authorization header, a token or not, skips the authorizer.
    const skipped = custom({ when: [{ key: 'request.headers[authorization]', notValues: ['*'] }] });
    const facts = factsOfText(shop([config, skipped]), 'mesh.yaml');
    expect(failing(facts)[0]?.witness?.http?.headers).toEqual({ authorization: 'any' });
    expect(judged([config, skipped, ap('d', 'DENY', [NO_TOKEN])])).toBe('pass');
  });

  it('says where RequestAuthentication has no effect', () => {
    const whys = (text: string): readonly string[] =>
      [...jwtNotRequired.judge(factsOfText(text, 'mesh.yaml'))].map((outcome) =>
        outcome.kind === 'not-applicable' ? outcome.why : outcome.kind,
      );
    expect(whys(shop([], { tcp: 5432 }))[0]).toContain('RequestAuthentication reads HTTP only');
    const ambient = meshText([
      namespace('shop', { 'istio.io/dataplane-mode': 'ambient' }),
      ...workload('shop', 'store', { ports: { http: 8080 } }),
      TOKENS,
    ]);
    expect(whys(ambient)[0]).toContain('ztunnel reads no tokens');
    const outside = meshText([namespace('shop', {}), ...workload('shop', 'store', { ports: { http: 8080 } }), TOKENS]);
    expect(whys(outside)[0]).toContain('outside the mesh');
    // Without rules it is nothing, and where none selects a workload there is nothing to look at.
    expect(
      whys(
        meshText([
          namespace('shop'),
          ...workload('shop', 'store', { ports: { http: 8080 } }),
          policy('RequestAuthentication', 'shop', 'empty', selecting('store')),
        ]),
      ),
    ).toEqual([]);
  });

  it('judges a waypoint for the service that it serves', () => {
    const waypoint = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'waypoint', namespace: 'shop', labels: { 'istio.io/waypoint-for': 'service' } },
      spec: { gatewayClassName: 'istio-waypoint', listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }] },
    };
    const targetRefs = [{ group: '', kind: 'Service', name: 'store' }];
    const ambient = (rules: readonly unknown[]): string =>
      meshText([
        namespace('shop', { 'istio.io/dataplane-mode': 'ambient', 'istio.io/use-waypoint': 'waypoint' }),
        ...workload('shop', 'store', { ports: { http: 8080 } }),
        waypoint,
        policy('RequestAuthentication', 'shop', 'tokens', { targetRefs, ...RULES }),
        policy('AuthorizationPolicy', 'shop', 'store', { targetRefs, action: 'ALLOW', rules }),
      ]);
    expect(failsOf(jwtNotRequired, factsOfText(ambient([source({ namespaces: ['shop'] })]), 'mesh.yaml'))).toEqual([
      expect.stringMatching(/^shop\/store:8080 — RequestAuthentication shop\/tokens:/),
    ]);
    expect(failsOf(jwtNotRequired, factsOfText(ambient([WITH_TOKEN]), 'mesh.yaml'))).toEqual([]);
  });

  it('follows a request without a token from the internet through the gateway', () => {
    const edge = (rules: readonly unknown[]): string =>
      meshText([
        namespace('shop'),
        ...workload('shop', 'store', { ports: { http: 8080 } }),
        ...workload('shop', 'edge', {
          labels: { istio: 'ingressgateway' },
          annotations: { 'inject.istio.io/templates': 'gateway' },
        }),
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'edge', namespace: 'shop' },
          spec: {
            type: 'LoadBalancer',
            selector: { app: 'edge' },
            ports: [{ name: 'http2', port: 80, targetPort: 8080 }],
          },
        },
        {
          apiVersion: 'networking.istio.io/v1',
          kind: 'Gateway',
          metadata: { name: 'edge', namespace: 'shop' },
          spec: {
            selector: { istio: 'ingressgateway' },
            servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
          },
        },
        {
          apiVersion: 'networking.istio.io/v1',
          kind: 'VirtualService',
          metadata: { name: 'store', namespace: 'shop' },
          spec: {
            hosts: ['*'],
            gateways: ['edge'],
            http: [{ match: [{ uri: { prefix: '/v1' } }], route: [{ destination: { host: 'store' } }] }],
          },
        },
        TOKENS,
        ap('store', 'ALLOW', rules),
      ]);
    const named = { principals: ['cluster.local/ns/shop/sa/edge'] };
    const [fail] = failing(factsOfText(edge([{ ...source(named), ...to({ paths: ['/v1/*'] }) }]), 'mesh.yaml'));
    expect(fail?.factors.entry).toBe('internet');
    expect(fail?.witness).toMatchObject({ from: { internet: true }, http: { path: '/v1/any' } });
    expect(failing(factsOfText(edge([source({ ...named, requestPrincipals: ['*'] })]), 'mesh.yaml'))).toEqual([]);
  });
});
