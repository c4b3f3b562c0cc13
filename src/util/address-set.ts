import type { Cidr } from './cidr.ts';

/** Addresses from `first` to `last`, both included. */
type Range = Pick<Cidr, 'family' | 'first' | 'last'>;

/** A set of addresses as ranges that don't overlap, sorted within their family. */
export type AddressSet = readonly Range[];

export const NO_ADDRESS: AddressSet = [];
export const EVERY_ADDRESS: AddressSet = [
  { family: 4, first: 0n, last: (1n << 32n) - 1n },
  { family: 6, first: 0n, last: (1n << 128n) - 1n },
];

export function unite(a: AddressSet, b: AddressSet): AddressSet {
  const sorted = [...a, ...b].sort(
    (x, y) => x.family - y.family || (x.first < y.first ? -1 : x.first > y.first ? 1 : 0),
  );
  const out: Range[] = [];
  for (const range of sorted) {
    const before = out.at(-1);
    if (before?.family === range.family && range.first <= before.last + 1n) {
      if (range.last > before.last) out[out.length - 1] = { ...before, last: range.last };
    } else out.push(range);
  }
  return out;
}

export function intersect(a: AddressSet, b: AddressSet): AddressSet {
  return a.flatMap((x) =>
    b.flatMap((y) => {
      const { first } = x.first > y.first ? x : y;
      const { last } = x.last < y.last ? x : y;
      return x.family === y.family && first <= last ? [{ family: x.family, first, last }] : [];
    }),
  );
}

export function subtract(a: AddressSet, b: AddressSet): AddressSet {
  let left = a;
  for (const hole of b) {
    left = left.flatMap((range) => {
      if (range.family !== hole.family || hole.last < range.first || hole.first > range.last) return [range];
      return [
        ...(range.first < hole.first ? [{ ...range, last: hole.first - 1n }] : []),
        ...(range.last > hole.last ? [{ ...range, first: hole.last + 1n }] : []),
      ];
    });
  }
  return left;
}

export function sizeOf(set: AddressSet, family: 4 | 6): bigint {
  return set.reduce((size, range) => (range.family === family ? size + range.last - range.first + 1n : size), 0n);
}
