import type { ChainSets, Likeness } from './chain-formula.ts';

/** Sets of a point that are worked out when somebody looks into them: of most points only the likeness to others is. */
export class LazyChain implements ChainSets {
  readonly likeness: Likeness;
  readonly #make: () => ChainSets;
  #sets: ChainSets | undefined;

  constructor(likeness: Likeness, make: () => ChainSets) {
    this.likeness = likeness;
    this.#make = make;
  }

  get authenticated(): ChainSets['authenticated'] {
    return this.#made.authenticated;
  }

  get hasToken(): ChainSets['hasToken'] {
    return this.#made.hasToken;
  }

  get tokens(): ChainSets['tokens'] {
    return this.#made.tokens;
  }

  get refusing(): ChainSets['refusing'] {
    return this.#made.refusing;
  }

  get asking(): ChainSets['asking'] {
    return this.#made.asking;
  }

  get deny(): ChainSets['deny'] {
    return this.#made.deny;
  }

  get allow(): ChainSets['allow'] {
    return this.#made.allow;
  }

  get restricted(): boolean {
    return this.#made.restricted;
  }

  get passes(): ChainSets['passes'] {
    return this.#made.passes;
  }

  get formulaOf(): ChainSets['formulaOf'] {
    return this.#made.formulaOf;
  }

  get #made(): ChainSets {
    this.#sets ??= this.#make();
    return this.#sets;
  }
}
