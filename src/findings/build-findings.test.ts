import { expect, test } from 'vitest';
import type { By } from '../result/location.ts';
import { finding as findingSchema } from '../result/schema.ts';
import type { Fail, Outcome, Rule } from '../rules/rule.ts';
import { subjectOf } from '../rules/rule.ts';
import { sampleFacts, type SampleWorkload } from '../../test/sample-facts.ts';
import { buildFindings } from './build-findings.ts';
import { shownEvidence } from './evidence.ts';
import { runRules } from './run-rules.ts';
import { subjectName } from './subjects.ts';

const policy = (name: string, line = 1): By => ({
  kind: 'PeerAuthentication',
  namespace: 'shop',
  name,
  location: { file: 'policies.yaml', line, column: 1 },
});

const workloads: readonly SampleWorkload[] = [
  { name: 'web', owner: 'team-a', ports: [{ port: 8080 }, { port: 9090 }] },
  { name: 'api', owner: 'team-a', ports: [{ port: 8080 }] },
  { name: 'db', owner: 'team-b', sensitivity: 'high', basis: 'inferred', ports: [{ port: 5432 }] },
];
const facts = sampleFacts({ workloads });
const subject = (name: string, port?: number) => {
  const workload = facts.mesh.workloads.find((each) => each.name === name);
  if (!workload) throw new Error(name);
  return subjectOf(workload, port);
};

function fail(name: string, port: number, changes: Partial<Fail> = {}): Fail {
  return {
    kind: 'fail',
    subject: subject(name, port),
    cause: policy('default'),
    causeKey: 'mode',
    factors: {
      entry: 'plaintext',
      requires: [],
      breaches: 0,
      sensitivity: 'medium',
      compensations: [],
      stated: false,
      defenceInDepth: false,
    },
    status: 'INFERRED',
    assumes: [],
    evidence: [{ source: { file: 'policies.yaml', line: 4, column: 5 }, shows: 'PERMISSIVE takes both' }],
    ...changes,
  };
}

function rule(outcomes: readonly Outcome[], id: Rule['meta']['id'] = 'mtls/permissive'): Rule {
  return {
    meta: {
      id,
      title: 'accepts plaintext',
      severity: 'MEDIUM',
      catalogue: 'ID-01',
      dimension: 'mtls',
      references: ['https://istio.io'],
    },
    judge: () => outcomes,
    explain: ({ fails }) => ({
      title: `${fails.length} ports`,
      scenario: 'scenario',
      impact: 'impact',
      remediation: { summary: 'STRICT', changes: [], steps: [] },
      validation: { positive: [], negative: [] },
      rollback: 'apply the former object',
    }),
  };
}

const build = (outcomes: readonly Outcome[]) => buildFindings(rule(outcomes), outcomes, facts);
const only = (outcomes: readonly Outcome[]) => {
  const { findings } = build(outcomes);
  expect(findings).toHaveLength(1);
  const [finding] = findings;
  if (!finding) throw new Error('no finding');
  return finding;
};

test('fails of one cause are one finding: the object at fault first, then the affected, each once and sorted', () => {
  const finding = only([fail('web', 9090), fail('web', 8080), fail('api', 8080), fail('web', 8080)]);
  expect(finding.subjects.map(subjectName)).toEqual([
    'PeerAuthentication shop/default',
    'Deployment shop/api:8080',
    'Deployment shop/web:8080',
    'Deployment shop/web:9090',
  ]);
  expect(finding.owner).toBe('team-a');
  expect(finding.controls).toContain('NIST SP 800-53 r5 SC-8');
  expect(() => findingSchema.parse(finding)).not.toThrow();
});

test('causes are apart by object, key and cluster', () => {
  const elsewhere = { ...subject('web', 8080), cluster: 'west' };
  const outcomes = [
    fail('web', 8080),
    fail('web', 8080, { cause: policy('other') }),
    fail('web', 8080, { causeKey: 'port' }),
    fail('web', 8080, { subject: elsewhere }),
    fail('web', 8080, { cause: null, causeKey: 'nothing set' }),
  ];
  const { findings, run } = build(outcomes);
  expect(findings).toHaveLength(5);
  expect(new Set(findings.map(({ fingerprint }) => fingerprint)).size).toBe(5);
  expect(run).toEqual({ id: 'mtls/permissive', checked: 5, passed: 0, failed: 5, notApplicable: 0 });
});

test('counts what was checked', () => {
  const { run } = build([
    { kind: 'pass', subject: subject('api') },
    { kind: 'not-applicable', subject: subject('db'), why: 'no port' },
    fail('web', 8080),
  ]);
  expect(run).toEqual({ id: 'mtls/permissive', checked: 3, passed: 1, failed: 1, notApplicable: 1 });
});

test('the worst fail decides severity and witness; the finding says which it was', () => {
  const witness = { from: { internet: true as const }, to: { workload: 'shop/db', port: 5432 } };
  const worst = fail('db', 5432, { witness, factors: { ...fail('db', 5432).factors, sensitivity: 'critical' } });
  const finding = only([fail('web', 8080), worst, fail('api', 8080)]);
  expect(finding.severity).toBe('CRITICAL');
  expect(finding.witness).toEqual(witness);
  expect(finding.factors.at(-1)).toBe('decided by Deployment shop/db:5432, the worst of 3');
  expect(finding.owner).toBeUndefined();
});

