import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  emptyResult,
  hostileResult,
  largeResult,
  sampleResult,
  sampleResultWithPaths,
  unknownResult,
} from '../../../test/sample-result.ts';
import { renderHtml } from './index.ts';

const options = { width: 80, color: false };
const render = (result = sampleResult()) => renderHtml(result, options);
const all = [
  sampleResult(),
  sampleResultWithPaths(),
  hostileResult(),
  emptyResult(),
  unknownResult(),
  largeResult(400),
].map((result) => render(result));

test('holds the whole report, in the order of the method, and a way to each part', () => {
  const text = render();
  const sections = Array.from(text.matchAll(/<section id="([a-z]+)"/g), ([, id]) => id);
  expect(sections).toEqual([
    'summary',
    'scope',
    'scorecard',
    'inventory',
    'findings',
    'paths',
    'plan',
    'residual',
    'method',
  ]);
  const linked = Array.from(
    text.slice(text.indexOf('<nav'), text.indexOf('</nav>')).matchAll(/href="#([a-z]+)"/g),
    ([, id]) => id,
  );
  expect(linked).toEqual(sections);
});

describe.each(all.map((text, index) => [index, text] as const))('document %i', (_, text) => {
  test('loads nothing and runs only what the policy names by hash', () => {
    const policy =
      /<meta http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text)?.[1]?.replaceAll('&#39;', "'") ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    for (const [tag, directive] of [
      ['style', 'style-src'],
      ['script', 'script-src'],
    ]) {
      const parts = Array.from(
        text.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g')),
        ([, body]) => body ?? '',
      );
      expect(parts).toHaveLength(1);
      const hash = createHash('sha256')
        .update(parts[0] ?? '')
        .digest('base64');
      expect(policy).toContain(`${directive} 'sha256-${hash}'`);
    }
    const markup = text.replace(/<(style|script)>[\s\S]*?<\/\1>/g, '');
    expect(markup).not.toMatch(/<[^>]*\s(src|style|on[a-z]+|srcset|action)=/i);
    expect(markup).not.toMatch(/<(link|img|iframe|object|embed|base|form)\b/i);
    expect(text.match(/<script/gi)).toHaveLength(1);
  });

  test('tags are balanced, ids are unique and every link into the page has a target', () => {
    const markup = text.replace(/<(style|script)>[\s\S]*?<\/\1>/g, '');
    const open: string[] = [];
    for (const [tag, slash, name = '', closed] of markup.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/g)) {
      if (slash) expect(open.pop(), tag).toBe(name);
      else if (!closed && !/^(meta|br|col|input)$/.test(name)) open.push(name);
    }
    expect(open).toEqual([]);
    const ids = Array.from(markup.matchAll(/\sid="([^"]*)"/g), ([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of markup.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
  });

  test('has landmarks, one h1, headings without a gap, and headers with scope', () => {
    for (const part of [
      '<html lang="en">',
      '<header',
      '<nav aria-label=',
      '<main id="main"',
      '<footer',
      'class="skip" href="#main"',
    ])
      expect(text).toContain(part);
    const levels = Array.from(text.matchAll(/<h([1-6])/g), ([, level]) => Number(level));
    expect(levels.filter((level) => level === 1)).toEqual([1]);
    for (const [index, level] of levels.entries()) expect(level).toBeLessThanOrEqual((levels[index - 1] ?? 0) + 1);
    expect(text.match(/<th(?![^>]*scope=)[^e][^>]*>/g)).toBeNull();
    for (const [, attributes] of text.matchAll(/<svg([^>]*)>/g))
      expect(attributes).toMatch(/aria-(label|labelledby|hidden)=/);
  });
});

test('what the input says cannot become markup, colour or order', () => {
  const text = render(hostileResult());
  expect(text).not.toContain('<script>alert');
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(text).not.toMatch(/href="(?!#|https:\/\/)/);
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
});

test('every workload and port is in the inventory; what is beyond 200 rows is folded by namespace', () => {
  const text = render(largeResult(400));
  const inventory = text.slice(text.indexOf('<section id="inventory"'), text.indexOf('<section id="findings"'));
  expect(inventory.match(/<code>service-\d{5}<\/code>/g)).toHaveLength(400);
  const firstFold = inventory.indexOf('<details class="rows">');
  expect(inventory.slice(0, firstFold).match(/<code>service-/g)).toHaveLength(200);
  expect(inventory.match(/<summary>team-\d{3}: 20 workloads<\/summary>/g)).toHaveLength(10);
  expect(render()).not.toContain('<details class="rows">');
});

test('severity and state are said in words, never by colour alone', () => {
  const text = render();
  expect(text).toMatch(/<span class="chip critical"><span aria-hidden="true">▲ <\/span>CRITICAL<\/span>/);
  expect(text).toMatch(/<span class="tone bad"><span aria-hidden="true">✗ <\/span>PERMISSIVE<\/span>/);
  expect(text).toContain('aria-label="configured 3, proven 2 of 5"');
  expect(text).toContain('aria-label="Proven: 34, between 29 and 45 of 100"');
});

test('a finding shows its witness as a request, its patch, tests and evidence', () => {
  const text = render();
  const card = text.slice(text.indexOf('id="finding-authz-allow-any"'), text.indexOf('</article>'));
  expect(card).toContain('<dt>send</dt><dd>POST /v1/charges</dd>');
  expect(card).toContain('<span class="del">-  - {}\n</span>');
  expect(card).toContain('Must be refused');
  expect(card).toContain('payments-prod/policies.yaml:41:5');
  expect(card).toContain('authz/allow-any');
});

test('accepted findings stand apart, with reason, owner and end', () => {
  const text = render();
  const accepted = text.slice(text.indexOf('id="accepted"'), text.indexOf('<section id="paths"'));
  expect(accepted).toContain('Ports in legacy accept plaintext');
  expect(accepted).toContain('migrating, by team-x, until 2027-03-01');
});

test('paths and plan have their hops, costs and steps', () => {
  const text = render(sampleResultWithPaths());
  expect(text).toContain('<a href="#path-1">internet → shop/web → payments/ledger (cardholder data)</a>');
  expect(text).toContain('<article class="card critical" id="path-1">');
  expect(text).toContain('<strong>breaks</strong> legacy/batch → payments/ledger:8080 (plaintext), implied');
  expect(text).toContain('T1210');
});

test('an empty mesh and a mesh of unknowns claim nothing', () => {
  expect(render(emptyResult())).toContain('The input holds no workload.');
  expect(render(emptyResult())).toContain('Configured: not available, between 0 and 100 of 100');
  expect(render(unknownResult())).toMatch(
    /<span class="tone unsure"><span aria-hidden="true">\? <\/span>none, conditional/,
  );
});

test('residual: only what is open', () => {
  const text = renderHtml(sampleResult(), { ...options, residualOnly: true });
  expect(Array.from(text.matchAll(/<section id="([a-z]+)"/g), ([, id]) => id)).toEqual([
    'summary',
    'residual',
    'assumed',
  ]);
  expect(text).toContain('meshproof collect --context payments-prod');
});

test('same result, same bytes', () => {
  expect(render(sampleResultWithPaths())).toBe(render(sampleResultWithPaths()));
});
