/** A deterministic matcher that reads one UTF-16 unit at a time. States are small numbers that are made when first reached. */
export interface Machine {
  readonly start: number;
  /** `DEAD` where nothing that follows can match any more. */
  step(state: number, character: string): number;
  accepts(state: number): boolean;
  /** Whatever follows is accepted too. */
  acceptsAll(state: number): boolean;
  /** The characters that it tells apart; all others are alike to it. */
  readonly characters: ReadonlySet<string>;
}

export const DEAD = -1;

/** Accepts nothing. */
export const NO_WORD: Machine = {
  start: 0,
  step: () => DEAD,
  accepts: () => false,
  acceptsAll: () => false,
  characters: new Set(),
};

export function matchesWord(machine: Machine, word: string): boolean {
  let state = machine.start;
  for (let i = 0; i < word.length && state !== DEAD; i++) state = machine.step(state, word.charAt(i));
  return state !== DEAD && machine.accepts(state);
}

/** A machine whose matcher sees every character through a map: `fold` must be the identity on what it returns. */
export function foldCase(machine: Machine): Machine {
  const characters = new Set<string>();
  for (const character of machine.characters) {
    characters.add(character);
    const upper = character.toUpperCase();
    if (upper.length === 1) characters.add(upper);
  }
  return { ...bind(machine), characters, step: (state, character) => machine.step(state, character.toLowerCase()) };
}

/** Compares what stands before the query or fragment only. */
export function beforeQuery(machine: Machine): Machine {
  // Twice the states: odd ones are behind the mark, where nothing changes any more.
  return {
    start: machine.start * 2,
    step(state, character) {
      if (state % 2 === 1) return state;
      if (character === '?' || character === '#') return machine.accepts(state / 2) ? state + 1 : DEAD;
      const next = machine.step(state / 2, character);
      return next === DEAD ? DEAD : next * 2;
    },
    accepts: (state) => state % 2 === 1 || machine.accepts(state / 2),
    acceptsAll: (state) => state % 2 === 1 || machine.acceptsAll(state / 2),
    characters: new Set([...machine.characters, '?', '#']),
  };
}

const bind = (machine: Machine): Machine => ({
  start: machine.start,
  step: (state, character) => machine.step(state, character),
  accepts: (state) => machine.accepts(state),
  acceptsAll: (state) => machine.acceptsAll(state),
  characters: machine.characters,
});
