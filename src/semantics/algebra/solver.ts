import type { Space } from './axes.ts';
import { AxisSolver, type Constraint, holdsFor, type Values } from './axis-solver.ts';
import type { Axis, Formula, Literal, ValueSet } from './formula.ts';
import { SearchLimit } from './strings/find-word.ts';

/** One request as values per axis. */
export interface Model {
  /** Of an axis that nothing asks about: what the space prefers. */
  readonly values: (axis: Axis) => Values;
  /** The axes that the set speaks about. */
  readonly axes: readonly Axis[];
}

type Constraints = ReadonlyMap<string, Constraint>;
type Choice = Extract<Formula, { kind: 'any' }>;

const MOST_BRANCHES = 20_000;

/**
 * Finds a request in a set, or proves that there is none. Intersections become constraints per axis, which are solved exactly; of unions, one
 * that the request in hand does not satisfy is chosen and its members are tried in turn. So differences with many members are never spelt
 * out, and the search ends at the first answer.
 */
export class Solver {
  readonly #axes: AxisSolver;
  #branches = 0;

  constructor(space: Space) {
    this.#axes = new AxisSolver(space);
  }

  /**
   * A request of the set; undefined: it is empty.
   *
   * @throws {SearchLimit} when the search was given up, so that nothing is known.
   */
  find(formula: Formula): Model | undefined {
    this.#branches = 0;
    return this.#search([formula], new Map(), []);
  }

  isEmpty(formula: Formula): boolean {
    return this.find(formula) === undefined;
  }

  #search(added: readonly Formula[], constraints: Constraints, open: readonly Choice[]): Model | undefined {
    if (++this.#branches > MOST_BRANCHES) throw new SearchLimit();
    const narrowed = this.#narrow(added, constraints, open);
    if (!narrowed) return undefined;
    const model: Model = {
      values: (axis) => {
        const constraint = narrowed.constraints.get(axis.key);
        return constraint ? (this.#axes.solve(constraint) ?? []) : this.#axes.free(axis);
      },
      get axes() {
        return axesOf(narrowed.constraints, narrowed.open);
      },
    };
    const choice = narrowed.open.find((candidate) => !holds(candidate, model));
    if (!choice) return model;
    const rest = narrowed.open.filter((candidate) => candidate !== choice);
    for (const option of choice.of) {
      const found = this.#search([option], narrowed.constraints, rest);
      if (found) return found;
    }
    return undefined;
  }

  /** Adds formulas to what is asked; undefined where an axis has no value left. */
  #narrow(
    added: readonly Formula[],
    before: Constraints,
    open: readonly Choice[],
  ): { readonly constraints: Constraints; readonly open: readonly Choice[] } | undefined {
    const constraints = new Map(before);
    const choices = [...open];
    const touched = new Set<string>();
    const pending = [...added];
    for (let formula = pending.pop(); formula; formula = pending.pop()) {
      if (formula.kind === 'all') pending.push(...formula.of);
      else if (formula.kind === 'literal') {
        const { key } = formula.axis;
        constraints.set(key, addTo(constraints.get(key), formula));
        touched.add(key);
      } else if (formula.of.length === 1 && formula.of[0]) pending.push(formula.of[0]);
      else if (formula.of.length === 0) return undefined;
      else choices.push(formula);
    }
    for (const key of touched) {
      const constraint = constraints.get(key);
      if (constraint && (this.#axes.solve(constraint) === null || isInsideValue(constraint, constraints)))
        return undefined;
    }
    return { constraints, open: choices };
  }
}

/** Whether the request is in the set. */
export function holds(formula: Formula, model: Model): boolean {
  switch (formula.kind) {
    case 'literal':
      return holdsFor(formula, model.values(formula.axis));
    case 'all':
      return formula.of.every((part) => holds(part, model));
    case 'any':
      return formula.of.some((part) => holds(part, model));
  }
}

function axesOf(constraints: Constraints, open: readonly Formula[]): readonly Axis[] {
  const found = new Map([...constraints.values()].map(({ axis }) => [axis.key, axis]));
  const pending = [...open];
  for (let formula = pending.pop(); formula; formula = pending.pop()) {
    if (formula.kind === 'literal') found.set(formula.axis.key, formula.axis);
    else pending.push(...formula.of);
  }
  return [...found.values()];
}

function addTo(constraint: Constraint | undefined, { axis, set, negated }: Literal): Constraint {
  const { inside, outside } = constraint ?? { inside: [], outside: [] };
  return negated ? { axis, inside, outside: insert(outside, set) } : { axis, inside: insert(inside, set), outside };
}

function insert(sets: readonly ValueSet[], set: ValueSet): readonly ValueSet[] {
  if (sets.length === 0) return [set];
  if (sets.some(({ id }) => id === set.id)) return sets;
  return [...sets, set].sort((a, b) => a.id - b.id);
}

/** A claim cannot hold a string and at the same time an object with claims of its own. */
function isInsideValue({ axis, inside }: Constraint, constraints: Constraints): boolean {
  const { path } = axis;
  if (!path || inside.length === 0) return false;
  for (const other of constraints.values()) {
    if (!other.axis.path || other.axis.path.length === path.length || other.inside.length === 0) continue;
    const [short, long] = other.axis.path.length < path.length ? [other.axis.path, path] : [path, other.axis.path];
    if (short.every((step, i) => step === long[i])) return true;
  }
  return false;
}
