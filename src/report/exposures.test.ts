import { expect, test } from 'vitest';
import { sampleResult, sampleResultWithPaths } from '../../test/sample-result.ts';
import { acceptedFindings, extent, findingsByOwner, indexWorkloads, openFindings, severityCounts } from './causes.ts';
import { topExposures } from './exposures.ts';
import { firstSteps } from './first-steps.ts';
import { nextProofs } from './next-proof.ts';
import { groupSubjects, subjectName } from './subjects.ts';

const result = sampleResult();
const workloadOf = indexWorkloads(result);

test('without paths, exposure is the worst open findings with witness and the deciding line', () => {
  const exposures = topExposures(result, workloadOf, 2);
  expect(exposures).toMatchObject([
    {
      severity: 'CRITICAL',
      what: 'Any caller may use every port of payments/ledger',
      note: '1 workload, 2 ports',
      witness: 'POST /v1/charges to payments/ledger:8080 from shop/web, no token',
      decidedBy: 'payments/allow-everything',
      at: 'payments-prod/policies.yaml:41',
    },
    { severity: 'HIGH', what: 'Ports in payments accept plaintext', note: '3 workloads, 4 ports' },
  ]);
});

test('a workload at fault is shown at its own line, not at evidence about another', () => {
  const exposure = topExposures(result, workloadOf, 10).find(({ what }) => what.startsWith('No policy'));
  expect(exposure).toMatchObject({ decidedBy: 'istio-ingress/public', at: 'payments-prod/workloads.yaml:12' });
});

test('with paths, exposure is the excess paths by rank, then findings about other objects', () => {
  const exposures = topExposures(sampleResultWithPaths(), workloadOf, 3);
  expect(exposures.map(({ of }) => ('path' in of ? of.path.id : of.finding.id))).toEqual([
    'path-1',
    'mtls/permissive',
    'authn/jwt-not-required',
  ]);
  expect(exposures[0]).toMatchObject({
    what: 'internet → shop/web → payments/ledger (cardholder data)',
    note: '2 hops, excess at hop 2, no breach needed, +2 by the same',
    decidedBy: 'payments/allow-everything rules[0]',
    at: 'payments-prod/policies.yaml:41',
  });
});

test('a path that is denied is no exposure', () => {
  const { paths } = sampleResultWithPaths();
  const closed = sampleResult({ paths: paths.map((path) => ({ ...path, result: 'DENIED' })) });
  expect(topExposures(closed, workloadOf, 1)[0]).toHaveProperty('of.finding');
});

test('first steps are the plan, and without one the remedies of the worst findings, equal ones together', () => {
  expect(firstSteps(sampleResultWithPaths(), workloadOf, 5)).toEqual([
    {
      what: 'payments: default deny + ALLOW checkout → payments-api',
      effect: 'closes 1 path, 2 findings; keeps 6 of 6 wanted flows',
      command: 'meshproof plan --step 1',
    },
    {
      what: 'payments: STRICT',
      effect: 'closes 1 finding; breaks legacy/batch → payments/ledger:8080 (plaintext)',
      command: 'meshproof plan --step 2',
    },
  ]);
  const alike = sampleResult({
    findings: result.findings.map((finding) => ({
      ...finding,
      remediation: { ...finding.remediation, summary: 'one remedy' },
    })),
  });
  expect(firstSteps(alike, workloadOf, 5)).toEqual([
    { what: 'one remedy', effect: 'closes authz/allow-any, mtls/permissive, +4 more on 8 workloads, 10 ports' },
  ]);
});

test('accepted findings are apart and neither counted nor remedied first', () => {
  expect(openFindings(result)).toHaveLength(6);
  expect(acceptedFindings(result).map(({ title }) => title)).toEqual(['Ports in legacy accept plaintext']);
  expect(severityCounts(openFindings(result))).toEqual([
    { severity: 'CRITICAL', findings: 1 },
    { severity: 'HIGH', findings: 2 },
    { severity: 'MEDIUM', findings: 2 },
    { severity: 'LOW', findings: 1 },
  ]);
  expect(firstSteps(result, workloadOf, 99).map(({ what }) => what)).not.toContain('Enrol legacy');
});

test('findings come worst first whatever order they have', () => {
  const reversed = sampleResult({ findings: result.findings.toReversed() });
  expect(openFindings(reversed).map(({ severity }) => severity)).toEqual([
    'CRITICAL',
    'HIGH',
    'HIGH',
    'MEDIUM',
    'MEDIUM',
    'LOW',
  ]);
});

test('owners of affected workloads count where a finding names none', () => {
  const owners = findingsByOwner(openFindings(result), workloadOf);
  expect(owners.map(({ owner, findings }) => [owner, findings.length])).toEqual([
    ['payments', 3],
    ['platform', 2],
    ['shop', 2],
  ]);
  const legacy = acceptedFindings(result);
  expect(findingsByOwner(legacy, workloadOf)).toEqual([{ owner: undefined, findings: legacy }]);
});

test('ports of one object are one subject', () => {
  const [finding] = result.findings;
  const names = groupSubjects(finding?.subjects ?? []).map((group) => subjectName(group, false));
  expect(names).toEqual([
    'AuthorizationPolicy payments/allow-everything',
    'StatefulSet payments/ledger, ports 8080 and 5432',
  ]);
  expect(
    subjectName(
      {
        cluster: 'c',
        kind: 'Namespace',
        namespace: '',
        name: 'n',
        ports: [],
        location: { cluster: 'c', resourceVersion: '1' },
      },
      true,
    ),
  ).toBe('Namespace c:n');
  expect(extent([{ ...result.findings[0], subjects: finding?.subjects.slice(0, 1) } as never], workloadOf)).toBe(
    '1 object',
  );
});

test('the next proof is the command that settles most, over all questions that it answers', () => {
  const { proofs, open } = nextProofs(result);
  expect(open).toBe(38);
  expect(proofs.map(({ command, settles, unknowns }) => [command, settles, unknowns.length])).toEqual([
    ['meshproof collect --context payments-prod', 31, 2],
    ['kubectl get daemonsets -n kube-system -o yaml', 4, 1],
    ['kubectl get telemetries -A -o yaml', 3, 1],
  ]);
});
