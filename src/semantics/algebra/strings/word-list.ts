import { DEAD, type Machine } from './machine.ts';

interface Node {
  readonly next: Map<string, number>;
  ends: boolean;
}

/** Accepts exactly the words given: a trie, so that a thousand names cost one state. */
export function wordList(words: readonly string[]): Machine {
  const nodes: Node[] = [{ next: new Map(), ends: false }];
  const characters = new Set<string>();
  for (const word of words) {
    let at = 0;
    for (const character of splitUnits(word)) {
      characters.add(character);
      let next = nodes[at]?.next.get(character);
      if (next === undefined) {
        next = nodes.push({ next: new Map(), ends: false }) - 1;
        nodes[at]?.next.set(character, next);
      }
      at = next;
    }
    const node = nodes[at];
    if (node) node.ends = true;
  }
  return {
    start: 0,
    step: (state, character) => nodes[state]?.next.get(character) ?? DEAD,
    accepts: (state) => nodes[state]?.ends ?? false,
    acceptsAll: () => false,
    characters,
  };
}

/** UTF-16 units, as every matcher here counts. */
export const splitUnits = (word: string): readonly string[] => word.split('');
