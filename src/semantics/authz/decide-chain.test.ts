import { describe, expect, it } from 'vitest';
import { enforcementOf, SCENE_APP } from '../../../test/sidecar-scene.ts';
import type { Request } from '../../result/request.ts';
import { decide } from '../decide.ts';
import { resolveRequest } from '../resolve-request.ts';
import type { Verdict } from '../verdict.ts';

const WORKLOAD = {
  namespace: 'foo',
  labels: { app: 'a' },
  ports: [
    { number: 8080, name: 'http' },
    { number: 9000, name: 'tcp' },
  ],
};

const policy = (action: string, name: string, ...rules: readonly object[]): Record<string, unknown> => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name, namespace: 'foo' },
  spec: { action, rules },
});

const whenIp = (key: string, ...values: readonly string[]): object => ({ when: [{ key, values }] });
const whenNotIp = (key: string, ...notValues: readonly string[]): object => ({ when: [{ key, notValues }] });
const path = (...paths: readonly string[]): object => ({ to: [{ operation: { paths } }] });

interface Sent {
  readonly port?: number;
  readonly path?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly ip?: string;
  readonly principal?: string;
  readonly jwt?: Request['jwt'];
}

function ask(policies: readonly Record<string, unknown>[], sent: Sent = {}): Verdict {
  const enforcement = enforcementOf({ workload: WORKLOAD, policies });
  const { port = 8080, path = '/', headers, ip, principal, jwt } = sent;
  const queries = resolveRequest(enforcement.mesh, {
    from: { ...(principal ? { principal } : { plaintext: true }), ...(ip ? { ip } : {}) },
    to: { workload: `foo/${SCENE_APP}`, port },
    ...(port === 8080 ? { http: { method: 'GET', path, ...(headers ? { headers } : {}) } } : {}),
    ...(jwt ? { jwt } : {}),
  });
  if ('error' in queries || !queries[0]) throw new Error('no query');
  return decide(enforcement, { ...queries[0], explain: true });
}

/** `outcome stage: text` of what the policies say. */
const said = ({ trace }: Verdict): readonly string[] =>
  trace.filter(({ stage }) => stage !== 'transport').map(({ outcome, stage, text }) => `${outcome} ${stage}: ${text}`);

describe('an address that the request does not state', () => {
  it('has to be one that ALLOW asks for', () => {
    const allow = policy('ALLOW', 'a', whenIp('source.ip', '10.0.0.0/8', '192.0.2.1'));
    expect(ask([allow])).toMatchObject({
      outcome: 'allow',
      requires: [{ kind: 'source-ip', ranges: ['10.0.0.0/8', '192.0.2.1'] }],
      assumes: [],
      by: { name: 'a', rule: 0 },
    });
    expect(ask([allow], { ip: '10.1.1.1' })).toMatchObject({ outcome: 'allow', requires: [] });
    expect(ask([allow], { ip: '11.1.1.1' })).toMatchObject({ outcome: 'deny', requires: [] });
  });

  it('is taken to be outside of what `not…` and DENY exclude', () => {
    expect(ask([policy('ALLOW', 'a', whenNotIp('remote.ip', '10.0.0.0/8'))])).toMatchObject({
      outcome: 'allow',
      requires: [],
      assumes: ['the address is outside 10.0.0.0/8 (foo/a)'],
    });
    expect(ask([policy('DENY', 'd', whenIp('source.ip', '10.0.0.0/8', '192.0.2.1'))])).toMatchObject({
      outcome: 'allow',
      by: null,
      assumes: ['the address is outside 10.0.0.0/8, 192.0.2.1 (DENY foo/d)'],
    });
    expect(ask([policy('DENY', 'd', whenNotIp('source.ip', '10.0.0.0/8'))])).toMatchObject({
      outcome: 'allow',
      assumes: ['the address is inside 10.0.0.0/8 (DENY foo/d)'],
    });
  });

  it('of the pod leaves DENY open and is assumed to suit ALLOW', () => {
    expect(ask([policy('DENY', 'd', whenIp('destination.ip', '10.0.0.0/8'))])).toMatchObject({
      outcome: 'unknown',
      by: { name: 'd', rule: 0 },
      reason: 'whether DENY foo/d matches depends on the address of the pod',
    });
    expect(ask([policy('ALLOW', 'a', whenIp('destination.ip', '10.0.0.0/8'))])).toMatchObject({
      outcome: 'allow',
      requires: [],
      assumes: ["the pod's address satisfies destination.ip of foo/a"],
    });
  });

  it('matters only where the rest of the rule matches', () => {
    const both = { ...path('/a'), ...whenIp('source.ip', '10.0.0.0/8') };
    expect(ask([policy('DENY', 'd', both)], { path: '/b' })).toMatchObject({ outcome: 'allow', assumes: [] });
    expect(ask([policy('ALLOW', 'a', both)], { path: '/b' }).outcome).toBe('deny');
    expect(ask([policy('ALLOW', 'a', both)], { path: '/a' }).requires).toEqual([
      { kind: 'source-ip', ranges: ['10.0.0.0/8'] },
    ]);
    const first = {
      when: [
        { key: 'source.ip', values: ['10.0.0.0/8'] },
        { key: 'request.headers[x]', values: ['1'] },
      ],
    };
    expect(ask([policy('ALLOW', 'a', first)]).outcome).toBe('deny');
    const anded = { from: [{ source: { ipBlocks: ['10.0.0.0/8'], principals: ['*'] } }] };
    expect(ask([policy('ALLOW', 'a', anded)]).outcome).toBe('deny');
    expect(ask([policy('ALLOW', 'a', anded)], { principal: 'cluster.local/ns/foo/sa/x' }).requires).toHaveLength(1);
  });

  it('does not matter where another rule or alternative matches for certain', () => {
    const open = whenIp('source.ip', '10.0.0.0/8');
    expect(ask([policy('ALLOW', 'a', open), policy('ALLOW', 'b', path('/x'), path('/'))])).toMatchObject({
      outcome: 'allow',
      requires: [],
      by: { name: 'b', rule: 1 },
    });
    expect(ask([policy('DENY', 'd', open), policy('DENY', 'e', path('/'))])).toMatchObject({
      outcome: 'deny',
      by: { name: 'e', rule: 0 },
    });
    const either = { from: [{ source: { ipBlocks: ['10.0.0.0/8'] } }, { source: { notPrincipals: ['x'] } }] };
    expect(ask([policy('ALLOW', 'a', either)])).toMatchObject({ outcome: 'allow', requires: [] });
    const values = whenIp('source.ip', '10.0.0.0/8');
    expect(ask([policy('ALLOW', 'a', values), policy('ALLOW', 'b', whenIp('source.ip', '192.0.2.1'))])).toMatchObject({
      by: { name: 'a', rule: 0 },
      requires: [{ kind: 'source-ip', ranges: ['10.0.0.0/8'] }],
    });
  });
});

