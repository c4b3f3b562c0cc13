import fc from 'fast-check';
import { expect, test } from 'vitest';
import { html, joined, link, prose } from './syntax.ts';

test('values are escaped, HTML is not escaped twice, nothing is nothing', () => {
  expect(html`<p title="${'a"b'}">${html`<b>${'<i>'}</b>`}${false}${undefined}${['&', 1]}</p>`.html).toBe(
    '<p title="a&quot;b"><b>&lt;i&gt;</b>&amp;1</p>',
  );
});

test('no text adds a tag or ends an attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { html: out } = html`<p title="${text}" lang='${text}'>${text}${prose(text)}</p>`;
      const known = out.replaceAll('<code>', '').replaceAll('</code>', '');
      expect(known.match(/[<>]/g)).toHaveLength(4);
      expect(known.match(/["']/g)).toHaveLength(4);
    }),
  );
});

test('prose: what stands in back-ticks is code', () => {
  expect(prose('`<a>` is no field').html).toBe('<code>&lt;a&gt;</code> is no field');
});

test('link: the web only', () => {
  expect(link('https://istio.io/x').html).toBe('<a href="https://istio.io/x" rel="noreferrer">https://istio.io/x</a>');
  expect(link('javascript:alert(1)').html).toBe('javascript:alert(1)');
  expect(link('https://x" onclick="y').html).not.toContain('<a');
});

test('joined puts something between', () => {
  expect(html`${joined(['a', 'b'], ', ')}`.html).toBe('a, b');
});
