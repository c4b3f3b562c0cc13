import { expect, it } from 'vitest';
import { toResource } from '../../../test/read-vectors.ts';
import { type AuthorizationPolicy, authorizationPolicy } from '../../model/istio/authorization-policy.ts';
import { type AnomalyContext, findPolicyAnomalies } from './policy-anomalies.ts';

const CONTEXT: AnomalyContext = {
  rootNamespace: 'istio-system',
  trustDomains: 'dropped',
  trustDomain: 'td',
  trustDomainAliases: ['old'],
};

function policy(spec: unknown, annotations = {}): AuthorizationPolicy {
  return toResource(authorizationPolicy, {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'p', namespace: 'foo', annotations },
    spec,
  });
}

/** `id effect path`, without the `spec.rules.0` in front. */
const found = (spec: unknown, context = CONTEXT): readonly string[] =>
  findPolicyAnomalies(policy(spec), context).map(({ id, effect, path }) =>
    `${id} ${effect} ${path.join('.').replace(/^spec\.rules\.0\.?/, '')}`.trim(),
  );

const both = (rule: object, context?: AnomalyContext): readonly (readonly string[])[] => [
  found({ rules: [rule] }, context),
  found({ action: 'DENY', rules: [rule] }, context),
];

it('an ordinary policy has none', () => {
  const rule = {
    from: [
      {
        source: {
          principals: ['td/ns/a/sa/b', 'x/ns/a/sa/b', '*'],
          namespaces: ['a*', '*b'],
          ipBlocks: ['10.0.0.0/8'],
        },
      },
      { source: { serviceAccounts: ['a/b'], notIpBlocks: ['::1'] } },
    ],
    to: [{ operation: { ports: ['80'], notPorts: ['81'] } }],
    when: [{ key: 'source.ip', values: ['10.0.0.1'], notValues: ['10.0.0.2'] }],
  };
  expect(both(rule)).toEqual([[], []]);
  expect(found({ selector: { matchLabels: { app: 'web' } }, rules: [rule] })).toEqual([]);
  expect(found({})).toEqual([]);
});

it('policies that ztunnel never hears of', () => {
  expect(found({ action: 'CUSTOM', provider: { name: 'x' } })).toEqual(['action-not-enforced opens spec.action']);
  expect(found({ action: 'AUDIT' })).toEqual(['action-not-enforced none spec.action']);
  expect(found({ selector: {} })).toEqual(['empty-selector-selects-nothing opens spec.selector']);
  const waypoint = { targetRefs: [{ kind: 'Gateway', name: 'w' }], action: 'CUSTOM', provider: { name: 'x' } };
  expect(found(waypoint)).toEqual([]);
  const dryRun = policy({ rules: [{}] }, { 'istio.io/dry-run': 'true' });
  expect(findPolicyAnomalies(dryRun, CONTEXT)).toMatchObject([
    { id: 'dry-run-not-sent', effect: 'none', path: ['metadata', 'annotations', 'istio.io/dry-run'] },
  ]);
});

it('HTTP attributes take an ALLOW rule away, and their entry or nothing else from a DENY rule', () => {
  const methods = { operation: { methods: ['GET'] } };
  expect(both({ to: [methods] })).toEqual([['http-rule-removed closes'], ['http-rule-without-effect opens']]);
  expect(both({ to: [methods, { operation: { ports: ['80'] } }] })[1]).toEqual([
    'http-entry-without-effect opens to.0.operation',
  ]);
  expect(both({ to: [{ operation: { methods: ['GET'], ports: ['80'] } }] })[1]).toEqual([
    'http-attributes-dropped closes to.0.operation',
  ]);
  expect(both({ from: [{ source: { requestPrincipals: ['*'], principals: ['*'] } }] })[1]).toEqual([
    'http-attributes-dropped closes from.0.source',
  ]);
  expect(both({ from: [{ source: { principals: ['*'] } }], when: [{ key: 'connection.sni', values: ['a'] }] })).toEqual(
    [['http-rule-removed closes'], ['http-rule-without-effect opens']],
  );
});

it('says which attributes, and of which rule', () => {
  const spec = { rules: [{}, { to: [{ operation: { paths: ['/'], hosts: ['a'] } }], when: [{ key: 'remote.ip' }] }] };
  expect(findPolicyAnomalies(policy(spec), CONTEXT)).toMatchObject([
    {
      rule: 1,
      path: ['spec', 'rules', 1],
      text: 'ztunnel cannot evaluate hosts, paths, remote.ip: the rule does not exist there',
    },
  ]);
});

