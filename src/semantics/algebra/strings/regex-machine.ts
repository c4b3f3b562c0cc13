import { follow, type Regex, type Step } from '../../gateway/regex/regex.ts';
import { DEAD, type Machine } from './machine.ts';
import { States } from './states.ts';

interface State {
  /** Steps that come next, before anything that takes no character was followed. */
  readonly at: readonly number[];
  /** Stands for the character before, as far as assertions look at it. */
  readonly before: string;
  readonly next: Map<string, number>;
}

/** Accepts what a whole regular expression matches: Pike's simulation, with each set of threads as one state. */
export function regexMachine({ program }: Regex): Machine {
  const asserts = program.some(({ kind }) => kind === 'assert');
  const states = new States<State>();
  const intern = (at: readonly number[], before: string): number => {
    const sorted = [...new Set(at)].sort((a, b) => a - b);
    return states.number(`${sorted.join()} ${before}`, { at: sorted, before, next: new Map() });
  };
  return {
    start: intern([0], ''),
    step(number, character) {
      const state = states.at(number);
      if (!state) return DEAD;
      let next = state.next.get(character);
      if (next === undefined) {
        const threads = follow(program, state.at, state.before, character).filter((at) =>
          takes(program[at], character),
        );
        const reached = threads.map((at) => at + 1);
        next = reached.length === 0 ? DEAD : intern(reached, asserts ? likeOf(character) : '');
        state.next.set(character, next);
      }
      return next;
    },
    accepts(number) {
      const state = states.at(number);
      return (
        state !== undefined && follow(program, state.at, state.before, '').some((at) => program[at]?.kind === 'match')
      );
    },
    acceptsAll: () => false,
    characters: charactersOf(program, asserts),
  };
}

const takes = (step: Step | undefined, character: string): boolean =>
  step?.kind === 'characters' && step.has(character);

const isWord = (character: string): boolean => /^\w$/.test(character);

/** Assertions tell words, line ends, and the rest. */
const likeOf = (character: string): string => (isWord(character) ? 'a' : character === '\n' ? '\n' : ' ');

/** Printable ones, and a few that stand for all others. */
const TRIED: readonly string[] = [
  ...Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCharCode(0x20 + i)),
  '\t',
  '\n',
  'é',
  'Ω',
  'я',
  '中',
];

/** All characters but those of the largest class that the program does not tell apart. */
function charactersOf(program: readonly Step[], asserts: boolean): ReadonlySet<string> {
  const tests = [...new Set(program.flatMap((step) => (step.kind === 'characters' ? [step.has] : [])))];
  const classes = new Map<string, string[]>();
  for (const character of TRIED) {
    const key = [...tests.map((has) => (has(character) ? 1 : 0)), asserts ? likeOf(character) : ''].join('');
    const members = classes.get(key);
    if (members) members.push(character);
    else classes.set(key, [character]);
  }
  const [, ...named] = [...classes.values()].sort((a, b) => b.length - a.length);
  return new Set(named.flat());
}
