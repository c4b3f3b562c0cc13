import type { TextSet } from '../../semantics/algebra/formula.ts';
import type { SetPool } from '../../semantics/algebra/set-pool.ts';
import { anything, type Glob, globMachine, literally } from '../../semantics/algebra/strings/glob.ts';
import { beforeQuery, DEAD, foldCase, type Machine } from '../../semantics/algebra/strings/machine.ts';
import { regexMachine } from '../../semantics/algebra/strings/regex-machine.ts';
import { unionMachine } from '../../semantics/algebra/strings/union-machine.ts';
import { compileRegex } from '../../semantics/gateway/regex/regex.ts';
import { isObject } from '../../model/shape.ts';
import { textAt } from './json.ts';

/** How Envoy hands the value to the matcher: whole; what stands before the query; or a SPIFFE id, which is kept without its scheme here. */
export type Reading = 'value' | 'path' | 'identity';

const SCHEME = 'spiffe://';

/**
 * The texts that some of Envoy's string matchers take, as one set; undefined: one of them is of a kind that istiod does not use.
 *
 * Source: envoy api/envoy/type/matcher/v3/string.proto; regular expressions match whole texts (source/common/common/regex.cc).
 */
export function stringSet(matchers: readonly unknown[], reading: Reading, pool: SetPool): TextSet | undefined {
  const words = reading === 'path' ? undefined : wordsOf(matchers);
  if (words) return pool.exactly(reading === 'identity' ? words.flatMap(withoutScheme) : words);
  const parts = partsOf(matchers);
  return parts && pool.machine(JSON.stringify(['envoy', reading, matchers]), () => machineOf(parts, reading));
}

const withoutScheme = (word: string): readonly string[] => (word.startsWith(SCHEME) ? [word.slice(SCHEME.length)] : []);

/** Where every matcher is one word: such sets are cheap. */
function wordsOf(matchers: readonly unknown[]): readonly string[] | undefined {
  const words = matchers.map((matcher) => (folds(matcher) ? undefined : textAt(matcher, 'exact')));
  return words.every((word) => word !== undefined) ? words : undefined;
}

const folds = (matcher: unknown): boolean => isObject(matcher) && matcher.ignore_case === true;

interface Parts {
  readonly globs: Glob[];
  /** Compared in lower case. */
  readonly folded: Glob[];
  readonly others: (() => Machine)[];
}

function partsOf(matchers: readonly unknown[]): Parts | undefined {
  const parts: Parts = { globs: [], folded: [], others: [] };
  for (const matcher of matchers) {
    const glob = globOf(matcher);
    if (glob) (folds(matcher) ? parts.folded : parts.globs).push(glob);
    else {
      const pattern = isObject(matcher) ? textAt(matcher.safe_regex, 'regex') : undefined;
      const regex = pattern === undefined ? undefined : compileRegex(pattern);
      if (!regex) return undefined;
      parts.others.push(() => regexMachine(regex));
    }
  }
  return parts;
}

function globOf(matcher: unknown): Glob | undefined {
  const text = (field: string): string | undefined => {
    const value = textAt(matcher, field);
    return folds(matcher) ? value?.toLowerCase() : value;
  };
  const exact = text('exact');
  if (exact !== undefined) return literally(exact);
  const prefix = text('prefix');
  if (prefix !== undefined) return [...literally(prefix), ...anything()];
  const suffix = text('suffix');
  if (suffix !== undefined) return [...anything(), ...literally(suffix)];
  const contains = text('contains');
  return contains === undefined ? undefined : [...anything(), ...literally(contains), ...anything()];
}

function machineOf({ globs, folded, others }: Parts, reading: Reading): Machine {
  const machine = unionMachine([
    ...(globs.length > 0 ? [globMachine(globs)] : []),
    ...(folded.length > 0 ? [foldCase(globMachine(folded))] : []),
    ...others.map((make) => make()),
  ]);
  if (reading === 'path') return beforeQuery(machine);
  return reading === 'identity' ? after(SCHEME, machine) : machine;
}

/** The same, for texts from which the beginning was taken. */
function after(beginning: string, machine: Machine): Machine {
  const step = (state: number, character: string): number => (state === DEAD ? DEAD : machine.step(state, character));
  return {
    start: [...beginning].reduce(step, machine.start),
    step,
    accepts: (state) => state !== DEAD && machine.accepts(state),
    acceptsAll: (state) => state !== DEAD && machine.acceptsAll(state),
    characters: machine.characters,
  };
}
