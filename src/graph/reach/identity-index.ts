import type { Mesh, Principal } from '../../model/inventory/types.ts';
import { DEAD, type Machine } from '../../semantics/algebra/strings/machine.ts';

const KNOWN = new WeakMap<Mesh, IdentityIndex>();

/** The identities of a mesh in order, so that all that a pattern matches are found without asking each of them. */
export class IdentityIndex {
  readonly #sorted: readonly Principal[];

  constructor(identities: Iterable<Principal>) {
    this.#sorted = [...identities].sort();
  }

  /** Those that the machine accepts, or those that it does not; in order. */
  find(machine: Machine, accepted: boolean): readonly Principal[] {
    const found: Principal[] = [];
    this.#walk(machine, accepted, { from: 0, to: this.#sorted.length, depth: 0, state: machine.start }, found);
    return found;
  }

  /** Follows the machine along what a range of neighbours has in common, and splits the range where they part. */
  #walk(machine: Machine, accepted: boolean, range: Range, found: Principal[]): void {
    let { from, depth, state } = range;
    const { to } = range;
    for (; from < to; depth++) {
      const isDecided = state === DEAD || machine.acceptsAll(state);
      if (isDecided) {
        if ((state !== DEAD) === accepted) for (let i = from; i < to; i++) found.push(this.#at(i));
        return;
      }
      // The shortest comes first: it ends here.
      while (from < to && this.#at(from).length === depth) {
        if (machine.accepts(state) === accepted) found.push(this.#at(from));
        from++;
      }
      if (from >= to) return;
      const first = this.#at(from).charAt(depth);
      if (this.#at(to - 1).charAt(depth) === first) {
        state = machine.step(state, first);
        continue;
      }
      for (let start = from; start < to; ) {
        const character = this.#at(start).charAt(depth);
        let end = start + 1;
        while (end < to && this.#at(end).charAt(depth) === character) end++;
        const next = { from: start, to: end, depth: depth + 1, state: machine.step(state, character) };
        this.#walk(machine, accepted, next, found);
        start = end;
      }
      return;
    }
  }

  #at(i: number): Principal {
    return this.#sorted[i] ?? ('' as Principal);
  }
}

interface Range {
  readonly from: number;
  readonly to: number;
  /** How many characters they share, and where the machine is after these. */
  readonly depth: number;
  readonly state: number;
}

export function identityIndexOf(mesh: Mesh): IdentityIndex {
  let index = KNOWN.get(mesh);
  if (!index) {
    index = new IdentityIndex(mesh.identities.keys());
    KNOWN.set(mesh, index);
  }
  return index;
}
