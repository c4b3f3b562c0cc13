import { describe, expect, it } from 'vitest';
import { toResource } from '../../../test/read-vectors.ts';
import type { Principal } from '../../model/inventory/types.ts';
import { type AuthorizationPolicy, authorizationPolicy } from '../../model/istio/authorization-policy.ts';
import type { Connection } from '../attempt.ts';
import { compileForWorkload, compileZtunnel, indexAmbient } from './compile.ts';
import { decideZtunnel } from './decide.ts';
import { findAnomalies } from './find-anomalies.ts';

const workload = { namespace: 'foo', labels: { app: 'web' } };
const client = 'cluster.local/ns/bar/sa/client' as Principal;

function ap(name: string, spec: unknown, { namespace = 'foo', annotations = {} } = {}): AuthorizationPolicy {
  return toResource(authorizationPolicy, {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name, namespace, annotations },
    spec,
  });
}

const compile = (...policies: readonly AuthorizationPolicy[]) =>
  compileZtunnel({
    policies,
    peerAuthentications: [],
    rootNamespace: 'istio-system',
    trustDomain: 'cluster.local',
    trustDomainAliases: ['old'],
    workload,
  });

const decide = (policies: readonly AuthorizationPolicy[], connection: Partial<Connection> = {}) =>
  decideZtunnel(compile(...policies), { peer: client, port: 8080, transport: 'TCP', ...connection });

const fromBlock = (...ipBlocks: readonly string[]) => ({ from: [{ source: { ipBlocks } }] });

describe('decideZtunnel', () => {
  it('explains an allow, a deny and a miss by rule', () => {
    const allow = ap('callers', {
      rules: [
        { from: [{ source: { namespaces: ['other'] } }] },
        { from: [{ source: { namespaces: ['bar'] } }], to: [{ operation: { ports: ['8080'] } }] },
      ],
    });
    expect(decide([allow])).toMatchObject({
      outcome: 'allow',
      by: { name: 'callers', rule: 1 },
      reason: 'ALLOW rule 1 of foo/callers matches',
    });
    const missed = decide([allow], { port: 9000 });
    expect(missed).toMatchObject({ outcome: 'deny', by: { name: 'callers' } });
    expect(missed.steps.map(({ stage, outcome, text }) => `${stage} ${outcome} ${text}`)).toEqual([
      `transport pass mTLS as ${client}`,
      'allow note rule 0 of foo/callers: `from` does not match',
      'allow note rule 1 of foo/callers: `to` does not match',
      'allow stop no rule of ALLOW foo/callers matches',
    ]);
    const deny = ap('no', { action: 'DENY', rules: [{}] });
    expect(decide([allow, deny])).toMatchObject({ outcome: 'deny', by: { name: 'no', rule: 0 } });
  });

  it('names no object where several ALLOW policies all missed, or none exists', () => {
    const other = { rules: [{ from: [{ source: { namespaces: ['other'] } }] }] };
    expect(decide([ap('a', other), ap('b', other)])).toMatchObject({ outcome: 'deny', by: null });
    expect(decide([])).toMatchObject({ outcome: 'allow', by: null, reason: 'no ALLOW policy applies' });
  });

  it('refuses foreign trust domains, aliases too, and identities of another form', () => {
    for (const peer of ['other/ns/bar/sa/client', 'old/ns/bar/sa/client', 'cluster.local/vm/x']) {
      expect(decide([], { peer: peer as Principal })).toMatchObject({ outcome: 'deny', by: null });
    }
  });

  it('does not see UDP', () => {
    expect(decide([ap('no', { action: 'DENY', rules: [{}] })], { transport: 'UDP' }).outcome).toBe('allow');
  });

  it('applies root policies everywhere and policies of other namespaces nowhere', () => {
    const deny = { action: 'DENY', rules: [{}] };
    expect(decide([ap('no', deny, { namespace: 'istio-system' })]).outcome).toBe('deny');
    expect(
      decide([ap('no', { ...deny, selector: { matchLabels: { app: 'web' } } }, { namespace: 'istio-system' })]).outcome,
    ).toBe('deny');
    expect(decide([ap('no', deny, { namespace: 'bar' })]).outcome).toBe('allow');
  });
});

