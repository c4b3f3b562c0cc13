import { DEAD, type Machine } from './machine.ts';

/** What a word has to be: in every `inside`, in no `outside`. */
export interface Wanted {
  readonly inside: readonly Machine[];
  readonly outside: readonly Machine[];
}

/** All words that may occur at all on an axis. */
export interface Universe {
  readonly machine: Machine;
  /** Characters that stand for all those that nobody names, most readable first. */
  readonly fillers: string;
}

/** What was tried is more than this: the search stops and says so. */
const MOST_STATES = 200_000;

export class SearchLimit extends Error {
  constructor() {
    super('the search for a word was given up');
  }
}

/**
 * A shortest word of the universe that is wanted; undefined: there is none. Exact: the product of all machines is searched breadth first, one
 * state at a time, so that only what is reached is ever made.
 *
 * @throws {SearchLimit} after 200,000 states.
 */
export function findWord(universe: Universe, { inside, outside }: Wanted): string | undefined {
  const machines = [universe.machine, ...inside, ...outside];
  const firstOutside = 1 + inside.length;
  const alphabet = alphabetOf(machines, universe.fillers);
  const start = machines.map(({ start: state }) => state);
  if (isHopeless(start, machines, firstOutside)) return undefined;
  const seen = new Set([start.join()]);
  const queue: { readonly states: readonly number[]; readonly character: string; readonly from: number }[] = [
    { states: start, character: '', from: -1 },
  ];
  for (let at = 0; at < queue.length; at++) {
    const here = queue[at];
    if (!here) break;
    if (isWanted(here.states, machines, firstOutside)) return wordAt(queue, at);
    for (const character of alphabet) {
      const states = here.states.map((state, i) =>
        state === DEAD ? DEAD : (machines[i]?.step(state, character) ?? DEAD),
      );
      if (isHopeless(states, machines, firstOutside)) continue;
      const key = states.join();
      if (seen.has(key)) continue;
      if (seen.size >= MOST_STATES) throw new SearchLimit();
      seen.add(key);
      queue.push({ states, character, from: at });
    }
  }
  return undefined;
}

/** A machine that must accept is dead, or one that must not accepts whatever follows. */
function isHopeless(states: readonly number[], machines: readonly Machine[], firstOutside: number): boolean {
  return states.some((state, i) =>
    i < firstOutside ? state === DEAD : state !== DEAD && (machines[i]?.acceptsAll(state) ?? false),
  );
}

function isWanted(states: readonly number[], machines: readonly Machine[], firstOutside: number): boolean {
  return states.every((state, i) => {
    const accepts = state !== DEAD && (machines[i]?.accepts(state) ?? false);
    return accepts === i < firstOutside;
  });
}

/** For patterns that name all readable characters. */
const RARE_FILLERS = '-_~+$!&*=,;:@';

function alphabetOf(machines: readonly Machine[], fillers: string): readonly string[] {
  const named = new Set<string>();
  for (const { characters } of machines) for (const character of characters) named.add(character);
  const filler = [...fillers, ...RARE_FILLERS].find((character) => !named.has(character));
  // Unnamed characters first: what is left open should not look as if it mattered.
  return [...(filler === undefined ? [] : [filler]), ...[...named].sort()];
}

function wordAt(queue: readonly { readonly character: string; readonly from: number }[], end: number): string {
  let word = '';
  for (let at = end; at > 0; ) {
    const step = queue[at];
    if (!step) break;
    word = step.character + word;
    at = step.from;
  }
  return word;
}
