import fc from 'fast-check';
import { expect, test } from 'vitest';
import { code, fenced, link, prose, table } from './syntax.ts';

test('prose: what Markdown, HTML and GitHub would read is a reference; names stay legible', () => {
  expect(prose('a_b is <b>bold</b> **x** [y](z) | @team #1')).toBe(
    'a_b is &lt;b&gt;bold&lt;/b&gt; &#42;&#42;x&#42;&#42; &#91;y&#93;(z) &#124; &#64;team &#35;1',
  );
  expect(prose('https://x.example www.x.example')).toBe('https&#58;//x.example www&#46;x.example');
  expect(prose('_emphasis_ 1.31')).toBe('&#95;emphasis&#95; 1.31');
});

test('prose: nothing starts a list, a heading or a new line', () => {
  expect(prose('- item')).toBe('&#45; item');
  expect(prose('1. item')).toBe('1&#46; item');
  expect(prose('a\n\n# b')).toBe('a &#35; b');
  expect(prose('=== x')).toBe('&#61;== x');
});

test('prose: code in back-ticks stays code, a single back-tick does not', () => {
  expect(prose('`principal` is no field')).toBe('`principal` is no field');
  expect(prose('a ` b')).toBe('a &#96; b');
});

test('code: back-ticks, pipes and backslashes need HTML', () => {
  expect(code('spec.rules[0]')).toBe('`spec.rules[0]`');
  expect(code('a|b')).toBe('<code>a&#124;b</code>');
  expect(code('a`<b>`')).toBe('<code>a&#96;&lt;b&gt;&#96;</code>');
});

test('fenced: the fence is longer than any in the text', () => {
  expect(fenced('a\n````\nb\n', 'sh')).toBe('`````sh\na\n````\nb\n`````');
});

test('link: the web only', () => {
  expect(link('https://istio.io/x')).toBe('<https://istio.io/x>');
  expect(link('javascript:alert(1)')).toBe('javascript:alert(1)');
  expect(link('https://x/"><script>')).not.toContain('<');
});

test('no text adds a cell, a row or a tag to a table', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('`', '``', '|', '\\', '\\|', '<b>', '\n'),
      (text, sharp) => {
        for (const cell of [prose(text + sharp + text), code(text + sharp + text)]) {
          const [lines = ''] = table(['a', 'b'], [[cell, 'x']]);
          expect(lines.split('\n')).toHaveLength(3);
          expect(lines.split('\n')[2]?.match(/(?<!\\)\|/g)).toHaveLength(3);
          expect(cell.replace(/<\/?code>|`[^`]*`/g, '')).not.toMatch(/[<>`*[\]|]/);
        }
      },
    ),
  );
});