describe('addresses that are not stated', () => {
  it('need an address of the block that an ALLOW names', () => {
    expect(decide([ap('net', { rules: [fromBlock('10.0.0.0/8', '2001:db8::/32')] })])).toMatchObject({
      outcome: 'allow',
      requires: [{ kind: 'source-ip', ranges: ['10.0.0.0/8', '2001:db8::/32'] }],
      assumes: [],
    });
  });

  it('are assumed to be outside of what a DENY names', () => {
    expect(decide([ap('net', { action: 'DENY', rules: [fromBlock('10.0.0.0/8')] })])).toMatchObject({
      outcome: 'allow',
      requires: [],
      assumes: ['the source address is outside 10.0.0.0/8'],
    });
  });

  it('are denied where a DENY covers all that an ALLOW admits', () => {
    const allow = ap('net', { rules: [fromBlock('10.1.0.0/16')] });
    expect(decide([allow, ap('no', { action: 'DENY', rules: [fromBlock('10.0.0.0/8')] })]).outcome).toBe('deny');
    expect(decide([allow, ap('no', { action: 'DENY', rules: [fromBlock('10.1.0.0/17')] })])).toMatchObject({
      outcome: 'allow',
      requires: [{ ranges: ['10.1.0.0/16'] }],
      assumes: ['the source address is outside 10.1.0.0/17'],
    });
  });

  it('need nothing where the blocks make no difference', () => {
    const allow = ap('net', { rules: [fromBlock('10.0.0.0/8'), { from: [{ source: { namespaces: ['bar'] } }] }] });
    expect(decide([allow])).toMatchObject({ outcome: 'allow', requires: [], assumes: [] });
  });

  it('are unknown for the destination, which nobody can choose', () => {
    const when = (values: readonly string[]) => ({ when: [{ key: 'destination.ip', values }] });
    const allow = ap('vip', { rules: [when(['10.0.0.1'])] });
    expect(decide([allow])).toMatchObject({ outcome: 'unknown', by: { name: 'vip' } });
    expect(decide([allow], { destinationIp: '10.0.0.1' }).outcome).toBe('allow');
    expect(decide([ap('vip', { action: 'DENY', rules: [when(['10.0.0.1'])] })]).outcome).toBe('unknown');
    expect(
      decide([ap('vip', { rules: [{ ...when(['10.0.0.1']), to: [{ operation: { ports: ['1'] } }] }] })]).outcome,
    ).toBe('deny');
  });
});

it('an answer that depends on the destination is not known, whatever the source address', () => {
  const both = {
    ...fromBlock('10.0.0.0/8'),
    when: [{ key: 'destination.ip', values: ['10.0.0.1'] }],
  };
  expect(decide([ap('vip', { rules: [both] })])).toMatchObject({ outcome: 'unknown', by: { name: 'vip', rule: 0 } });
  expect(decide([ap('vip', { rules: [both] })], { sourceIp: '11.0.0.1' }).outcome).toBe('deny');
  expect(decide([ap('vip', { rules: [both] })], { destinationIp: '10.0.0.2' }).outcome).toBe('deny');
});

it('a connection that ztunnel refuses names no object and says why', () => {
  const open = ap('open', { rules: [{}] });
  for (const peer of ['other/ns/bar/sa/client', 'old/ns/bar/sa/client', 'cluster.local/workload'] as Principal[]) {
    const refused = decide([open], { peer });
    expect(refused).toMatchObject({ outcome: 'deny', by: null });
    expect(refused.reason).not.toBe('');
    expect(refused.steps).toMatchObject([{ stage: 'transport', outcome: 'stop', text: refused.reason }]);
  }
});

