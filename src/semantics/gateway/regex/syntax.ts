/** Syntax tree of a regular expression as RE2 reads it. */
export type Node =
  | { readonly kind: 'characters'; readonly has: (character: string) => boolean; readonly example: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly min: number; readonly max: number }
  | { readonly kind: 'assert'; readonly holds: (before: string, after: string) => boolean };

export const EMPTY: Node = { kind: 'sequence', parts: [] };

export interface Flags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
  readonly multiline: boolean;
}

/** A set of characters: its test, and those to try first when one is wanted. */
export interface Characters {
  readonly has: (character: string) => boolean;
}

const LIKELY = 'a1AxZz09_-/.~ %:@=&,+!$'.split('');

/** A node for a set, with a likely character of it; undefined for one that matches nothing that we can name. */
export function charactersNode(has: (character: string) => boolean, { ignoreCase }: Flags): Node {
  const test = ignoreCase ? (c: string) => has(c.toLowerCase()) || has(c.toUpperCase()) : has;
  return { kind: 'characters', has: test, example: LIKELY.find(test) ?? findAscii(test) ?? 'é' };
}

function findAscii(has: (character: string) => boolean): string | undefined {
  for (let code = 0x21; code < 0x7f; code++) if (has(String.fromCharCode(code))) return String.fromCharCode(code);
  return undefined;
}

export function literal(character: string, flags: Flags): Node {
  if (!flags.ignoreCase) return { kind: 'characters', has: (c) => c === character, example: character };
  const lower = character.toLowerCase();
  return { kind: 'characters', has: (c) => c.toLowerCase() === lower, example: character };
}

const isWord = (c: string): boolean => /^\w$/.test(c);

/** `\d`, `\w`, `\s`: ASCII only in RE2. */
export const PERL: Readonly<Record<string, (character: string) => boolean>> = {
  d: (c) => c >= '0' && c <= '9',
  w: isWord,
  s: (c) => '\t\n\f\r '.includes(c),
};

/** `[[:alpha:]]` and so on. */
export const POSIX: Readonly<Record<string, RegExp>> = {
  alnum: /^[0-9A-Za-z]$/,
  alpha: /^[A-Za-z]$/,
  ascii: /^[\x00-\x7f]$/,
  blank: /^[\t ]$/,
  cntrl: /^[\x00-\x1f\x7f]$/,
  digit: /^[0-9]$/,
  graph: /^[!-~]$/,
  lower: /^[a-z]$/,
  print: /^[ -~]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[\t\n\v\f\r ]$/,
  upper: /^[A-Z]$/,
  word: /^\w$/,
  xdigit: /^[0-9A-Fa-f]$/,
};

export const ASSERTIONS: Readonly<Record<string, (before: string, after: string) => boolean>> = {
  A: (before) => before === '',
  z: (_before, after) => after === '',
  b: (before, after) => isWord(before) !== isWord(after),
  B: (before, after) => isWord(before) === isWord(after),
};

export const lineStart = ({ multiline }: Flags): Node => ({
  kind: 'assert',
  holds: (before) => before === '' || (multiline && before === '\n'),
});
export const lineEnd = ({ multiline }: Flags): Node => ({
  kind: 'assert',
  holds: (_before, after) => after === '' || (multiline && after === '\n'),
});
