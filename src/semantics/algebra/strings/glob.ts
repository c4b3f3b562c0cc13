import { DEAD, type Machine } from './machine.ts';
import { splitUnits } from './word-list.ts';

/** A set of characters: one of them, all, or a class; `in-line`: what a dot is in RE2. */
export type CharacterClass =
  | { readonly only: string }
  | 'any'
  | 'in-line'
  | 'in-segment'
  | 'alphanumeric'
  | 'label'
  | 'name';

/** One character of a class, or any number of them. */
export interface Token {
  readonly of: CharacterClass;
  readonly repeats: boolean;
}

/** A pattern over whole words. */
export type Glob = readonly Token[];

/** One token per character there is: a mesh names millions of characters. */
const LITERALS = new Map<string, Token>();

function literalToken(only: string): Token {
  let token = LITERALS.get(only);
  if (!token) {
    token = { of: { only }, repeats: false };
    LITERALS.set(only, token);
  }
  return token;
}

export const literally = (text: string): Glob => splitUnits(text).map(literalToken);
export const anything = (of: CharacterClass = 'any'): Glob => [{ of, repeats: true }];
export const something = (of: CharacterClass = 'any'): Glob => [
  { of, repeats: false },
  { of, repeats: true },
];

const CLASSES: Readonly<Record<Exclude<CharacterClass, object>, RegExp>> = {
  any: /[\s\S]/,
  'in-line': /[^\n]/,
  'in-segment': /[^/]/,
  alphanumeric: /[a-z0-9]/,
  label: /[a-z0-9-]/,
  name: /[a-z0-9.-]/,
};

const holds = (of: CharacterClass, character: string): boolean =>
  typeof of === 'object' ? of.only === character : of === 'any' || CLASSES[of].test(character);

/**
 * Accepts what some of the globs match. The positions in all globs are followed at once, and each set of positions becomes a state when it is
 * first reached (subset construction on demand).
 */
export function globMachine(globs: readonly Glob[]): Machine {
  // All globs in a row, each with an end position of its own.
  const tokens: (Token | 'end')[] = globs.flatMap((glob) => [...glob, 'end' as const]);
  const starts: number[] = [];
  let offset = 0;
  for (const glob of globs) {
    starts.push(offset);
    offset += glob.length + 1;
  }
  const states: { readonly positions: readonly number[]; readonly next: Map<string, number> }[] = [];
  const known = new Map<string, number>();
  const intern = (positions: Iterable<number>): number => {
    const all = new Set<number>();
    for (let position of positions) {
      // A token that may repeat may also be skipped.
      for (all.add(position); isSkippable(tokens[position]); all.add(position)) position++;
    }
    if (all.size === 0) return DEAD;
    const sorted = [...all].sort((a, b) => a - b);
    const key = sorted.join();
    let state = known.get(key);
    if (state === undefined) {
      state = states.push({ positions: sorted, next: new Map() }) - 1;
      known.set(key, state);
    }
    return state;
  };
  const characters = charactersOf(globs);
  const start = intern(starts);
  return {
    start,
    step(state, character) {
      const from = states[state];
      if (!from) return DEAD;
      const kind = characters.has(character) ? character : classKey(character);
      let next = from.next.get(kind);
      if (next === undefined) {
        const reached: number[] = [];
        for (const position of from.positions) {
          const token = tokens[position];
          if (token === undefined || token === 'end' || !holds(token.of, character)) continue;
          reached.push(token.repeats ? position : position + 1);
        }
        next = intern(reached);
        from.next.set(kind, next);
      }
      return next;
    },
    accepts: (state) => states[state]?.positions.some((position) => tokens[position] === 'end') ?? false,
    acceptsAll: (state) =>
      states[state]?.positions.some((position) => {
        const token = tokens[position];
        return token !== 'end' && token?.repeats && token.of === 'any' && tokens[position + 1] === 'end';
      }) ?? false,
    characters,
  };
}

const isSkippable = (token: Token | 'end' | undefined): boolean =>
  token !== undefined && token !== 'end' && token.repeats;

/** Characters outside those that patterns name are told apart by their class only. */
function classKey(character: string): string {
  if (/[a-z0-9]/.test(character)) return '(alphanumeric)';
  return character === '/' || character === '.' || character === '-' ? character : '(other)';
}

function charactersOf(globs: readonly Glob[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { of } of globs.flat()) {
    if (typeof of === 'object') found.add(of.only);
    else if (of === 'in-segment') found.add('/');
    else if (of === 'in-line') found.add('\n');
    else if (of === 'label') found.add('-');
    else if (of === 'name') found.add('-').add('.');
  }
  return found;
}