it('entries without conditions never match', () => {
  expect(both({ to: [{ operation: {} }] })).toEqual([
    ['empty-entry-never-matches closes to.0.operation'],
    ['empty-entry-never-matches opens to.0.operation'],
  ]);
  expect(both({ from: [{ source: {} }] })[0]).toEqual(['empty-entry-never-matches closes from.0.source']);
  expect(both({ when: [{ key: 'source.ip' }] })[0]).toEqual(['empty-entry-never-matches closes when.0']);
});

it('trust domains are dropped, or unsupported from 1.32 on', () => {
  const alone = { from: [{ source: { trustDomains: ['td'] } }] };
  const more = { from: [{ source: { notTrustDomains: ['td'], namespaces: ['a'] } }] };
  expect(both(alone)).toEqual([
    ['trust-domain-dropped closes from.0.source.trustDomains'],
    ['trust-domain-dropped opens from.0.source.trustDomains'],
  ]);
  expect(both(more)).toEqual([
    ['trust-domain-dropped opens from.0.source.notTrustDomains'],
    ['trust-domain-dropped closes from.0.source.notTrustDomains'],
  ]);
  const next: AnomalyContext = { ...CONTEXT, trustDomains: 'unsupported' };
  expect(both(alone, next)).toEqual([['http-rule-removed closes'], ['http-rule-without-effect opens']]);
  expect(both(more, next)[1]).toEqual(['http-attributes-dropped closes from.0.source']);
});

it.each<[string, object, string]>([
  ['inner-star-is-literal', { namespaces: ['a', 'a*b'] }, 'namespaces.1'],
  ['inner-star-is-literal', { namespaces: ['*a*'] }, 'namespaces.0'],
  ['mapped-address-never-matches', { ipBlocks: ['::ffff:10.0.0.0/104'] }, 'ipBlocks.0'],
  ['trust-domain-not-expanded', { principals: ['x', 'old/ns/a/sa/b'] }, 'principals.1'],
  ['trust-domain-not-expanded', { principals: ['cluster.local/ns/a/sa/b'] }, 'principals.0'],
])('%s for less: %j', (id, source, place) => {
  const rule = { from: [{ source }] };
  expect(both(rule)).toEqual([[`${id} closes from.0.source.${place}`], [`${id} opens from.0.source.${place}`]]);
});

it.each<[string, object, string]>([
  ['inner-star-is-literal', { notNamespaces: ['a*b'] }, 'notNamespaces.0'],
  ['mapped-address-never-matches', { notIpBlocks: ['::ffff:10.0.0.1'] }, 'notIpBlocks.0'],
  ['trust-domain-not-expanded', { notPrincipals: ['old/ns/a/sa/b'] }, 'notPrincipals.0'],
])('%s for more: %j', (id, source, place) => {
  const rule = { from: [{ source }] };
  expect(both(rule)).toEqual([[`${id} opens from.0.source.${place}`], [`${id} closes from.0.source.${place}`]]);
});

it('conditions are checked like fields', () => {
  const conditions = [
    { key: 'source.namespace', values: ['a*b'] },
    { key: 'source.principal', notValues: ['old/ns/a/sa/b'] },
    { key: 'destination.port', values: ['80', 'x'] },
    { key: 'destination.ip', values: ['10.0.0.1', 'x'] },
    { key: 'source.ip', notValues: ['::ffff:10.0.0.1'] },
  ];
  expect(found({ rules: [{ when: conditions }] })).toEqual([
    'inner-star-is-literal closes when.0.values.0',
    'trust-domain-not-expanded opens when.1.notValues.0',
    'bad-value-dropped none when.2.values.1',
    'bad-value-dropped none when.3.values.1',
    'mapped-address-never-matches opens when.4.notValues.0',
  ]);
  const operation = { ports: ['x'], notPorts: ['70000', '80'] };
  expect(found({ rules: [{ to: [{ operation }] }] })).toEqual([
    'bad-value-dropped none to.0.operation.ports.0',
    'bad-value-dropped none to.0.operation.notPorts.0',
  ]);
});

it('nothing is expanded where the trust domain of the mesh is not known', () => {
  const { trustDomain: _unknown, ...context } = CONTEXT;
  expect(both({ from: [{ source: { principals: ['old/ns/a/sa/b'] } }] }, context)).toEqual([[], []]);
});
