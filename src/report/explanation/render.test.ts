import { describe, expect, it } from 'vitest';
import type { Denial } from '../../result/denial.ts';
import type { Explanation } from '../../result/explanation.ts';
import { renderDenial } from './denial.ts';
import { renderExplanation } from './render.ts';

const at = (line: number) => ({ file: 'shop/policies.yaml', line, column: 3 });
const orders = { kind: 'AuthorizationPolicy', namespace: 'shop', name: 'orders', location: at(10) };
const request = {
  from: { workload: 'shop/batch' },
  to: { workload: 'shop/orders', port: 8080 },
  http: { method: 'POST', path: '/orders' },
};

const refused: Explanation = {
  request,
  verdict: 'deny',
  requires: [],
  assumes: ['the CNI enforces NetworkPolicy'],
  by: orders,
  reason: 'no rule of ALLOW shop/orders matches it',
  point: 'sidecar',
  symptom: 'HTTP 403 `RBAC: access denied`',
  trace: [
    { point: 'sidecar', stage: 'transport', outcome: 'pass', text: 'STRICT takes mutual TLS' },
    {
      point: 'sidecar',
      stage: 'allow',
      outcome: 'note',
      text: 'shop/orders rules[1] misses at methods: GET; this request has POST',
      by: { ...orders, rule: 1, clause: 'methods', location: at(24) },
    },
    {
      point: 'sidecar',
      stage: 'allow',
      outcome: 'note',
      text: 'shop/orders rules[0] misses at principals: a; this request has b',
      by: { ...orders, rule: 0, clause: 'principals', location: at(17) },
    },
    {
      point: 'sidecar',
      stage: 'allow',
      outcome: 'note',
      text: 'shop/orders rules[0] misses at methods: GET; this request has POST',
      by: { ...orders, rule: 0, clause: 'methods', location: at(19) },
    },
    { point: 'sidecar', stage: 'allow', outcome: 'stop', text: 'no rule of shop/orders matches' },
  ],
  nearest: {
    request: { ...request, http: { method: 'GET', path: '/orders' } },
    changes: ['method `GET` instead of `POST`'],
    decided: {
      verdict: 'allow',
      by: { ...orders, rule: 1, location: at(20) },
      reason: 'ALLOW shop/orders rules[1] matches it',
      point: 'sidecar',
      requires: [{ kind: 'jwt', text: 'a valid token' }],
    },
  },
  change: {
    to: 'allow',
    steps: [
      {
        summary: 'add `POST` to methods of shop/orders rules[1]',
        patch: {
          file: 'shop/policies.yaml',
          kind: 'edit',
          diff: '--- a\n+++ b\n@@ -1 +1 @@ x\n 1\n 2\n 3\n 4\n+  - POST\n 5\n',
          objects: [],
        },
        also: { basis: 'asked', looked: 1200, turned: 3, examples: [{ ...request, from: { workload: 'shop/web' } }] },
      },
    ],
    after: { verdict: 'allow', by: null, reason: 'it passes', point: 'sidecar', requires: [] },
    alternatives: [],
  },
};

const text = renderExplanation(refused, { width: 100, color: false });

