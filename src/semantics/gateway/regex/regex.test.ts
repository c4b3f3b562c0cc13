import { describe, expect, it } from 'vitest';
import { compileRegex } from './regex.ts';

const matches = (pattern: string, text: string): boolean | undefined => compileRegex(pattern)?.test(text);

describe('compileRegex', () => {
  it.each([
    ['/info', '/info', true],
    ['/info', '/info/', false],
    ['^/info$', '/info', true],
    ['/v[0-9]+/.*', '/v12/a', true],
    ['/v[0-9]+/.*', '/v/a', false],
    ['GET|HEAD', 'HEAD', true],
    ['GET|HEAD', 'GETX', false],
    ['a{2,3}', 'aaa', true],
    ['a{2,3}', 'aaaa', false],
    ['a{2}', 'a', false],
    ['a{2,}b?', 'aaaaa', true],
    ['(?i)/API/(?:one|two)', '/api/TWO', true],
    ['(?i:a)b', 'AB', false],
    ['[^/]+', 'a/b', false],
    ['[[:alpha:]_-]+', 'a_b-c', true],
    ['[]a]+', ']a', true],
    ['[a-]+', 'a-a', true],
    ['\\Qa.b\\E', 'a.b', true],
    ['\\Qa.b\\E', 'axb', false],
    ['a\\.b', 'axb', false],
    ['(?P<year>\\d{4})-\\d\\d', '2026-11', true],
    ['.*\\bfoo\\b.*', 'a foo b', true],
    ['.*\\bfoo\\b.*', 'afoob', false],
    ['.', '\n', false],
    ['(?s).', '\n', true],
    ['\\x41\\x{42}', 'AB', true],
    ['\\p{Lu}+', 'ÄB', true],
    ['\\W', 'a', false],
    ['', '', true],
    ['', 'a', false],
    ['(a*)*b', 'aab', true],
    ['(?i)[a-c]+', 'aBC', true],
    ['(?i)[a-c]+', 'aBD', false],
    ['(?i)[^a-c]', 'B', false],
    ['(?m)a$\n^b', 'a\nb', true],
    ['(?s)a$.^b', 'a\nb', false],
    ['(?ms-m)a$.^b', 'a\nb', false],
    ['(?U)a$\n^b', 'a\nb', false],
    ['[[:xdigit:]]+', '0aFf', true],
    ['[[:xdigit:]]+', '0g', false],
  ])('%s on %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it.each([
    'a(?=b)',
    '(a)\\1',
    '(',
    'a)',
    '[',
    '*a',
    'a{2}{3}',
    'a{3,2}',
    'a{1001}',
    '\\y',
    '[z-a]',
    '(?<!a)b',
    '\\p{Nonsense}',
  ])('refuses %s, as RE2 does', (pattern) => {
    expect(compileRegex(pattern)).toBeUndefined();
  });

  it('takes linear time where a backtracking engine takes exponential', () => {
    expect(matches('(a+)+b', 'a'.repeat(5_000))).toBe(false);
  });

  it('refuses what would become too large', () => {
    expect(compileRegex('((a{1000}){1000}){1000}')).toBeUndefined();
  });

  it('refuses nesting without end instead of overflowing the stack', () => {
    expect(compileRegex('('.repeat(50_000))).toBeUndefined();
  });

  it.each(['/v[0-9]+/.*', '(?i)/api/(one|two)', '/[^/]+/x?', '\\d{3}-[a-f]{2}', '/a/(b|)/c+', '[#;]x', '[^ -"$-~]'])(
    'gives samples of %s that match',
    (pattern) => {
      const regex = compileRegex(pattern);
      expect(regex?.samples.length).toBeGreaterThan(0);
      for (const sample of regex?.samples ?? []) expect(regex?.test(sample), sample).toBe(true);
    },
  );

  it('tells patterns that are safe in a backtracking engine', () => {
    expect(compileRegex('/a/(.*)')?.isFlat).toBe(true);
    expect(compileRegex('(a+)+')?.isFlat).toBe(false);
    expect(compileRegex('(a|a)*b')?.isFlat).toBe(false);
  });
});
