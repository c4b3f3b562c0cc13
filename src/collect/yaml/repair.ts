import { YAMLException } from 'js-yaml';

/** Spaces that were put into a text: `count` of them at `offset` of the repaired text. In ascending order. */
export interface Insertion {
  readonly offset: number;
  readonly count: number;
}

export type Repaired<T> =
  | { readonly result: T; readonly text: string; readonly insertions: readonly Insertion[] }
  /** `offset` is in the original text. */
  | { readonly error: unknown; readonly offset: number };

/** Characters that may be parsed again for the sake of repairs. */
const BUDGET = 10_000_000;

/**
 * Parses text that kubectl accepts and YAML 1.2 does not: brackets and quotes whose further lines are not indented beyond their key (`a: [`,
 * `]`). Space there has no meaning, so that each line that the parser refuses is moved to the right and all is parsed again.
 */
export function withRepairs<T>(original: string, parse: (text: string) => T): Repaired<T> {
  const insertions: Insertion[] = [];
  let text = original;
  let deep = 0;
  for (let spent = 0; ; spent += text.length) {
    try {
      return { result: parse(text), text, insertions };
    } catch (error) {
      const at = (error instanceof YAMLException && error.mark?.position) || 0;
      const space = spaceBefore(text, at);
      const startsLine = space === 0 || text[space - 1] === '\n';
      const canMove = startsLine || text.slice(space, at).includes('\t');
      if (!isDeficientIndentation(error) || !canMove || spent > BUDGET) {
        return { error, offset: originalOffset(insertions, at) };
      }
      deep ||= deepestIndent(original) + 1;
      if (startsLine) insertions.push({ offset: space, count: deep });
      text = text.slice(0, space) + ' '.repeat(at - space + (startsLine ? deep : 0)) + text.slice(at);
    }
  }
}

/** No line needs to be further right than one column beyond this. */
function deepestIndent(text: string): number {
  let deepest = 0;
  for (const [indent] of text.matchAll(/^[ -]*/gm)) deepest = Math.max(deepest, indent.length);
  return deepest;
}

/** Where in the original text a character of the repaired one stood. */
export function originalOffset(insertions: readonly Insertion[], offset: number): number {
  let shift = 0;
  for (const { offset: at, count } of insertions) {
    if (at > offset) break;
    shift += Math.min(count, offset - at);
  }
  return offset - shift;
}

function isDeficientIndentation(error: unknown): boolean {
  return error instanceof YAMLException && error.reason === 'deficient indentation';
}

/** Start of the blanks that end at `at`. */
function spaceBefore(text: string, at: number): number {
  let start = at;
  while (text[start - 1] === ' ' || text[start - 1] === '\t') start--;
  return start;
}
