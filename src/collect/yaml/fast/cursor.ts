/**
 * The fast reader knows the YAML that people and tools write for Kubernetes: block mappings and sequences, plain, quoted and block scalars,
 * brackets. At anything else it stops with `UNUSUAL`, and js-yaml reads the document. It must never read what js-yaml refuses, nor
 * differently: test/property/fast-yaml.test.ts compares the two.
 */
export interface Cursor {
  /** The whole file. */
  readonly text: string;
  /** Of the document. */
  readonly end: number;
  /** The next character; between nodes the first of the next line that says something. */
  at: number;
  /** Column of that line's first character, from 0; -1 at the end of the document. */
  indent: number;
  /** Collections that may still be opened. */
  room: number;
}

/** The text is not of the common kind, or wrong. */
export class Unusual extends Error {}
// One instance, since a stack trace for each would cost more than it tells.
const UNUSUAL = new Unusual();

export function unusual(): never {
  throw UNUSUAL;
}

const TAB = 9;
const NEWLINE = 10;
const SPACE = 32;
const HASH = 35;
const DOT = 46;

/** Goes on to the next line that says something; nothing but a comment may be left on this one. */
export function endLine(cursor: Cursor): void {
  const { text, end } = cursor;
  let at = skipSpaces(text, cursor.at);
  if (at < end && text.charCodeAt(at) === HASH && at > cursor.at) at = lineEnd(cursor, at);
  if (at < end && text.charCodeAt(at) !== NEWLINE) unusual();
  nextLine(cursor, at + 1);
}

/** Goes to the first line from `lineStart` on that says something. */
export function nextLine(cursor: Cursor, lineStart: number): void {
  const { text, end } = cursor;
  let start = lineStart;
  while (start < end) {
    const at = skipSpaces(text, start);
    const c = text.charCodeAt(at);
    if (at >= end) break;
    if (c === NEWLINE) {
      start = at + 1;
    } else if (c === HASH) {
      start = lineEnd(cursor, at) + 1;
    } else {
      if (c === TAB || (c === DOT && at === start && text.startsWith('...', at))) unusual();
      cursor.at = at;
      cursor.indent = at - start;
      return;
    }
  }
  cursor.at = end;
  cursor.indent = -1;
}

export function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === SPACE) at++;
  return at;
}

/** Offset of the line break, or of the end of the document. */
export function lineEnd({ text, end }: Cursor, from: number): number {
  const at = text.indexOf('\n', from);
  return at === -1 || at > end ? end : at;
}

/** Whether a character ends a word: a blank, a line break or the end. Tabs are left to js-yaml. */
export function isBreak({ text, end }: Cursor, at: number): boolean {
  const c = text.charCodeAt(at);
  return c === SPACE || c === NEWLINE || at >= end;
}
