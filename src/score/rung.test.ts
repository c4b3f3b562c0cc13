import { expect, test } from 'vitest';
import { nextRung, rungOf } from './rung.ts';

test.each([
  [0, 10, 0],
  [1, 1000, 1],
  [49, 100, 1],
  [1, 2, 2],
  [79, 100, 2],
  [4, 5, 3],
  [94, 100, 3],
  [19, 20, 4],
  [20, 20, 4],
])('%i of %i is %i', (have, of, rating) => {
  expect(rungOf(have, of, false)).toBe(rating);
});

test('full coverage is the highest rating only with tests', () => {
  expect(rungOf(20, 20, true)).toBe(5);
  expect(rungOf(19, 20, true)).toBe(4);
});

test('the next rung names the smallest number that reaches it', () => {
  for (let of = 1; of <= 60; of += 1) {
    for (let rating = 0; rating < 4; rating += 1) {
      const next = nextRung(rating, of);
      if (!next) throw new Error('there is a rung above');
      expect(rungOf(next.have, of, false)).toBeGreaterThanOrEqual(next.rating);
      expect(rungOf(next.have - 1, of, false)).toBeLessThan(next.rating);
    }
  }
  expect(nextRung(4, 7)).toEqual({ rating: 5, have: 7, tested: true });
  expect(nextRung(5, 7)).toBeUndefined();
});