describe('findAnomalies', () => {
  const ids = (policy: AuthorizationPolicy) =>
    findAnomalies(compile(policy)).map(({ id, effect }) => `${id} ${effect}`);
  const source = (value: unknown) => [{ from: [{ source: value }] }];
  const cases: readonly (readonly [string, unknown, readonly string[]])[] = [
    ['plain L4', { action: 'DENY', rules: source({ namespaces: ['a', 'b*'], ipBlocks: ['10.0.0.0/8'] }) }, []],
    ['AUDIT', { action: 'AUDIT', rules: [{}] }, ['action-not-enforced none']],
    ['CUSTOM', { action: 'CUSTOM', provider: { name: 'x' }, rules: [{}] }, ['action-not-enforced opens']],
    ['selector {}', { action: 'DENY', selector: {}, rules: [{}] }, ['empty-selector-selects-nothing opens']],
    ['ALLOW by path', { rules: [{ to: [{ operation: { paths: ['/x'] } }] }] }, ['http-rule-removed closes']],
    [
      'DENY by token',
      { action: 'DENY', rules: source({ notRequestPrincipals: ['*'] }) },
      ['http-rule-without-effect opens'],
    ],
    [
      'DENY by method and port',
      { action: 'DENY', rules: [{ to: [{ operation: { methods: ['GET'], ports: ['80'] } }] }] },
      ['http-attributes-dropped closes'],
    ],
    [
      'DENY by path, or port',
      { action: 'DENY', rules: [{ to: [{ operation: { paths: ['/x'] } }, { operation: { ports: ['80'] } }] }] },
      ['http-entry-without-effect opens'],
    ],
    [
      'ALLOW by trust domain and namespace',
      { rules: source({ trustDomains: ['x'], namespaces: ['a'] }) },
      ['trust-domain-dropped opens'],
    ],
    ['ALLOW by trust domain', { rules: source({ trustDomains: ['x'] }) }, ['trust-domain-dropped closes']],
    [
      'DENY by trust domain',
      { action: 'DENY', rules: source({ trustDomains: ['x'] }) },
      ['trust-domain-dropped opens'],
    ],
    [
      'alias in ALLOW',
      { rules: source({ principals: ['old/ns/a/sa/b', 'cluster.local/ns/a/sa/b'] }) },
      ['trust-domain-not-expanded closes'],
    ],
    [
      'alias in DENY',
      { action: 'DENY', rules: source({ principals: ['old/ns/a/sa/b'] }) },
      ['trust-domain-not-expanded opens'],
    ],
    [
      'star inside',
      { action: 'DENY', rules: source({ namespaces: ['a*b', '*a', 'a*', '*'] }) },
      ['inner-star-is-literal opens'],
    ],
    ['bad address', { rules: source({ ipBlocks: ['x', '10.0.0.1'] }) }, ['bad-value-dropped none']],
    [
      'mapped address',
      { action: 'DENY', rules: source({ ipBlocks: ['::ffff:10.0.0.1'] }) },
      ['mapped-address-never-matches opens'],
    ],
    ['empty entry', { rules: source({}) }, ['empty-entry-never-matches closes']],
  ];
  it.each(cases)('%s', (_name, spec, expected) => {
    expect(ids(ap('p', spec))).toEqual(expected);
  });

  it('says that a dry-run policy is not sent', () => {
    expect(ids(ap('p', { rules: [] }, { annotations: { 'istio.io/dry-run': 'true' } }))).toEqual([
      'dry-run-not-sent none',
    ]);
  });

  it('takes trust domains for unsupported from 1.32 on', () => {
    const policies = [ap('p', { rules: source({ trustDomains: ['x'], namespaces: ['bar'] }) })];
    const input = { policies, peerAuthentications: [], rootNamespace: 'istio-system', workload };
    const plain = { peer: client, port: 80, transport: 'TCP' } as const;
    expect(decideZtunnel(compileZtunnel({ ...input, version: '1.31.2' }), plain).outcome).toBe('allow');
    const next = compileZtunnel({ ...input, version: '1.32' });
    expect(decideZtunnel(next, plain).outcome).toBe('deny');
    expect(findAnomalies(next).map(({ id }) => id)).toEqual(['http-rule-removed']);
  });
});

describe('compileForWorkload', () => {
  it('compiles once for workloads that the selectors cannot tell apart', () => {
    const index = indexAmbient({
      policies: [ap('p', { selector: { matchLabels: { app: 'web' } } })],
      peerAuthentications: [],
      rootNamespace: 'istio-system',
    });
    const compiled = compileForWorkload(index, { namespace: 'foo', labels: { app: 'web', version: 'v1' } });
    expect(compileForWorkload(index, { namespace: 'foo', labels: { app: 'web', version: 'v2' } })).toBe(compiled);
    expect(compiled.allow).toHaveLength(1);
    const other = compileForWorkload(index, { namespace: 'foo', labels: {} });
    expect(other).not.toBe(compiled);
    expect(other.allow).toHaveLength(0);
  });

  it('does not depend on the order of the input', () => {
    const policies = ['c', 'a', 'b'].map((name) => ap(name, { action: 'DENY', rules: [{}] }));
    expect(decide(policies).by).toMatchObject({ name: 'a' });
    expect(decide([...policies].reverse()).by).toMatchObject({ name: 'a' });
  });
});