test('status is the weakest; confidence follows from status, assumptions and guessed assets', () => {
  expect(only([fail('web', 8080)])).toMatchObject({
    status: 'INFERRED',
    confidence: 'high',
    enforcement: 'not tested',
  });
  expect(only([fail('web', 8080, { status: 'VERIFIED' })])).toMatchObject({
    status: 'VERIFIED',
    confidence: 'high',
    enforcement: 'no',
  });
  expect(only([fail('web', 8080, { assumes: ['the CNI enforces NetworkPolicy'] })]).confidence).toBe('medium');
  expect(only([fail('web', 8080, { status: 'UNKNOWN' }), fail('api', 8080, { status: 'VERIFIED' })])).toMatchObject({
    status: 'UNKNOWN',
    confidence: 'low',
  });
  const guessed = fail('db', 5432, { factors: { ...fail('db', 5432).factors, sensitivity: 'high' } });
  expect(only([guessed])).toMatchObject({ severity: 'HIGH', confidence: 'low' });
});

test('evidence is listed once, that of the deciding fail first, and capped with the count', () => {
  const item = (line: number) => ({ source: { file: 'w.yaml', line, column: 1 }, shows: 'no proxy' });
  const many = Array.from({ length: 30 }, (_, index) => item(index + 1));
  const finding = only([
    fail('web', 8080, { evidence: many, assumes: ['the CNI enforces NetworkPolicy'] }),
    fail('api', 8080, {
      evidence: [item(99), item(1)],
      factors: { ...fail('api', 8080).factors, sensitivity: 'critical' },
    }),
  ]);
  expect(finding.evidence).toHaveLength(shownEvidence + 1);
  expect(finding.evidence[0]?.source).toEqual({ file: 'w.yaml', line: 99, column: 1 });
  expect(finding.evidence[shownEvidence - 1]?.shows).toBe('and 12 more like these');
  expect(finding.evidence.at(-1)?.shows).toBe('assumed: the CNI enforces NetworkPolicy');
});

test('the fingerprint survives moved lines, renamed files, another order and more subjects; not another cause', () => {
  const before = only([fail('web', 8080), fail('api', 8080)]).fingerprint;
  expect(before).toMatch(/^[0-9a-f]{16}$/);
  const moved = { ...policy('default'), location: { file: 'other.yaml', line: 400, column: 3 } };
  expect(only([fail('api', 8080, { cause: moved }), fail('web', 8080, { cause: moved })]).fingerprint).toBe(before);
  expect(only([fail('web', 8080), fail('api', 8080), fail('db', 5432)]).fingerprint).toBe(before);
  expect(only([fail('web', 8080, { cause: policy('strict') })]).fingerprint).not.toBe(before);
  expect(buildFindings(rule([], 'authz/no-policy'), [fail('web', 8080)], facts).findings[0]?.fingerprint).not.toBe(
    before,
  );
});

test('without object and key the subjects tell causes apart', () => {
  const nameless = { cause: null, causeKey: '' } as const;
  const ofWeb = only([fail('web', 8080, nameless)]).fingerprint;
  expect(only([fail('api', 8080, nameless)]).fingerprint).not.toBe(ofWeb);
  expect(only([fail('web', 8080, nameless)]).fingerprint).toBe(ofWeb);
});

test('findings come by severity, then how easily they are exploited, then how much they reach, then id', () => {
  const at = (name: string, factors: Partial<Fail['factors']>, port = 8080) =>
    fail(name, port, {
      cause: policy(`${name}-${JSON.stringify(factors)}`),
      factors: { ...fail('web', 8080).factors, ...factors },
    });
  const wide = policy('wide');
  const first = rule(
    [
      at('web', { entry: 'any-identity' }),
      at('web', { sensitivity: 'high' }),
      fail('web', 8080, { cause: wide, factors: { ...fail('web', 8080).factors, entry: 'any-identity' } }),
      fail('api', 8080, { cause: wide, factors: { ...fail('web', 8080).factors, entry: 'any-identity' } }),
    ],
    'authz/allow-any',
  );
  const second = rule(
    [at('api', { entry: 'internet', requires: ['a token'] }), at('db', { entry: 'any-identity' }, 5432)],
    'mtls/permissive',
  );
  const { findings, rulesRun } = runRules([second, first], facts);
  expect(findings.map(({ id, severity, subjects }) => [severity, id, subjects[0]?.name])).toEqual([
    ['HIGH', 'authz/allow-any', 'web-{"sensitivity":"high"}'],
    ['MEDIUM', 'mtls/permissive', 'api-{"entry":"internet","requires":["a token"]}'],
    ['MEDIUM', 'authz/allow-any', 'wide'],
    ['MEDIUM', 'authz/allow-any', 'web-{"entry":"any-identity"}'],
    ['MEDIUM', 'mtls/permissive', 'db-{"entry":"any-identity"}'],
  ]);
  expect(rulesRun.map(({ id }) => id)).toEqual(['mtls/permissive', 'authz/allow-any']);
});

test('the order of outcomes changes nothing', () => {
  const outcomes = [
    fail('web', 8080),
    fail('api', 8080),
    fail('web', 9090, { assumes: ['x'] }),
    fail('db', 5432, { causeKey: 'b' }),
  ];
  expect(JSON.stringify(build(outcomes.toReversed()))).toBe(JSON.stringify(build(outcomes)));
});
