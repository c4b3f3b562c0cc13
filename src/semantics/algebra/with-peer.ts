import { PEER } from './axes.ts';
import { holdsFor } from './axis-solver.ts';
import { all, any, constant, type Formula } from './formula.ts';

/** What is left of a set for one peer: what it says of identities becomes a fact. Null: no identity, which no positive condition matches. */
export function withPeer(formula: Formula, peer: string | null): Formula {
  switch (formula.kind) {
    case 'literal':
      return formula.axis === PEER ? constant(holdsFor(formula, peer === null ? [] : [peer])) : formula;
    case 'all':
      return all(formula.of.map((part) => withPeer(part, peer)));
    case 'any':
      return any(formula.of.map((part) => withPeer(part, peer)));
  }
}