describe('what is said to a person who asks why', () => {
  it('names the nearest alternative of `from` and `to`, and every condition', () => {
    const rule = {
      from: [{ source: { principals: ['x'], namespaces: ['foo'] } }, { source: { principals: ['y'] } }],
      to: [{ operation: { methods: ['PUT'], paths: ['/x'] } }, { operation: { methods: ['GET'], paths: ['/y'] } }],
      when: [
        { key: 'request.headers[a]', values: ['1'] },
        { key: 'request.headers[b]', values: ['1', '2', '3', '4', '5', '6'] },
        { key: 'destination.port', values: ['8080'] },
      ],
    };
    const verdict = ask([policy('ALLOW', 'a', rule)], { headers: [['B', 'x']] });
    expect(said(verdict)).toEqual([
      'note allow: foo/a rules[0] misses at principals: y; this request has no identity',
      'note allow: foo/a rules[0] misses at paths: /y; this request has /',
      'note allow: foo/a rules[0] misses at request.headers[a]: 1; this request has no such header',
      'note allow: foo/a rules[0] misses at request.headers[b]: 1, 2, 3, 4 and 2 more; this request has x',
      'stop allow: no rule of foo/a matches',
    ]);
    expect(verdict.trace.flatMap(({ by }) => (by?.clause ? [[by.name, by.rule, by.clause]] : []))).toEqual([
      ['a', 0, 'principals'],
      ['a', 0, 'paths'],
      ['a', 0, 'request.headers[a]'],
      ['a', 0, 'request.headers[b]'],
    ]);
  });

  it('keeps the order of the rules, those that istiod drops among them', () => {
    const rules = [
      whenIp('nobody.knows', 'x'),
      { from: [{ source: { principals: ['x'] } }] },
      path('/'),
      whenIp('destination.port', 'http'),
    ];
    expect(said(ask([policy('ALLOW', 'a', ...rules), policy('ALLOW', 'b')], { port: 9000 }))).toEqual([
      'note allow: foo/a rules[0] does not exist here: `nobody.knows` is no key that istiod knows, and it skips the rule',
      'note allow: foo/a rules[1] misses at principals: x; this request has no identity',
      'note allow: foo/a rules[2] does not exist here: a TCP chain cannot see `paths`, and istiod drops ALLOW rules that ask for it',
      'note allow: foo/a rules[3] does not exist here: istiod refuses a value of `destination.port`',
      'note allow: foo/b has no rules, so nothing matches it',
      'stop allow: no rule of foo/a, foo/b matches',
    ]);
  });

  it('says what a DENY rule lost, of the rule that matched', () => {
    const rules = [
      { to: [{ operation: { methods: ['PUT'], ports: ['1'] } }] },
      { to: [{ operation: { methods: ['PUT'] } }], when: [{ key: 'destination.port', values: ['x'] }] },
    ];
    expect(said(ask([policy('DENY', 'd', ...rules)], { port: 9000 }))).toEqual([
      'note deny: `methods` of foo/d rules[1] is left out on a TCP chain: the rule matches more than it says',
      'note deny: `destination.port` of foo/d rules[1] is left out for a value that istiod refuses: the rule matches more than it says',
      'stop deny: DENY foo/d rules[1] matches it',
    ]);
  });

  it('says what DENY and AUDIT made of it, in the order of the filters', () => {
    const policies = [
      policy('DENY', 'd', path('/x')),
      policy('DENY', 'e', path('/y')),
      policy('AUDIT', 'log', path('/')),
    ];
    const verdict = ask(policies);
    expect(said(verdict)).toEqual([
      'note audit: foo/log only records it',
      'pass deny: no rule of DENY foo/d, foo/e matches it',
      'pass allow: no ALLOW policy applies',
    ]);
    expect(verdict.reason).toBe('no ALLOW policy applies, so everything that no DENY matches passes');
  });
});

