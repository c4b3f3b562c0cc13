import { expect, test } from 'vitest';
import {
  emptyResult,
  hostileResult,
  largeResult,
  sampleResult,
  sampleResultWithPaths,
  unknownResult,
} from '../../../test/sample-result.ts';
import { renderMarkdown } from './index.ts';

const options = { width: 80, color: false };
const render = (result = sampleResult()) => renderMarkdown(result, options);
const headings = (text: string) => text.split('\n').filter((line) => /^##? /.test(line));

test('holds the whole report, in the order of the method', () => {
  expect(headings(render())).toEqual([
    '# Mesh audit: payments-prod',
    '## Executive summary',
    '## Scope and evidence',
    '## Scorecard',
    '## Protection inventory',
    '## Findings by cause',
    '## Findings by owner',
    '## Accepted findings',
    '## Attack paths',
    '## Remediation plan',
    '## Residual risk and retest',
    '## Appendix: method',
  ]);
});

test('the summary says verdict, figures, exposure, decision and next evidence', () => {
  const text = render();
  const summary = text.slice(0, text.indexOf('## Scope'));
  expect(summary).toContain('**HIGH RISK**: One CRITICAL is open');
  expect(summary).toContain(
    '| 41/100 (33–52) | 34/100 (29–45) | 0 (no consistent controls), configured for 1 | 45 % | 43/100 |',
  );
  expect(summary).toContain('shown by `POST /v1/charges to payments/ledger:8080 from shop/web, no token`');
  expect(summary).toContain('`payments/allow-everything` at `payments-prod/policies.yaml:41`');
  expect(summary).toContain('1. **payments: default deny, and ALLOW payments-api → ledger**: closes authz/allow-any');
  expect(summary).toContain('`meshproof collect --context payments-prod` settles 31 of 38 open conclusions.');
});

test('the inventory has every port of every workload: data plane, mTLS, authorization, who can reach it', () => {
  const text = render();
  for (const { id, ports } of sampleResult().inventory.workloads) {
    for (const { port } of ports) expect(text).toMatch(new RegExp(`^\\| \`${id}\`.*\\| ${port} `, 'm'));
  }
  expect(text).toMatch(
    /^\| `payments\/ledger` StatefulSet.*critical: cardholder data.*PERMISSIVE<br>`payments\/default`.*allows any caller<br>`payments\/allow-everything rules\[0\]`.*plaintext in the cluster<br>any mesh identity/m,
  );
});

test('a finding has evidence, witness, patch, tests, rollback, controls, and links from its owner', () => {
  const text = render();
  const finding = text.slice(text.indexOf('### CRITICAL'), text.indexOf('### HIGH'));
  expect(finding).toContain('`payments-prod/policies.yaml:41:5` `spec.rules[0]` = `{}`: a rule without conditions');
  expect(finding).toContain('send        POST /v1/charges');
  expect(finding).toContain('```diff\n--- a/payments-prod/policies.yaml');
  expect(finding).toContain('**Must be refused**:');
  expect(finding).toContain('**Rollback**: kubectl apply');
  expect(finding).toContain('**Supports evidence for**: NIST 800-53 AC-3, PCI DSS 7.3.3');
  expect(text).toContain('[CRITICAL Any caller may use every port of payments/ledger](#finding-authz-allow-any)');
  expect(text).toContain('<a id="finding-authz-allow-any"></a>');
  expect(text).toContain('**Accepted**: migrating, by team-x, until 2027-03-01');
});

test('draws paths only when there are some', () => {
  expect(render()).not.toContain('mermaid');
  const text = render(sampleResultWithPaths());
  expect(text).toContain('```mermaid\nflowchart LR\n  n1["internet"]');
  expect(text).toContain('n2 ==>|"excess: payments/allow-everything rules#91;0#93;"| n3');
  expect(text).toContain('linkStyle 1 stroke:');
  expect(text).toContain('### 1. CRITICAL: internet → shop/web → payments/ledger (cardholder data)');
  expect(text).toContain('### 30 days');
  expect(text).toContain('breaks legacy/batch → payments/ledger:8080 (plaintext), implied');
});

test('the appendix prints the numbers and marks what applied', () => {
  const text = render();
  expect(text).toContain('| Authorization and least privilege | 20 |');
  expect(text).toContain('| 4 | from 95 % | verified coverage, narrow exceptions |');
  expect(text).toContain('| 20 | no live or recent data-plane evidence | yes |');
  expect(text).toContain('| 5 | Istio version or revision unknown |  |');
  expect(text).toMatch(/\| HIGH RISK \| any open CRITICAL.* \| yes \|/);
  expect(text).toContain('| `mtls/permissive` | 14 | 9 | 5 | 2 |');
});

test('what the input says cannot become markup', () => {
  const text = render(hostileResult());
  const outside = text.replace(/^ *(`{3,}).*\n[\s\S]*?^ *\1$/gm, '').replace(/`[^`\n]*`/g, '');
  expect(outside).not.toMatch(/<script|<img|\]\(javascript|@all/i);
  expect(new Set(outside.match(/<\/?[a-z]+/gi))).toEqual(
    new Set(['<a', '</a', '<br', '<details', '</details', '<summary', '</summary', '<code', '</code']),
  );
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
  // Every row of every table has the cells of its header.
  const blocks = outside
    .trimEnd()
    .split('\n\n')
    .filter((block) => block.startsWith('| '));
  expect(blocks.length).toBeGreaterThan(10);
  for (const block of blocks) expect(new Set(block.split('\n').map((row) => row.match(/\|/g)?.length)).size).toBe(1);
});

test('many subjects are folded, none is left out', () => {
  const text = render(largeResult(300));
  expect(text).toContain('<details><summary>10 more</summary>');
  expect(text.match(/^- `Deployment team-/gm)).toHaveLength(30);
});

test('an empty mesh and a mesh of unknowns claim nothing', () => {
  const empty = render(emptyResult());
  expect(empty).toContain('The input holds no workload.');
  expect(empty).toContain('| N/A (0–100) | N/A (0–100) |');
  expect(empty).toContain('## Findings by cause\n\nNone is open.');
  const unknown = render(unknownResult());
  expect(unknown).toContain('none (UNKNOWN)<br>not in the input: the namespace that enrols it');
  expect(unknown).toContain('none, conditional');
});

test('residual: only what is open', () => {
  const text = renderMarkdown(sampleResult(), { ...options, residualOnly: true });
  expect(headings(text)).toEqual(['# Mesh audit: payments-prod', '## Residual risk and retest', '## Assumed']);
  expect(text).toContain('```sh\n   meshproof collect --context payments-prod');
});

test('same result, same bytes', () => {
  expect(render(sampleResultWithPaths())).toBe(render(sampleResultWithPaths()));
});
