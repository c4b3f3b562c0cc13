import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AddressSet, EVERY_ADDRESS, intersect, NO_ADDRESS, sizeOf, subtract, unite } from './address-set.ts';

const v4 = (...ranges: readonly (readonly [number, number])[]): AddressSet =>
  ranges.reduce<AddressSet>(
    (set, [first, last]) => unite(set, [{ family: 4, first: BigInt(first), last: BigInt(last) }]),
    NO_ADDRESS,
  );

const sets = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 8 })), { maxLength: 5 })
  .map((pairs) => v4(...pairs.map(([first, more]) => [first, first + more] as const)));

const members = (set: AddressSet): ReadonlySet<number> => {
  const found = new Set<number>();
  for (const { first, last } of set) for (let i = Number(first); i <= Number(last); i++) found.add(i);
  return found;
};

describe('sets of addresses', () => {
  it('are those of their members', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        const [inA, inB] = [members(a), members(b)];
        expect(members(unite(a, b))).toEqual(new Set([...inA, ...inB].sort((x, y) => x - y)));
        expect(members(intersect(a, b))).toEqual(new Set([...inA].filter((each) => inB.has(each))));
        expect(members(subtract(a, b))).toEqual(new Set([...inA].filter((each) => !inB.has(each))));
        expect(sizeOf(a, 4)).toBe(BigInt(inA.size));
      }),
    );
  });

  it('keep families apart', () => {
    expect(subtract(EVERY_ADDRESS, [{ family: 6, first: 0n, last: (1n << 128n) - 1n }])).toEqual([EVERY_ADDRESS[0]]);
    expect(sizeOf(EVERY_ADDRESS, 4)).toBe(1n << 32n);
    expect(intersect(v4([1, 2]), [{ family: 6, first: 1n, last: 2n }])).toEqual([]);
  });
});
