import { expect, test } from 'vitest';
import type { Finding } from '../result/types.ts';
import { sampleFacts } from '../../test/sample-facts.ts';
import { subjectOf } from '../rules/rule.ts';
import { applyExceptions, type Exception } from './exceptions.ts';

const { mesh } = sampleFacts({
  workloads: [
    { namespace: 'legacy', name: 'batch', labels: { tier: 'old' }, ports: [{ port: 80 }] },
    { namespace: 'legacy', name: 'report', labels: { tier: 'old' }, ports: [{ port: 80 }] },
    { namespace: 'shop', name: 'web', labels: { tier: 'new' }, ports: [{ port: 80 }] },
  ],
});

const location = { file: 'a.yaml', line: 1, column: 1 };
function finding(names: readonly string[], id = 'mtls/permissive'): Finding {
  const affected = names.map((name) => {
    const workload = mesh.workloads.find((each) => each.name === name);
    if (!workload) throw new Error(name);
    return subjectOf(workload, 80);
  });
  return {
    id,
    fingerprint: names.join(),
    title: 'ports accept plaintext',
    severity: 'HIGH',
    factors: [],
    confidence: 'high',
    status: 'INFERRED',
    subjects: [
      { cluster: '', kind: 'PeerAuthentication', namespace: 'istio-system', name: 'default', location },
      ...affected,
    ],
    evidence: [],
    enforcement: 'not tested',
    impact: '',
    remediation: { summary: '', patches: [], steps: [] },
    validation: { positive: [], negative: [] },
    rollback: '',
    references: [],
    controls: [],
  };
}

const exception = (select: Exception['select'], more: Partial<Exception> = {}): Exception => ({
  rule: 'mtls/permissive',
  select,
  reason: 'migrating',
  ...more,
});
const apply = (findings: readonly Finding[], exceptions: readonly Exception[], now?: string) =>
  applyExceptions(findings, exceptions, mesh, now === undefined ? undefined : new Date(now));

test.each([
  ['namespace', { namespace: 'legacy' }],
  ['labels', { labels: { tier: 'old' } }],
])('marks a finding all of whose workloads are selected by %s; the object at fault need not be', (_by, select) => {
  const { findings, notes } = apply(
    [finding(['batch', 'report'])],
    [exception(select, { owner: 'team-x', until: '2027-03-01' })],
  );
  expect(findings[0]?.exception).toEqual({ reason: 'migrating', owner: 'team-x', until: '2027-03-01' });
  expect(notes).toEqual([]);
});

test('one that covers a part leaves the finding open and is noted', () => {
  const { findings, notes } = apply([finding(['batch', 'web'])], [exception({ namespace: 'legacy' })]);
  expect(findings[0]?.exception).toBeUndefined();
  expect(notes).toEqual([
    'exception 1 (mtls/permissive, namespace legacy) covers 1 of the 2 subjects of "ports accept plaintext", which stays open',
  ]);
});

test('several may cover it together', () => {
  const { findings } = apply(
    [finding(['batch', 'web'])],
    [
      exception({ namespace: 'legacy' }, { until: '2027-03-01' }),
      exception({ workload: 'web' }, { reason: 'scraped', until: '2027-01-01' }),
    ],
  );
  expect(findings[0]?.exception).toEqual({ reason: 'migrating; scraped', until: '2027-01-01' });
});

test('is for its rule only, and says when it matches nothing', () => {
  const { findings, notes } = apply([finding(['batch'], 'authz/no-policy')], [exception({ namespace: 'legacy' })]);
  expect(findings[0]?.exception).toBeUndefined();
  expect(notes).toEqual(['exception 1 (mtls/permissive, namespace legacy) matches no finding']);
});

test('an end is judged only against a given time, and holds through its day', () => {
  const ended = [exception({ namespace: 'legacy' }, { until: '2026-11-25' })];
  const accepted = (now?: string) => apply([finding(['batch'])], ended, now).findings[0]?.exception !== undefined;
  expect(accepted()).toBe(true);
  expect(accepted('2026-11-25T23:00:00Z')).toBe(true);
  expect(accepted('2026-11-26T00:00:00Z')).toBe(false);
  expect(apply([], ended, '2027-01-01T00:00:00Z').notes).toEqual([
    'exception 1 (mtls/permissive, namespace legacy) ended on 2026-11-25: it accepts nothing any more',
  ]);
});

test('an end that cannot be read accepts nothing once time counts', () => {
  const odd = [exception({ namespace: 'legacy' }, { until: 'next spring' })];
  expect(apply([finding(['batch'])], odd, '2026-01-01T00:00:00Z').findings[0]?.exception).toBeUndefined();
});

test('removes nothing and keeps the order', () => {
  const all = [finding(['web']), finding(['batch']), finding(['report'])];
  const { findings } = apply(all, [exception({ workload: 'legacy/batch' })]);
  expect(findings.map(({ fingerprint }) => fingerprint)).toEqual(['web', 'batch', 'report']);
  expect(findings.map(({ exception }) => exception !== undefined)).toEqual([false, true, false]);
});
