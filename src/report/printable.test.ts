import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toPrintable } from './printable.ts';

test('control characters and what reorders text are written out, in keys too', () => {
  expect(toPrintable({ 'a\u001b[1m': ['x\u202ey', 'z\u009b'] })).toEqual({
    'a\\u{1b}[1m': ['x\\u{202e}y', 'z\\u{9b}'],
  });
});

test('line breaks, tabs and every script stay', () => {
  const value = { text: 'a\n\tb', name: 'zażółć 服务 👩‍💻' };
  expect(toPrintable(value)).toBe(value);
});

test('only what changes is copied', () => {
  const same = { deep: ['fine'] };
  const clean = toPrintable({ same, bad: '\u0007' });
  expect(clean.bad).toBe('\\u{7}');
  expect(clean.same).toBe(same);
});

test('nothing unprintable is left, and doing it twice changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const clean = toPrintable(text);
      expect(clean.replace(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      expect(toPrintable(clean)).toBe(clean);
    }),
  );
});
