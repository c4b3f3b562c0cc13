import { contains, formatAddress, parseAddress, type Address, type Cidr } from '../../util/cidr.ts';
import type { Space } from './axes.ts';
import type { Axis, Literal, ValueSet } from './formula.ts';
import { findWord } from './strings/find-word.ts';
import { type Machine, matchesWord } from './strings/machine.ts';

/** What is asked of one axis: some value in each `inside`, none in any `outside`. Sorted by id, without repetition. */
export interface Constraint {
  readonly axis: Axis;
  readonly inside: readonly ValueSet[];
  readonly outside: readonly ValueSet[];
  /** What its solver found, once it was asked. */
  solved?: Values | null;
}

/** The values of one axis in one request; a `one` or `address` axis has one, a `token` axis the number of its rule. */
export type Values = readonly string[];

/** Finds values for one axis at a time and remembers what it found. */
export class AxisSolver {
  readonly #space: Space;
  readonly #known = new Map<string, Values | null>();
  readonly #free = new Map<string, Values>();

  constructor(space: Space) {
    this.#space = space;
  }

  /** Values that satisfy the constraint; null: there are none. */
  solve(constraint: Constraint): Values | null {
    if (constraint.solved === undefined)
      constraint.solved = isOneWord(constraint) ? this.#find(constraint) : this.#recall(constraint);
    return constraint.solved;
  }

  /** Values of an axis of which nothing is asked. */
  free(axis: Axis): Values {
    let values = this.#free.get(axis.key);
    if (!values) {
      values = this.#find({ axis, inside: [], outside: [] }) ?? [];
      this.#free.set(axis.key, values);
    }
    return values;
  }

  #recall(constraint: Constraint): Values | null {
    const { axis, inside, outside } = constraint;
    const key = `${axis.key}|${ids(inside)}|${ids(outside)}`;
    let values = this.#known.get(key);
    if (values === undefined) {
      values = this.#find(constraint);
      this.#known.set(key, values);
    }
    return values;
  }

  #find({ axis, inside, outside }: Constraint): Values | null {
    switch (axis.kind) {
      case 'token':
        return findRule(inside, outside);
      case 'address':
        return findAddress(inside, outside, this.#space.preferred(axis));
      case 'one': {
        const word = this.#findWord(axis, inside, outside);
        return word === undefined ? null : [word];
      }
      case 'optional': {
        if (inside.length === 0) return [];
        const word = this.#findWord(axis, inside, outside);
        return word === undefined ? null : [word];
      }
      case 'many':
        return this.#findSome(axis, inside, outside);
    }
  }

  /** A value for each set; one value may do for several. Empty only if one of the sets lies in the union of `outside`. */
  #findSome(axis: Axis, inside: readonly ValueSet[], outside: readonly ValueSet[]): Values | null {
    const together = inside.length > 1 ? this.#findWord(axis, inside, outside) : undefined;
    if (together !== undefined) return [together];
    const found: string[] = [];
    for (const set of inside) {
      if (found.some((value) => isIn(set, value))) continue;
      const word = this.#findWord(axis, [set], outside);
      if (word === undefined) return null;
      found.push(word);
    }
    return found;
  }

  #findWord(axis: Axis, inside: readonly ValueSet[], outside: readonly ValueSet[]): string | undefined {
    const universe = this.#space.universe(axis);
    const isWanted = (word: string): boolean =>
      inside.every((set) => isIn(set, word)) && !outside.some((set) => isIn(set, word));
    const finite = inside.flatMap((set) => (set.kind === 'text' && set.words ? [set.words] : []));
    const [shortest] = finite.sort((a, b) => a.length - b.length);
    if (shortest) return shortest.find((word) => isWanted(word) && matchesWord(universe.machine, word));
    const expected = this.#space.preferred(axis).find((word) => isWanted(word) && matchesWord(universe.machine, word));
    return expected ?? findWord(universe, { inside: machines(inside), outside: machines(outside) });
  }
}

/** A word to try: sooner tried than looked up. */
const isOneWord = ({ axis, inside }: Constraint): boolean =>
  axis.kind === 'one' && inside.some((set) => set.kind === 'text' && set.words?.length === 1);

/** Whether the literal holds for these values of its axis. */
export function holdsFor({ set, negated }: Literal, values: Values): boolean {
  return values.some((value) => isIn(set, value)) !== negated;
}

function isIn(set: ValueSet, value: string): boolean {
  switch (set.kind) {
    case 'text':
      return set.words ? set.words.includes(value) : matchesWord(set.machine, value);
    case 'blocks': {
      const address = parseAddress(value);
      return address !== undefined && set.blocks.some((block) => contains(block, address));
    }
    case 'token':
      return set.rules.has(value);
  }
}

const ids = (sets: readonly ValueSet[]): string => sets.map(({ id }) => id).join();

const machines = (sets: readonly ValueSet[]): readonly Machine[] =>
  sets.flatMap((set) => (set.kind === 'text' ? [set.machine] : []));

/** The first rule number that is allowed; without a token before with one. */
function findRule(inside: readonly ValueSet[], outside: readonly ValueSet[]): Values | null {
  const [first, ...rest] = inside;
  if (first?.kind !== 'token') return outside.some((set) => isIn(set, '0')) ? null : ['0'];
  const rule = [...first.rules].find(
    (candidate) => rest.every((set) => isIn(set, candidate)) && !outside.some((set) => isIn(set, candidate)),
  );
  return rule === undefined ? null : [rule];
}

/** Only the borders of blocks make a difference: one address at each border is enough. */
function findAddress(
  inside: readonly ValueSet[],
  outside: readonly ValueSet[],
  preferred: readonly string[],
): Values | null {
  const blocks = [...inside, ...outside].flatMap((set) => (set.kind === 'blocks' ? set.blocks : []));
  const isWanted = (address: string): boolean =>
    inside.every((set) => isIn(set, address)) && !outside.some((set) => isIn(set, address));
  const found = preferred.find(isWanted) ?? borders(blocks).map(formatAddress).find(isWanted);
  return found === undefined ? null : [found];
}

function borders(blocks: readonly Cidr[]): readonly Address[] {
  return ([4, 6] as const).flatMap((family) => {
    const last = (1n << (family === 4 ? 32n : 128n)) - 1n;
    const own = blocks.filter((block) => block.family === family);
    const values = own.flatMap(({ first, last: end }) => (end < last ? [first, end + 1n] : [first]));
    return [...new Set([...values, 0n])].map((value) => ({ family, value }));
  });
}
