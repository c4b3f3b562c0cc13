/** Syntax tree of a regular expression as RE2 reads it. */
export type Node =
  | {
      readonly kind: 'characters';
      readonly has: (character: string) => boolean;
      readonly example: string;
      /** It stands for this character alone. */
      readonly only?: string;
    }
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

const LIKELY = 'a1AxZz09_-/.~ %:@=&,+!$'.split('');

/** A node for a set of characters, with a likely one of it. */
export function charactersNode(has: (character: string) => boolean, { ignoreCase }: Flags): Node {
  const test = ignoreCase ? (c: string) => has(c.toLowerCase()) || has(c.toUpperCase()) : has;
  return { kind: 'characters', has: test, example: LIKELY.find(test) ?? findAscii(test) ?? 'é' };
}

function findAscii(has: (character: string) => boolean): string | undefined {
  for (let code = 0x21; code < 0x7f; code++) if (has(String.fromCharCode(code))) return String.fromCharCode(code);
  return undefined;
}

export function literal(character: string, flags: Flags): Node {
  if (!flags.ignoreCase)
    return { kind: 'characters', has: (c) => c === character, example: character, only: character };
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

const between =
  (...ranges: readonly string[]) =>
  (c: string): boolean =>
    ranges.some(([low = '', high = '']) => c >= low && c <= high && c.length === 1);

/** `[[:alpha:]]` and so on. */
export const POSIX: Readonly<Record<string, (character: string) => boolean>> = {
  alnum: between('09', 'AZ', 'az'),
  alpha: between('AZ', 'az'),
  ascii: between('\x00\x7f'),
  blank: between('\t\t', '  '),
  cntrl: between('\x00\x1f', '\x7f\x7f'),
  digit: between('09'),
  graph: between('!~'),
  lower: between('az'),
  print: between(' ~'),
  punct: between('!/', ':@', '[`', '{~'),
  space: between('\t\r', '  '),
  upper: between('AZ'),
  word: isWord,
  xdigit: between('09', 'AF', 'af'),
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
