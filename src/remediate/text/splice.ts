/** The text from `start` up to `end` becomes `text`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Makes all of them, which do not overlap; offsets are those before any of them. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const ordered = [...splices].sort((a, b) => b.start - a.start || b.end - a.end);
  return ordered.reduce((rest, splice) => rest.slice(0, splice.start) + splice.text + rest.slice(splice.end), text);
}

/** Why a text cannot be edited in place, as a clause for the user. */
export class EditRefusal extends Error {}

export function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

/** Where the line of the character at `offset` ends, before its line break. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end;
}

export const blanks = (count: number): string => ' '.repeat(count);

/** Puts whole lines at `offset`, which starts a line or is the end of a text that does not end with a line break. */
export function insertLines(text: string, offset: number, lines: readonly string[]): Splice {
  const isOpen = offset > 0 && text[offset - 1] !== '\n';
  const body = lines.join('\n');
  return { start: offset, end: offset, text: isOpen ? `\n${body}` : `${body}\n` };
}
