import { DEAD, type Machine } from './machine.ts';
import { States } from './states.ts';

/** Accepts what some of the machines accept: all are followed at once. */
export function unionMachine(machines: readonly Machine[]): Machine {
  const [only] = machines;
  if (only && machines.length === 1) return only;
  const states = new States<readonly number[]>();
  const intern = (parts: readonly number[]): number =>
    parts.every((part) => part === DEAD) ? DEAD : states.number(parts.join(), parts);
  const some = (number: number, holds: (machine: Machine, state: number) => boolean): boolean =>
    states.at(number)?.some((state, i) => {
      const machine = machines[i];
      return state !== DEAD && machine !== undefined && holds(machine, state);
    }) ?? false;
  return {
    start: intern(machines.map(({ start }) => start)),
    step(number, character) {
      const parts = states.at(number);
      if (!parts) return DEAD;
      return intern(parts.map((state, i) => (state === DEAD ? DEAD : (machines[i]?.step(state, character) ?? DEAD))));
    },
    accepts: (number) => some(number, (machine, state) => machine.accepts(state)),
    acceptsAll: (number) => some(number, (machine, state) => machine.acceptsAll(state)),
    characters: new Set(machines.flatMap(({ characters }) => [...characters])),
  };
}
