import { all, any, type Formula, type Literal, not } from './formula.ts';

/** A set of requests that is known from both sides: what is in it for certain, and everything that may be. One and the same where it is exact. */
export interface Bounds {
  readonly surely: Formula;
  readonly possibly: Formula;
}

export const exact = (formula: Formula): Bounds => ({ surely: formula, possibly: formula });

const isExact = ({ surely, possibly }: Bounds): boolean => surely === possibly;

export const allOf = (parts: readonly Bounds[]): Bounds => combine(parts, all);

export const anyOf = (parts: readonly Bounds[]): Bounds => combine(parts, any);

export const notOf = (bounds: Bounds): Bounds =>
  isExact(bounds) ? exact(not(bounds.surely)) : { surely: not(bounds.possibly), possibly: not(bounds.surely) };

function combine(parts: readonly Bounds[], by: (formulas: readonly Formula[]) => Formula): Bounds {
  const surely = by(parts.map((part) => part.surely));
  return parts.every(isExact) ? exact(surely) : { surely, possibly: by(parts.map((part) => part.possibly)) };
}

/** What a condition comes to elsewhere, given without its negation; undefined: the same. */
export type Substitution = (literal: Literal) => Bounds | undefined;

/** The set after its conditions were put in terms of other values. */
export function substitute(bounds: Bounds, by: Substitution): Bounds {
  const surely = replace(bounds.surely, by);
  if (isExact(bounds)) return surely;
  return { surely: surely.surely, possibly: replace(bounds.possibly, by).possibly };
}

function replace(formula: Formula, by: Substitution): Bounds {
  switch (formula.kind) {
    case 'literal': {
      const positive = formula.negated ? { ...formula, negated: false } : formula;
      const found = by(positive);
      if (!found) return exact(formula);
      return formula.negated ? notOf(found) : found;
    }
    case 'all':
      return allOf(formula.of.map((part) => replace(part, by)));
    case 'any':
      return anyOf(formula.of.map((part) => replace(part, by)));
  }
}
