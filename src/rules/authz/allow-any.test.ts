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
import { allowAny } from './allow-any.ts';

const url = (name: string) => new URL(`./allow-any/${name}.yaml`, import.meta.url);
const failing = (facts: Facts): readonly Fail[] =>
  [...allowAny.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail');

function explain(facts: Facts, name: string): Explanation {
  const fails = failing(facts).filter(({ cause }) => cause?.name === name);
  return allowAny.explain({ cause: fails[0]?.cause ?? null, causeKey: '', fails }, facts);
}

type Rules = readonly unknown[];

/** One workload with one port, and an ALLOW policy with these rules; then whatever else stands there. */
function meshWith(
  rules: Rules,
  { protocol = 'http', more = [] }: { protocol?: string; more?: readonly Manifest[] } = {},
): string {
  const ports = protocol === 'auto' ? { bare: [8080] } : { ports: { [protocol]: 8080 } };
  return meshText([
    namespace('shop'),
    ...workload('shop', 'store', ports),
    policy('AuthorizationPolicy', 'shop', 'store', { ...selecting('store'), action: 'ALLOW', rules }),
    ...more,
  ]);
}

const other = (action: string, rules: Rules, rest: Manifest = {}): Manifest =>
  policy('AuthorizationPolicy', 'shop', 'other', { ...selecting('store'), action, rules, ...rest });
const from = (source: Manifest): Manifest => ({ from: [{ source }] });
const to = (operation: Manifest): Manifest => ({ to: [{ operation }] });
const AUTHORIZER = meshConfig({
  extensionProviders: [{ name: 'authz', envoyExtAuthzHttp: { service: 'authz.shop.svc.cluster.local', port: 8000 } }],
});
const CUSTOM = { provider: { name: 'authz' } };
const NAMED = { principals: ['cluster.local/ns/shop/sa/web'] };

const judged = (text: string): string =>
  [...allowAny.judge(factsOfText(text, 'mesh.yaml'))].map(({ kind }) => kind).join();

describe('authz/allow-any', () => {
  it('fails where one of several rules lets anyone in, with a request that proves it', () => {
    const facts = factsOfFixture(url('vulnerable'));
    expect(failsOf(allowAny, facts)).toEqual(['payments/ledger:8080 — AuthorizationPolicy payments/ledger:78']);
    const [fail] = failing(facts);
    expect(fail?.factors).toMatchObject({ entry: 'plaintext', requires: [], compensations: [], defenceInDepth: false });
    expect(fail?.witness).toMatchObject({ from: { plaintext: true }, to: { workload: 'payments/ledger', port: 8080 } });
    expect(fail?.assumes.join('\n')).toContain('no AuthorizationPolicy of the root namespace istio-system closes it');
  });

  it('passes where every caller is named', () => {
    expect(countOutcomes(allowAny, factsOfFixture(url('hardened')))).toEqual({ fail: 0, pass: 1, 'not-applicable': 0 });
  });

  it.each<[string, Rules]>([
    ['an empty rule', [{}]],
    ['only the port', [to({ ports: ['8080'] })]],
    ['any principal', [from({ principals: ['*'] })]],
    ['every principal of the trust domain', [from({ principals: ['cluster.local/*'] })]],
    ['any namespace', [from({ namespaces: ['*'] })]],
    ['all namespaces but one', [from({ notNamespaces: ['dev'] })]],
    ['a condition that every namespace meets', [{ when: [{ key: 'source.namespace', values: ['*'] }] }]],
    ['any address', [from({ ipBlocks: ['0.0.0.0/0'] })]],
    ['one open source beside a named one', [{ from: [{ source: NAMED }, { source: { principals: ['*'] } }] }]],
    ['one rule for reading, one for writing', [to({ methods: ['GET'] }), to({ methods: ['POST'] })]],
    ['every path', [to({ paths: ['/*'] })]],
    ['all paths but some', [to({ notPaths: ['/admin*'] })]],
  ])('takes %s for open', (_, rules) => {
    expect(judged(meshWith(rules))).toBe('fail');
  });

  it.each<[string, Rules]>([
    ['a named caller', [from(NAMED)]],
    ['one namespace', [from({ namespaces: ['shop'] })]],
    ['a range of addresses', [from({ ipBlocks: ['10.0.0.0/8'] })]],
    ['a token', [from({ requestPrincipals: ['*'] })]],
    ['another port', [to({ ports: ['9999'] })]],
    ['health for all, the rest for one', [to({ methods: ['GET'], paths: ['/healthz'] }), from(NAMED)]],
    ['reading alone', [to({ methods: ['GET'] })]],
  ])('does not take %s for open', (_, rules) => {
    expect(judged(meshWith(rules))).toBe('pass');
  });

  it('looks at what stands in front of an open rule', () => {
    const held = (more: readonly Manifest[]): string => judged(meshWith([{}], { more }));
    // The whole port is held.
    expect(held([other('DENY', [from({ notPrincipals: ['cluster.local/ns/shop/sa/web'] })])])).toBe('pass');
    expect(held([AUTHORIZER, other('CUSTOM', [{}], CUSTOM)])).toBe('pass');
    // Without such a provider whatever matches is refused.
    expect(held([other('CUSTOM', [{}], CUSTOM)])).toBe('pass');
    // Only a part of it.
    expect(held([other('DENY', [to({ paths: ['/admin*'] })])])).toBe('fail');
    expect(held([AUTHORIZER, other('CUSTOM', [to({ paths: ['/admin*'] })], CUSTOM)])).toBe('fail');
    expect(held([AUTHORIZER, other('CUSTOM', [to({ notPaths: ['/public*'] })], CUSTOM)])).toBe('pass');
  });

  it('says what holds an open rule', () => {
    const text = meshWith([{}], { more: [AUTHORIZER, other('CUSTOM', [{}], CUSTOM)] });
    const facts = factsOfText(text, 'mesh.yaml');
    const store = facts.mesh.workloads.find(({ name }) => name === 'store');
    const authorization = store && facts.ports(store)[0]?.authorization;
    expect(authorization).toMatchObject({ posture: 'restricted', openRule: { name: 'store', rule: 0 } });
    expect(authorization?.heldBy).toMatchObject([{ kind: 'AuthorizationPolicy', name: 'other' }]);
  });

  it('finds a port that is open as TCP alone', () => {
    // An HTTP authorizer is not asked about what is no HTTP.
    const text = meshWith([{}], { protocol: 'auto', more: [AUTHORIZER, other('CUSTOM', [{}], CUSTOM)] });
    const [fail] = failing(factsOfText(text, 'mesh.yaml'));
    expect(fail?.witness).toEqual({ from: { plaintext: true }, to: { workload: 'shop/store', port: 8080 } });
    // On a TCP port a rule with paths is gone, and an L4 rule is not.
    expect(judged(meshWith([to({ paths: ['/*'] })], { protocol: 'tcp' }))).toBe('pass');
    expect(judged(meshWith([to({ ports: ['8080'] })], { protocol: 'tcp' }))).toBe('fail');
  });

  it('takes all that the policies of a port allow for the whole port, and says what that is', () => {
    const service = {
      ...from({ principals: ['*'] }),
      ...to({ methods: ['POST'], paths: ['/acme.v1.Store/*'] }),
    };
    const facts = factsOfText(meshWith([service], { protocol: 'grpc' }), 'mesh.yaml');
    expect(explain(facts, 'store').title).toBe(
      'AuthorizationPolicy shop/store lets any identity of the mesh use 1 port of workload shop/store: all of /acme.v1.Store/*',
    );
    expect(failing(facts)[0]?.factors.entry).toBe('any-identity');
    expect(judged(meshWith([to({ paths: ['/acme.v1.Store/Get'] })], { protocol: 'grpc' }))).toBe('pass');
    const api = to({ methods: ['GET', 'POST'], paths: ['/v1/*'] });
    expect(judged(meshWith([api]))).toBe('fail');
    // Callers are told apart, it is for reading, or public by nature.
    expect(judged(meshWith([api, from(NAMED)]))).toBe('pass');
    expect(judged(meshWith([to({ methods: ['GET'], paths: ['/v1/*'] })]))).toBe('pass');
    expect(judged(meshWith([to({ paths: ['/.well-known/*', '/healthz/*'] })]))).toBe('pass');
  });

  it('counts headers that any caller can send or leave out as no restriction, and names them', () => {
    const text = meshWith([from(NAMED), { when: [{ key: 'request.headers[x-user]', notValues: ['*'] }] }]);
    const facts = factsOfText(text, 'mesh.yaml');
    expect(explain(facts, 'store').title).toContain(
      'lets anyone use 1 port of workload shop/store with no header `x-user`',
    );
    const sent = meshWith([{ when: [{ key: 'request.headers[x-team]', values: ['blue'] }] }]);
    expect(failing(factsOfText(sent, 'mesh.yaml'))[0]?.witness?.http?.headers).toEqual({ 'x-team': 'blue' });
  });

  it('has nothing to say where a policy is not enforced', () => {
    const dry = policy(
      'AuthorizationPolicy',
      'shop',
      'store',
      { ...selecting('store'), rules: [{}] },
      { annotations: { 'istio.io/dry-run': 'true' } },
    );
    const shop = [namespace('shop'), ...workload('shop', 'store', { ports: { http: 8080 } })];
    expect(judged(meshText([...shop, dry]))).toBe('not-applicable');
    expect(
      judged(
        meshText([...shop, policy('AuthorizationPolicy', 'shop', 'store', { ...selecting('stare'), rules: [{}] })]),
      ),
    ).toBe('not-applicable');
    expect(judged(meshText([...shop, policy('AuthorizationPolicy', 'shop', 'store', selecting('store'))]))).toBe(
      'pass',
    );
    const outside = [namespace('shop', {}), ...workload('shop', 'store', { ports: { http: 8080 } })];
    expect(judged(meshText([...outside, policy('AuthorizationPolicy', 'shop', 'store', { rules: [{}] })]))).toBe(
      'not-applicable',
    );
  });

  it('is not sure where an EnvoyFilter may change the filters, unless it can only rewrite requests', () => {
    const filterOf = (name: string) => ({
      apiVersion: 'networking.istio.io/v1alpha3',
      kind: 'EnvoyFilter',
      metadata: { name: 'own', namespace: 'shop' },
      spec: {
        configPatches: [
          {
            applyTo: 'HTTP_FILTER',
            match: { context: 'SIDECAR_INBOUND' },
            patch: { operation: 'INSERT_BEFORE', value: { name } },
          },
        ],
      },
    });
    const [sure] = failing(factsOfText(meshWith([{}], { more: [filterOf('own.lua')] }), 'mesh.yaml'));
    expect(sure?.status).toBe('INFERRED');
    const [fail] = failing(factsOfText(meshWith([{}], { more: [filterOf('own.auth')] }), 'mesh.yaml'));
    expect(fail?.status).toBe('UNKNOWN');
    expect(fail?.assumes.join('\n')).toContain('EnvoyFilter shop/own may change what is enforced');
  });

  it('follows STRICT, and a policy of the root namespace that selects', () => {
    const strict = policy('PeerAuthentication', 'shop', 'default', { mtls: { mode: 'STRICT' } });
    expect(failing(factsOfText(meshWith([{}], { more: [strict] }), 'mesh.yaml'))[0]?.factors.entry).toBe(
      'any-identity',
    );
    const root = policy('AuthorizationPolicy', 'istio-system', 'open', { ...selecting('store'), rules: [{}] });
    expect(failsOf(allowAny, factsOfText(meshWith([from(NAMED)], { more: [root] }), 'mesh.yaml'))).toEqual([
      expect.stringMatching(/^shop\/store:8080 — AuthorizationPolicy istio-system\/open:/),
    ]);
  });
});
