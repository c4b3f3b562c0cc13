import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { auditResult } from '../../src/result/schema.ts';
import { meshproof, root } from './meshproof.ts';

const PAYMENTS = 'examples/payments';
let folder = '';

beforeAll(() => {
  bootstrap(root);
  folder = mkdtempSync(join(tmpdir(), 'meshproof-e2e-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('meshproof audit', () => {
  it('prints pure JSON that keeps to the schema, twice the same bytes, and exits 1 on findings', () => {
    const first = meshproof(['audit', PAYMENTS, '--format', 'json']);
    expect(first.code).toBe(1);
    expect(() => auditResult.parse(JSON.parse(first.out))).not.toThrow();
    expect(meshproof(['audit', PAYMENTS, '--format', 'json']).out).toBe(first.out);
  });

  it('exits 0 where nothing reaches the threshold', () => {
    expect(meshproof(['audit', PAYMENTS, '--fail-on', 'never', '--quiet']).code).toBe(0);
    expect(meshproof(['audit', 'examples/payments-hardened', '--quiet']).code).toBe(0);
  });

  it('answers how bad, why and what to do first on the first screen', () => {
    const { out } = meshproof(['audit', PAYMENTS, '--quiet']);
    const [head = ''] = out.split('FINDINGS BY CAUSE');
    expect(head).toMatch(/^payments · Istio 1\.31\.1/);
    const order = ['HIGH RISK', 'TOP EXPOSURE', 'DO FIRST', 'SCORECARD', 'FINDINGS', 'NEXT PROOF'].map((word) =>
      head.indexOf(word),
    );
    expect(order.every((at) => at >= 0)).toBe(true);
    expect([...order].sort((a, b) => a - b)).toEqual(order);
  });

  it('reads stdin, as `helm template … | meshproof audit -` gives it', () => {
    const { code, out } = meshproof(
      ['audit', '-', '--format', 'json'],
      readFileSync(join(root, PAYMENTS, 'payments.yaml'), 'utf8'),
    );
    expect(code).not.toBe(2);
    const result = auditResult.parse(JSON.parse(out));
    expect(result.inventory.workloads.map(({ id }) => id)).toEqual(['payments/ledger', 'payments/payments-api']);
    expect(result.inventory.workloads[0]?.location).toMatchObject({ file: '<stdin>' });
  });

  it('writes several formats at once', () => {
    const html = join(folder, 'a.html');
    const json = join(folder, 'a.json');
    const { out } = meshproof(['audit', PAYMENTS, '--out', `html=${html}`, '--out', `json=${json}`]);
    expect(out).toBe('');
    expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>/i);
    expect(JSON.parse(readFileSync(json, 'utf8')).schemaVersion).toBe(1);
  });

  it('takes the format of a file from its name, unless another one was asked for', () => {
    const [html, text] = [join(folder, 'named.html'), join(folder, 'asked.md')];
    meshproof(['audit', PAYMENTS, '--out', html]);
    meshproof(['audit', PAYMENTS, '--format', 'json', '--out', text]);
    expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>/i);
    expect(JSON.parse(readFileSync(text, 'utf8')).schemaVersion).toBe(1);
  });

  it('never writes over manifests', () => {
    const file = join(folder, 'mesh.yaml');
    writeFileSync(file, 'kind: Namespace\napiVersion: v1\nmetadata: { name: a }\n');
    const { code, err } = meshproof(['audit', file, '--out', file]);
    expect(code).toBe(2);
    expect(err).toContain('will not write a report over');
    expect(readFileSync(file, 'utf8')).toContain('Namespace');
  });

  it('fails only on what a baseline does not know', () => {
    const baseline = join(folder, 'baseline.json');
    expect(meshproof(['audit', PAYMENTS, '--write-baseline', baseline, '--quiet', '--fail-on', 'low']).code).toBe(1);
    expect(meshproof(['audit', PAYMENTS, '--baseline', baseline, '--quiet', '--fail-on', 'low']).code).toBe(0);
  });

  it.each([
    [['audit', 'no/such/folder'], '`no/such/folder` does not exist'],
    [['audit'], 'no input'],
    [['audit', 'package.json'], 'no Kubernetes object'],
    [['audit', PAYMENTS, '--config', 'package.json'], 'package.json'],
    [['audit', PAYMENTS, '--formt', 'json'], '--format'],
    [['audit', PAYMENTS, '--now', 'soon'], '`soon` is no date'],
    [['rule', 'authz/alow-any'], 'did you mean `authz/allow-any`?'],
    [['test', PAYMENTS], 'no PolicyTest'],
    [['nonsense'], 'unknown command'],
  ])('%j cannot be done: exit 2 and a sentence, no stack trace', (args, sentence) => {
    const { code, out, err } = meshproof(args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(sentence);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('names line and nearest key of a misspelt configuration', () => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, 'apiVersion: meshproof.dev/v1\nkind: Config\nasset: []\n');
    const { code, err } = meshproof(['audit', PAYMENTS, '--config', file]);
    expect(code).toBe(2);
    expect(err).toContain(`${file}:3: \`asset\` is no key of the configuration`);
    expect(err).toContain('did you mean `assets`?');
  });
});

describe('meshproof rules and rule', () => {
  it('lists the catalogue', () => {
    const { rules } = JSON.parse(meshproof(['rules', '--format', 'json']).out);
    expect(rules.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining(['mtls/permissive', 'authz/allow-any']),
    );
    expect(Object.keys(rules[0])).toEqual(['id', 'title', 'area', 'severity', 'catalogue', 'page']);
  });

  it('shows a page', () => {
    const { code, out } = meshproof(['rule', 'mtls/permissive']);
    expect(code).toBe(0);
    expect(out).toContain('How to validate');
  });
});

describe('meshproof test', () => {
  it('passes the suite of the hardened example, with a closing count', () => {
    const { code, out } = meshproof(['test', 'examples/payments-hardened/tests.yaml']);
    expect([code, out]).toEqual([0, '4 passed, 0 failed\n']);
  });

  it('reports a failed case with what decided it, as JSON and JUnit too', () => {
    const suite = join(folder, 'suite.yaml');
    const mesh = join(root, 'examples/payments');
    const request =
      '{ from: { plaintext: true }, to: { workload: payments/payments-api, port: 8080 }, http: { method: GET, path: / } }';
    writeFileSync(
      suite,
      `apiVersion: meshproof.dev/v1\nkind: PolicyTest\nresources: [${mesh}]\ncases:\n  - name: <closed>\n    request: ${request}\n    expect: deny\n`,
    );
    const terminal = meshproof(['test', suite]);
    expect(terminal.code).toBe(1);
    expect(terminal.out).toContain('expected deny, got allow by payments/allow-everything');
    const [item] = JSON.parse(meshproof(['test', suite, '--format', 'json']).out).cases;
    expect(item).toMatchObject({ expect: 'deny', got: 'allow', pass: false, by: 'payments/allow-everything' });
    expect(item.trace.length).toBeGreaterThan(0);
    expect(meshproof(['test', suite, '--format', 'junit']).out).toContain('name="&lt;closed&gt;"><failure');
  });
});
