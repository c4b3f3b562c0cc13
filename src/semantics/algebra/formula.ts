import type { Cidr } from '../../util/cidr.ts';
import type { Machine } from './strings/machine.ts';

/**
 * An attribute of a request that conditions speak about. `one`: always has exactly one value; `optional`: at most one; `many`: any number, of
 * which a condition asks for some value in a set (headers, audiences, list claims). Values of `address` axes are addresses, and the one
 * `token` axis says which JWT rule accepts the token, and where it stands (0: there is none).
 */
export interface Axis {
  readonly key: string;
  readonly kind: 'one' | 'optional' | 'many' | 'address' | 'token';
  /** A claim's place inside the token. */
  readonly path?: readonly string[];
}

export type ValueSet =
  | TextSet
  | { readonly id: number; readonly kind: 'blocks'; readonly blocks: readonly Cidr[] }
  | { readonly id: number; readonly kind: 'token'; readonly rules: ReadonlySet<string> };

export interface TextSet {
  readonly id: number;
  readonly kind: 'text';
  readonly machine: Machine;
  /** The set is finite, and these are all of it. */
  readonly words?: readonly string[];
  /** Identities in the set are all of these namespaces. */
  readonly namespaces?: readonly string[];
}

/** Some value of the axis is in the set; negated: none is. */
export interface Literal {
  readonly kind: 'literal';
  readonly axis: Axis;
  readonly set: ValueSet;
  readonly negated: boolean;
}

/** A set of requests, in negation normal form. */
export type Formula =
  | Literal
  | { readonly kind: 'all'; readonly of: readonly Formula[] }
  | { readonly kind: 'any'; readonly of: readonly Formula[] };

/** Every request. */
export const EVERYTHING: Formula = { kind: 'all', of: [] };
/** No request. */
export const NOTHING: Formula = { kind: 'any', of: [] };

const isEverything = (formula: Formula): boolean => formula.kind === 'all' && formula.of.length === 0;
const isNothing = (formula: Formula): boolean => formula.kind === 'any' && formula.of.length === 0;

/** Intersection. */
export function all(formulas: readonly Formula[]): Formula {
  if (formulas.some(isNothing)) return NOTHING;
  return joined('all', formulas);
}

/** Union. */
export function any(formulas: readonly Formula[]): Formula {
  if (formulas.some(isEverything)) return EVERYTHING;
  return joined('any', formulas);
}

/** Members of the same kind are taken in; one alone is itself. */
function joined(kind: 'all' | 'any', formulas: readonly Formula[]): Formula {
  const of: Formula[] = [];
  for (const formula of formulas) {
    if (formula.kind === kind) for (const part of formula.of) of.push(part);
    else of.push(formula);
  }
  const [only] = of;
  return of.length === 1 && only ? only : { kind, of };
}

/** Complement. */
export function not(formula: Formula): Formula {
  switch (formula.kind) {
    case 'literal':
      return { ...formula, negated: !formula.negated };
    case 'all':
      return any(formula.of.map(not));
    case 'any':
      return all(formula.of.map(not));
  }
}

export const literal = (axis: Axis, set: ValueSet): Literal => ({ kind: 'literal', axis, set, negated: false });

/** Whether it holds for every request (`true`), for none (`false`), or as the request is. */
export const constant = (value: boolean): Formula => (value ? EVERYTHING : NOTHING);