describe('an explanation on a terminal', () => {
  it('starts with verdict, object, place, reason, request and what the caller sees', () => {
    expect(text.split('\n').slice(0, 6)).toEqual([
      'DENY   AuthorizationPolicy shop/orders   shop/policies.yaml:10',
      '       no rule of ALLOW shop/orders matches it',
      '       came nearest: shop/orders rules[1]   shop/policies.yaml:24',
      '       POST /orders to shop/orders:8080 from shop/batch, no token',
      '       the caller sees: HTTP 403 `RBAC: access denied`',
      '',
    ]);
  });

  it('goes the way step by step, each with its object', () => {
    expect(text).toContain('  pass sidecar transport  STRICT takes mutual TLS\n');
    expect(text).toMatch(
      / {2}· +sidecar allow +shop\/orders rules\[1\] misses at methods[^\n]*\n +AuthorizationPolicy shop\/orders rules\[1\] {3}shop\/policies\.yaml:24\n/,
    );
    expect(text).toContain('  STOP sidecar allow      no rule of shop/orders matches\n');
  });

  it('keeps the order: way, assumptions, nearest, change', () => {
    const order = ['THE WAY', 'ASSUMES', 'NEAREST REQUEST THAT PASSES', 'WHAT WOULD HAVE TO CHANGE TO LET IT PASS'];
    const places = order.map((title) => text.indexOf(`\n${title}\n`));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(text).not.toContain('REQUIRES');
  });

  it('says what the nearest request needs, and what the change opens besides', () => {
    expect(text).toContain('  changed: method `GET` instead of `POST`\n');
    expect(text).toContain('  requires a valid token\n');
    expect(text).toContain('     opens 3 of 1,200 other requests that were asked:\n');
    expect(text).toContain('       POST /orders to shop/orders:8080 from shop/web, no token\n       and 2 more\n');
    // Lines far from what changes are left out, but for those who want all.
    expect(text).toContain('    @@ -1 +1 @@ x\n     …\n     2\n     3\n     4\n    +  - POST\n     5\n');
    const all = renderExplanation(refused, { width: 100, color: false, verbose: true });
    expect(all).toContain('    @@ -1 +1 @@ x\n     1\n     2\n');
    expect(text).toContain('decided again: allow, it passes');
  });

  it('never guesses: what was not found is said, what was not looked for is left out', () => {
    const none = renderExplanation({ ...refused, nearest: null, change: null }, { width: 100, color: false });
    expect(none).toContain('NEAREST REQUEST THAT PASSES\n  none was found\n');
    expect(none).toContain('no small change of a policy was found that does');
    const { nearest: _, change: __, ...rest } = refused;
    const unsought = renderExplanation(rest, { width: 100, color: false });
    expect(unsought).not.toMatch(/NEAREST|WHAT WOULD/);
  });

  it('fits into narrow terminals, and colours say nothing alone', () => {
    const narrow = renderExplanation(refused, { width: 60, color: false }).split('\n').slice(1);
    expect(narrow.filter((line) => line.length > 60)).toEqual([]);
    const coloured = renderExplanation(refused, { width: 100, color: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes are what is taken out
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(text);
    expect(coloured).not.toBe(text);
  });

  it('lets nothing through that would repaint the screen', () => {
    const hostile = renderExplanation({ ...refused, reason: 'a\u001b[2Jb' }, { width: 100, color: false });
    expect(hostile).toContain('a\\u{1b}[2Jb');
  });
});

it('names the list of an object as its kind does', () => {
  const gateway = { kind: 'Gateway', namespace: 'shop', name: 'public', rule: 1, location: at(3) };
  const passed = renderExplanation({ ...refused, verdict: 'allow', by: gateway }, { width: 100, color: false });
  expect(passed).toContain('ALLOW   Gateway shop/public servers[1]   shop/policies.yaml:3');
  expect(passed).toContain('NEAREST REQUEST THAT IS REFUSED');
});

describe('a denial on a terminal', () => {
  const denial: Denial = {
    seen: { kind: 'envoy', code: 403, details: 'rbac_access_denied_matched_policy[none]' },
    meaning: 'ALLOW policies apply, and none of their rules matched',
    byMesh: true,
    agrees: true,
    agreement: 'the model refuses it at the same step',
    notes: ['the line does not say who called'],
    explanation: refused,
  };

  it('says what the line means and whether the model agrees, before the explanation', () => {
    expect(renderDenial(denial, { width: 100, color: false }).split('\n').slice(0, 6)).toEqual([
      'THE LOG     ALLOW policies apply, and none of their rules matched',
      '            HTTP 403, rbac_access_denied_matched_policy[none]',
      'AGREES      the model refuses it at the same step',
      'NOTE        the line does not say who called',
      '',
      'DENY   AuthorizationPolicy shop/orders   shop/policies.yaml:10',
    ]);
  });

  it('and says so plainly where it does not', () => {
    const differs = { ...denial, agrees: false, agreement: 'the model lets it pass' };
    expect(renderDenial(differs, { width: 100, color: false })).toContain('\nDIFFERS     the model lets it pass\n');
  });
});
