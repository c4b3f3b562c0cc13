import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Demand, hittingSet } from './hitting-set.ts';

const demand = (keys: string, weight = 1): Demand => ({ keys: new Set(keys), weight });
const hitsAll = (demands: readonly Demand[], keys: readonly string[]): boolean =>
  demands.every((each) => each.keys.size === 0 || keys.some((key) => each.keys.has(key)));

/** By trying all. */
function smallest(demands: readonly Demand[], names: readonly string[]): number {
  for (let size = 0; ; size++)
    for (let bits = 0; bits < 2 ** names.length; bits++) {
      const chosen = names.filter((_, index) => (bits >> index) & 1);
      if (chosen.length === size && hitsAll(demands, chosen)) return size;
    }
}

describe('a hitting set', () => {
  it('takes what hits most of what is left, not of all', () => {
    expect(hittingSet([demand('ab'), demand('ab'), demand('ab'), demand('bc'), demand('cd')])).toEqual(['b', 'c']);
  });

  it('is smaller than what greed finds, where little hangs together', () => {
    // Greed starts with `x`, which hits most, and needs both others after it.
    const demands = [
      demand('ax', 3),
      demand('ax', 3),
      demand('bx', 3),
      demand('bx', 3),
      demand('a', 1),
      demand('b', 1),
    ];
    expect(hittingSet(demands)).toEqual(['a', 'b']);
  });

  it('what weighs more comes first', () => {
    expect(hittingSet([demand('a', 1), demand('b', 9), demand('c', 4)])).toEqual(['b', 'c', 'a']);
  });

  it('hits everything with as few as there can be, whatever the order of the demands', () => {
    const names = [...'abcdefg'];
    const keys = fc.uniqueArray(fc.constantFrom(...names), { maxLength: 4 });
    const demands = fc.array(
      fc.record({
        keys: keys.map((list): ReadonlySet<string> => new Set(list)),
        weight: fc.integer({ min: 1, max: 100 }),
      }),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(demands, (list) => {
        const found = hittingSet(list);
        expect(hitsAll(list, found)).toBe(true);
        expect(found.length).toBe(smallest(list, names));
        expect(hittingSet(list.toReversed()).length).toBe(found.length);
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});
