import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyChanges, changedLines, patchesFor } from '../../../test/apply-changes.ts';
import { countOutcomes, factsOfFixture, factsOfText, failsOf } from '../../../test/judge-fixture.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Explanation, Fail } from '../rule.ts';
import { dryRunOnly } from './dry-run-only.ts';

const url = (name: string) => new URL(`./dry-run-only/${name}.yaml`, import.meta.url);
const textOf = (name: string) => readFileSync(url(name), 'utf8');

const failing = (facts: Facts): readonly Fail[] =>
  [...dryRunOnly.judge(facts)].filter((outcome): outcome is Fail => outcome.kind === 'fail');

function explain(facts: Facts, policy: string): Explanation {
  const fails = failing(facts).filter(({ cause }) => cause?.name === policy);
  return dryRunOnly.explain({ cause: fails[0]?.cause ?? null, causeKey: '', fails }, facts);
}

describe('authz/dry-run-only', () => {
  it('fails where a policy only shadows, with a request that passes and would be refused', () => {
    const facts = factsOfFixture(url('vulnerable'));
    expect(failsOf(dryRunOnly, facts)).toEqual(['payments/ledger — AuthorizationPolicy payments/ledger-callers:66']);
    const [fail] = failing(facts);
    expect(fail?.factors).toMatchObject({ entry: 'plaintext', requires: [], breaches: 0, defenceInDepth: false });
    expect(fail?.witness).toMatchObject({ from: { plaintext: true }, to: { workload: 'payments/ledger', port: 8080 } });
  });

  it('has nothing to say where nothing is annotated', () => {
    expect(countOutcomes(dryRunOnly, factsOfFixture(url('hardened')))).toEqual({
      fail: 0,
      pass: 0,
      'not-applicable': 2,
    });
  });

  it('tells dry runs from what only looks like one, and says what applies nowhere', () => {
    const facts = factsOfFixture(url('edge-effects'));
    expect(failsOf(dryRunOnly, facts)).toEqual([
      expect.stringMatching(/^drift\/ledger — AuthorizationPolicy drift\/closed:/),
      expect.stringMatching(/^shop\/desk — AuthorizationPolicy shop\/asks:/),
      'shop/store — AuthorizationPolicy shop/store-callers:66',
      'shop/web — AuthorizationPolicy shop/no-admin:24',
      'shop/web — AuthorizationPolicy shop/no-trace-again:39',
    ]);
    const outcomes = [...dryRunOnly.judge(facts)];
    // A value that is no clear true means enforced.
    expect(outcomes.filter(({ kind }) => kind === 'pass').map(({ subject }) => subject.name)).toEqual(['store']);
    expect(outcomes.find(({ subject }) => subject.name === 'nobody')).toMatchObject({
      kind: 'not-applicable',
      why: 'it applies to no proxy of the input',
    });
  });

  it('says what enforcing a DENY would refuse', () => {
    const { title, remediation, scenario } = explain(factsOfFixture(url('edge-effects')), 'no-admin');
    expect(title).toBe('DENY shop/no-admin only shadows: enforced, it would close access to 1 workload');
    expect(scenario).toMatch(/^GET \/admin without any identity → port 8080 of shop\/web passes today/);
    expect(remediation.steps.join('\n')).toContain('would be refused: GET /admin without any identity');
  });

  it('says what enforcing an ALLOW would admit', () => {
    const facts = factsOfFixture(url('edge-effects'));
    const { title, remediation } = explain(facts, 'store-callers');
    expect(title).toBe('ALLOW shop/store-callers only shadows: enforced, it would open access to 1 workload');
    expect(remediation.steps.join('\n')).toContain('as cluster.local/ns/shop/sa/web → port 9000 of shop/store');
    const fail = failing(facts).find(({ cause }) => cause?.name === 'store-callers');
    expect(fail?.factors).toMatchObject({ entry: 'none', defenceInDepth: true });
    expect(fail?.witness).toBeUndefined();
  });

  it('calls a shadow dead that would change nothing', () => {
    const facts = factsOfFixture(url('edge-effects'));
    const { title, remediation } = explain(facts, 'no-trace-again');
    expect(title).toBe('DENY shop/no-trace-again only shadows, and enforced it would change nothing: a dead shadow');
    expect(remediation.summary).toBe('enforce shop/no-trace-again or take it out: it makes no difference today');
    expect(failing(facts).find(({ cause }) => cause?.name === 'no-trace-again')?.factors.sensitivity).toBe('none');
  });

  it('knows that there is no dry run for CUSTOM, and what that means by version', () => {
    const asks = (istioVersion?: string): Fail | undefined =>
      failing(factsOfFixture(url('edge-effects'), {}, istioVersion ? { istioVersion } : {})).find(
        ({ cause }) => cause?.name === 'asks',
      );
    expect(asks()).toMatchObject({ status: 'UNKNOWN' });
    expect(asks('1.29')?.evidence[0]?.shows).toContain('in 1.29 such a policy is ignored');
    expect(asks('1.31')).toMatchObject({ status: 'INFERRED' });
    expect(asks('1.31')?.evidence[0]?.shows).toContain('in 1.31 such a policy refuses what its rules match');
    expect(explain(factsOfFixture(url('edge-effects')), 'asks').title).toContain(
      'which Istio does not have for CUSTOM',
    );
  });

  it('says that ztunnel is not even told', () => {
    const { remediation } = explain(factsOfFixture(url('edge-effects')), 'closed');
    expect(remediation.steps.join('\n')).toContain(
      '1 workload is in ambient: ztunnel is never told of a dry-run policy',
    );
  });

  it('counts wanted flows that would break, and names them before it proposes to enforce', () => {
    const wanted = [
      { from: 'payments/checkout', to: 'payments/ledger:8080', methods: ['POST'], paths: ['/v1/charges'] },
      { from: 'payments/checkout', to: 'payments/ledger:8080', methods: ['DELETE'], paths: ['/v1/charges'] },
    ];
    const facts = factsOfText(textOf('vulnerable'), 'mesh.yaml', { wanted });
    const { title, remediation } = explain(facts, 'ledger-callers');
    expect(title).toBe(
      'ALLOW payments/ledger-callers only shadows: enforced, it would close access to 1 workload, break 1 of 2 wanted flows',
    );
    expect(remediation.summary).toBe('add rules for 1 wanted flow, then enforce payments/ledger-callers');
    expect(remediation.steps[0]).toContain('1 of 2 wanted flows still pass');
    expect(remediation.steps[1]).toMatch(/^would break: payments\/checkout → payments\/ledger:8080/);
    expect(failing(facts)[0]?.factors.stated).toBe(true);
  });

  it('removes the annotation and nothing else, after which the rule has nothing to say', () => {
    const text = textOf('vulnerable');
    const { remediation } = explain(factsOfText(text, 'mesh.yaml'), 'ledger-callers');
    expect(patchesFor(text, remediation.changes).flatMap(changedLines)).toEqual([
      '-  annotations:',
      '-    istio.io/dry-run: "true"',
    ]);
    const after = factsOfText(applyChanges(text, remediation.changes), 'after.yaml');
    expect(failsOf(dryRunOnly, after)).toEqual([]);
    const ledger = after.mesh.workloads.find(({ name }) => name === 'ledger');
    expect(ledger && after.ports(ledger)[0]?.access.plaintext).toBeNull();
    expect([...(ledger ? (after.ports(ledger)[0]?.access.identities.keys() ?? []) : [])]).toEqual([
      'cluster.local/ns/payments/sa/checkout',
    ]);
  });
});