describe('a token', () => {
  const authentication = {
    apiVersion: 'security.istio.io/v1',
    kind: 'RequestAuthentication',
    metadata: { name: 'jwt', namespace: 'foo' },
    spec: { jwtRules: [{ issuer: 'i', outputClaimToHeaders: [{ header: 'X-Sub', claim: 'sub' }] }] },
  };
  const jwt = { payload: { iss: 'i', sub: 's' } };

  it('is required where the request would not pass without', () => {
    const allow = policy('ALLOW', 'a', { from: [{ source: { requestPrincipals: ['i/s'] } }] });
    expect(ask([authentication, allow], { jwt })).toMatchObject({
      outcome: 'allow',
      requires: [{ kind: 'jwt', issuer: 'i' }],
    });
    expect(said(ask([authentication, allow], {}))).toContain(
      'note allow: foo/a rules[0] misses at requestPrincipals: i/s; this request has no valid token',
    );
    expect(ask([authentication], { jwt })).toMatchObject({ outcome: 'allow', requires: [] });
    expect(said(ask([authentication]))).toContain('note jwt: no token: RequestAuthentication lets it pass');
  });

  it('without an issuer is required all the same', () => {
    const spec = { jwtRules: [{ jwksUri: 'https://a.example' }] };
    const allow = policy('ALLOW', 'a', whenIp('request.auth.claims[role]', 'admin'));
    const verdict = ask([{ ...authentication, spec }, allow], { jwt: { payload: { role: 'admin' } } });
    expect(verdict).toMatchObject({ outcome: 'allow' });
    expect(verdict.requires).toStrictEqual([{ kind: 'jwt' }]);
  });

  it('travels in a header, unless the client sends that header itself', () => {
    const allow = policy('ALLOW', 'a', whenIp('request.headers[authorization]', 'Bearer *'));
    expect(ask([allow], { jwt }).outcome).toBe('allow');
    expect(ask([allow], {}).outcome).toBe('deny');
    expect(ask([allow], { jwt, headers: [['Authorization', 'Basic x']] }).outcome).toBe('deny');
  });

  it('that does not verify stops the request', () => {
    const verdict = ask([authentication], { jwt: { ...jwt, valid: false } });
    expect(verdict).toMatchObject({ outcome: 'deny', by: { kind: 'RequestAuthentication', name: 'jwt' } });
    expect(verdict.trace.at(-1)).toMatchObject({ stage: 'jwt', outcome: 'stop' });
  });

  it('alone writes the headers that rules take from it', () => {
    const allow = policy('ALLOW', 'a', whenIp('request.headers[x-sub]', 's'));
    expect(ask([authentication, allow], { headers: [['X-SUB', 's']] }).outcome).toBe('deny');
    expect(ask([authentication, allow], { jwt, headers: [['x-sub', 'other']] })).toMatchObject({ outcome: 'allow' });
    const other = policy('ALLOW', 'a', whenIp('request.headers[x-sub]', 'other'));
    expect(ask([authentication, other], { jwt, headers: [['x-sub', 'other']] }).outcome).toBe('deny');
  });
});
