import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { failsOf, factsOfText } from '../../../test/judge-fixture.ts';
import { observationsOf } from '../../../test/observations-of.ts';
import { changedLines } from '../../../test/apply-changes.ts';
import { textsIn } from '../../../test/texts-in.ts';
import { unedited } from '../../engine/plan/edit-files.ts';
import { renderRemediation } from '../../engine/plan/render-remediation.ts';
import { runRules } from '../../findings/run-rules.ts';
import type { Facts } from '../../graph/facts.ts';
import { plaintextCallers } from '../../graph/plaintext-callers.ts';
import type { Finding } from '../../result/types.ts';
import type { Rule } from '../rule.ts';
import { bypass } from './bypass.ts';
import { plaintextSeen } from './plaintext-seen.ts';
import { unexpectedTrustDomain } from './unexpected-trust-domain.ts';
import { unusedGrant } from './unused-grant.ts';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

function factsOf(rule: Rule, state: 'vulnerable' | 'hardened', change = (text: string): string => text): Facts {
  const name = rule.meta.id.split('/')[1];
  const observed = observationsOf({ 'm.json': change(read(`./${name}/${state}.json`)) });
  return factsOfText(read(`./${name}/${state}.yaml`), 'mesh.yaml', { observed });
}

function findingOf(rule: Rule, facts: Facts, text = ''): Finding {
  const [finding] = runRules([rule], facts, renderRemediation(unedited(textsIn({ 'mesh.yaml': text })))).findings;
  if (!finding) throw new Error('no finding');
  return finding;
}

describe('telemetry/plaintext-seen', () => {
  it('names callers that would break, and shows where it was seen', () => {
    const facts = factsOf(plaintextSeen, 'vulnerable');
    expect(failsOf(plaintextSeen, facts)).toEqual(['shop/orders:8080 — PeerAuthentication shop/default:67']);
    const finding = findingOf(plaintextSeen, facts);
    expect(finding).toMatchObject({ severity: 'MEDIUM', status: 'VERIFIED' });
    expect(finding.title).toBe('plaintext is still used: 1 caller of workload shop/orders would break under STRICT');
    expect(finding.remediation.steps[0]).toBe(
      'somebody without an identity → shop/orders:8080, 21 requests on 7 days, last 2026-11-20',
    );
    expect(finding.evidence[0]).toMatchObject({ source: { file: 'm.json' } });
  });

  it('is what a change to STRICT would break, too', () => {
    const facts = factsOf(plaintextSeen, 'vulnerable');
    const [workload] = facts.mesh.workloads.filter(({ name }) => name === 'orders');
    expect(plaintextCallers(facts, workload ? [workload] : [])).toEqual([
      expect.objectContaining({
        caller: 'somebody without an identity',
        port: 8080,
        why: expect.stringContaining('21 requests'),
      }),
    ]);
  });

  it('contradicts an input that says STRICT', () => {
    const observed = observationsOf({ 'm.json': read('./plaintext-seen/vulnerable.json') });
    const facts = factsOfText(read('./plaintext-seen/hardened.yaml'), 'mesh.yaml', { observed });
    expect(findingOf(plaintextSeen, facts).title).toContain('although the input says STRICT');
  });

  it('says nothing without telemetry', () => {
    const facts = factsOfText(read('./plaintext-seen/vulnerable.yaml'), 'mesh.yaml');
    expect([...plaintextSeen.judge(facts)].map(({ kind }) => kind)).toEqual(['not-applicable', 'not-applicable']);
  });
});

describe('telemetry/unused-grant', () => {
  it('proposes the rule without the identity', () => {
    const facts = factsOf(unusedGrant, 'vulnerable');
    const finding = findingOf(unusedGrant, facts, read('./unused-grant/vulnerable.yaml'));
    expect(finding.title).toBe(
      'cluster.local/ns/shop/sa/batch is admitted to workload shop/orders and never called in 7 days',
    );
    expect(finding.severity).toBe('LOW');
    expect(finding.remediation.patches.flatMap(changedLines)).toEqual([
      expect.stringMatching(/^-\s+- cluster\.local\/ns\/shop\/sa\/batch$/),
    ]);
  });

  it('needs a week', () => {
    const day = (text: string): string => {
      const answer = JSON.parse(text);
      for (const series of answer.data.result) series.values = series.values.slice(-6);
      return JSON.stringify(answer);
    };
    expect(failsOf(unusedGrant, factsOf(unusedGrant, 'vulnerable', day))).toEqual([]);
  });

  it('concludes nothing where Telemetry turns the metrics off, or changes who they name', () => {
    const judged = (overrides: string, place = 'namespace: shop') => {
      const telemetry = `
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: less, ${place}}
spec: {metrics: [{overrides: [${overrides}]}]}
`;
      const observed = observationsOf({ 'm.json': read('./unused-grant/vulnerable.json') });
      const facts = factsOfText(read('./unused-grant/vulnerable.yaml') + telemetry, 'mesh.yaml', { observed });
      return failsOf(unusedGrant, facts).length;
    };
    expect(judged('{disabled: true}')).toBe(0);
    expect(judged('{match: {metric: REQUEST_COUNT, mode: SERVER}, disabled: true}')).toBe(0);
    expect(judged('{disabled: true}', 'namespace: istio-system')).toBe(0);
    expect(judged('{tagOverrides: {source_principal: {operation: REMOVE}}}')).toBe(0);
    expect(judged('{match: {metric: REQUEST_SIZE}, disabled: true}')).toBe(1);
    expect(judged('{match: {mode: CLIENT}, disabled: true}')).toBe(1);
    expect(judged('{tagOverrides: {request_host: {operation: REMOVE}}}')).toBe(1);
    expect(judged('{disabled: true}', 'namespace: other')).toBe(1);
  });

  it('keeps what is wanted', () => {
    const observed = observationsOf({ 'm.json': read('./unused-grant/vulnerable.json') });
    const wanted = [{ from: 'shop/batch', to: 'shop/orders' }];
    const facts = factsOfText(read('./unused-grant/vulnerable.yaml'), 'mesh.yaml', { observed, wanted });
    expect(failsOf(unusedGrant, facts)).toEqual([]);
  });

  it('never leaves a rule that admits everybody', () => {
    const yaml = read('./unused-grant/vulnerable.yaml').replace(/ +- cluster\.local\/ns\/shop\/sa\/web\n/, '');
    const observed = observationsOf({ 'm.json': read('./unused-grant/vulnerable.json') });
    const finding = findingOf(unusedGrant, factsOfText(yaml, 'mesh.yaml', { observed }), yaml);
    expect(finding.remediation.patches[0]?.diff).toMatch(/^\+ +rules: \[\]/m);
  });
});

it('telemetry/unexpected-trust-domain names the trust domain', () => {
  const facts = factsOf(unexpectedTrustDomain, 'vulnerable');
  expect(failsOf(unexpectedTrustDomain, facts)).toEqual(['shop/orders — other.example']);
});

it('telemetry/bypass names the caller', () => {
  const facts = factsOf(bypass, 'vulnerable');
  expect(failsOf(bypass, facts)).toEqual(['shop/web — shop/web']);
  expect(findingOf(bypass, facts).title).toBe('shop/web is in the mesh, and its calls arrive in plaintext');
});
