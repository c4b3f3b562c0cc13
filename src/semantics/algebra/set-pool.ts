import type { Cidr } from '../../util/cidr.ts';
import type { TextSet, ValueSet } from './formula.ts';
import { type Glob, globMachine } from './strings/glob.ts';
import { beforeQuery, foldCase, type Machine } from './strings/machine.ts';
import { wordList } from './strings/word-list.ts';

/** How a set of words is compared with a value. */
export type Comparison = 'as-is' | 'caseless' | 'before-query';

/** Makes each set of values once, so that sets can be compared, and what was found out about them remembered, by number. */
export class SetPool {
  readonly #known = new Map<string, ValueSet>();

  /** Words that some glob matches. The key stands for the globs. */
  words(key: string, comparison: Comparison, globs: () => readonly Glob[], namespaces?: readonly string[]): TextSet {
    const full = `${comparison}:${key}`;
    const known = this.#known.get(full);
    if (known?.kind === 'text') return known;
    const set = textSet(this.#known.size, globs(), comparison, namespaces);
    this.#known.set(full, set);
    return set;
  }

  /** Words that a machine of its own accepts. The key stands for the machine. */
  machine(key: string, make: () => Machine): TextSet {
    const full = `machine:${key}`;
    const known = this.#known.get(full);
    if (known?.kind === 'text') return known;
    const set = new LazyMachine(this.#known.size, make);
    this.#known.set(full, set);
    return set;
  }

  /** These words and no others. */
  exactly(words: readonly string[]): TextSet {
    const [only = ''] = words;
    const key = words.length === 1 ? `exactly:${only}` : JSON.stringify(words);
    const known = this.#known.get(key);
    if (known?.kind === 'text') return known;
    const set = new Words(this.#known.size, words);
    this.#known.set(key, set);
    return set;
  }

  blocks(key: string, blocks: readonly Cidr[]): ValueSet {
    return this.#intern(`blocks:${key}`, (id) => ({ id, kind: 'blocks', blocks }));
  }

  tokens(values: readonly string[]): ValueSet {
    const sorted = [...values].sort();
    return this.#intern(`tokens:${sorted.join()}`, (id) => ({ id, kind: 'token', rules: new Set(sorted) }));
  }

  #intern(key: string, make: (id: number) => ValueSet): ValueSet {
    let set = this.#known.get(key);
    if (!set) {
      set = make(this.#known.size);
      this.#known.set(key, set);
    }
    return set;
  }
}

function textSet(
  id: number,
  globs: readonly Glob[],
  comparison: Comparison,
  namespaces: readonly string[] | undefined,
): TextSet {
  const words = comparison === 'as-is' ? globs.map(wordOf) : [undefined];
  const areKnown = (list: typeof words): list is string[] => list.every((word) => word !== undefined);
  return areKnown(words) ? new Words(id, words, namespaces) : new Patterns(id, globs, comparison, namespaces);
}

/** Most sets are only ever tested against one value: the machine is made when that value comes. */
class Words implements TextSet {
  readonly kind = 'text';
  readonly id: number;
  readonly words: readonly string[];
  readonly namespaces?: readonly string[];
  #machine: Machine | undefined;

  constructor(id: number, words: readonly string[], namespaces?: readonly string[]) {
    this.id = id;
    this.words = words;
    if (namespaces) this.namespaces = namespaces;
  }

  get machine(): Machine {
    this.#machine ??= wordList(this.words);
    return this.#machine;
  }
}

class Patterns implements TextSet {
  readonly kind = 'text';
  readonly id: number;
  readonly namespaces?: readonly string[];
  readonly #globs: readonly Glob[];
  readonly #comparison: Comparison;
  #machine: Machine | undefined;

  constructor(id: number, globs: readonly Glob[], comparison: Comparison, namespaces?: readonly string[]) {
    this.id = id;
    this.#globs = globs;
    this.#comparison = comparison;
    if (namespaces) this.namespaces = namespaces;
  }

  get machine(): Machine {
    this.#machine ??= compare(globMachine(this.#globs), this.#comparison);
    return this.#machine;
  }
}

class LazyMachine implements TextSet {
  readonly kind = 'text';
  readonly id: number;
  readonly #make: () => Machine;
  #machine: Machine | undefined;

  constructor(id: number, make: () => Machine) {
    this.id = id;
    this.#make = make;
  }

  get machine(): Machine {
    this.#machine ??= this.#make();
    return this.#machine;
  }
}

function compare(machine: Machine, comparison: Comparison): Machine {
  if (comparison === 'caseless') return foldCase(machine);
  return comparison === 'before-query' ? beforeQuery(machine) : machine;
}

/** The one word that a glob without wildcards matches. */
function wordOf(glob: Glob): string | undefined {
  let word = '';
  for (const { of, repeats } of glob) {
    if (repeats || typeof of !== 'object') return undefined;
    word += of.only;
  }
  return word;
}
