import { SCALAR_STYLE } from 'js-yaml';
import { readBlockScalar } from './block-scalar.ts';
import { type Cursor, endLine, isBreak, lineEnd, nextLine, skipSpaces, unusual } from './cursor.ts';
import { readFlow } from './flow.ts';
import { readKey, setKey } from './key.ts';
import { resolvePlain, startsPlain } from './plain.ts';
import { decode, isQuote, readQuoted } from './quoted.ts';

const TAB = 9;
const NEWLINE = 10;
const SPACE = 32;
const HASH = 35;
const DASH = 45;
const DOT = 46;
const COLON = 58;
const GREATER = 62;
const OPEN_LIST = 91;
const OPEN_MAP = 123;
const BAR = 124;

// All functions here start at the first character of their node and leave the cursor at the next line that says something.

/** What stands on lines of its own, in a collection at column `parent`. */
export function readBlock(cursor: Cursor, parent: number): unknown {
  return startsEntry(cursor) ? readList(cursor, cursor.indent) : readMapOrScalar(cursor, cursor.indent, parent);
}

function readMapOrScalar(cursor: Cursor, column: number, parent: number): unknown {
  const key = readKey(cursor);
  return key === undefined ? readScalar(cursor, parent) : readMap(cursor, column, key);
}

function readMap(cursor: Cursor, column: number, firstKey: string): Record<string, unknown> {
  if (--cursor.room < 0) unusual();
  const map: Record<string, unknown> = {};
  let key: string | undefined = firstKey;
  for (;;) {
    setKey(map, key, readMapValue(cursor, column));
    if (cursor.indent < column) break;
    if (cursor.indent > column || startsEntry(cursor)) unusual();
    key = readKey(cursor);
    if (key === undefined) unusual();
  }
  cursor.room++;
  return map;
}

function readMapValue(cursor: Cursor, column: number): unknown {
  if (skipToValue(cursor)) return readScalar(cursor, column);
  if (cursor.indent > column) return readBlock(cursor, column);
  // Entries may stand in line with the key.
  return cursor.indent === column && startsEntry(cursor) ? readList(cursor, column) : null;
}

function readList(cursor: Cursor, column: number): unknown[] {
  if (--cursor.room < 0) unusual();
  const list: unknown[] = [];
  do {
    const dash = cursor.at;
    cursor.at++;
    if (!skipToValue(cursor)) list.push(cursor.indent > column ? readBlock(cursor, column) : null);
    else {
      cursor.indent = column + cursor.at - dash;
      const isList = startsEntry(cursor);
      list.push(isList ? readList(cursor, cursor.indent) : readMapOrScalar(cursor, cursor.indent, column));
    }
  } while (cursor.indent === column && startsEntry(cursor));
  if (cursor.indent > column) unusual();
  cursor.room++;
  return list;
}

/** Over the blanks behind a `:` or `-`; false, and the cursor at the next line that says something, if nothing follows on the line. */
function skipToValue(cursor: Cursor): boolean {
  const { text, end } = cursor;
  const at = skipSpaces(text, cursor.at);
  const c = text.charCodeAt(at);
  if (at < end && c !== NEWLINE && c !== HASH) {
    cursor.at = at;
    return true;
  }
  endLine(cursor);
  return false;
}

function startsEntry(cursor: Cursor): boolean {
  return cursor.indent >= 0 && cursor.text.charCodeAt(cursor.at) === DASH && isBreak(cursor, cursor.at + 1);
}

function readScalar(cursor: Cursor, parent: number): unknown {
  const c = cursor.text.charCodeAt(cursor.at);
  if (c === BAR || c === GREATER) return readBlockScalar(cursor, parent);
  if (isQuote(c) || c === OPEN_LIST || c === OPEN_MAP) {
    const value = isQuote(c) ? readQuoted(cursor) : readFlow(cursor);
    endLine(cursor);
    return value;
  }
  return readPlain(cursor, parent);
}

/** A plain scalar; lines that are indented further than `parent` belong to it. */
function readPlain(cursor: Cursor, parent: number): unknown {
  const { text } = cursor;
  const start = cursor.at;
  if (!startsPlain(cursor, start)) unusual();
  let last = readPlainLine(cursor);
  let isMultiline = false;
  while (continues(cursor, parent)) {
    last = readPlainLine(cursor);
    isMultiline = true;
  }
  return resolvePlain(isMultiline ? decode(text, SCALAR_STYLE.PLAIN, start, last) : text.slice(start, last));
}

/** Leaves the cursor at the end of the line, or at its comment, and returns where the text on it ends. */
function readPlainLine(cursor: Cursor): number {
  const { text, end } = cursor;
  let at = cursor.at;
  for (; at < end; at++) {
    const c = text.charCodeAt(at);
    // Letters and most else.
    if (c > COLON) continue;
    if (c === NEWLINE || (c === HASH && text.charCodeAt(at - 1) === SPACE)) break;
    if (c === TAB || (c === COLON && isBreak(cursor, at + 1))) unusual();
  }
  cursor.at = at;
  while (text.charCodeAt(at - 1) === SPACE) at--;
  return at;
}

/** Goes on to the next line that says something; true if that belongs to the plain scalar before it. */
function continues(cursor: Cursor, parent: number): boolean {
  const { text, end } = cursor;
  if (text.charCodeAt(cursor.at) === HASH) {
    nextLine(cursor, lineEnd(cursor, cursor.at) + 1);
    return false;
  }
  let line = cursor.at + 1;
  let at = skipSpaces(text, line);
  while (text.charCodeAt(at) === NEWLINE) {
    line = at + 1;
    at = skipSpaces(text, line);
  }
  const c = text.charCodeAt(at);
  if (c > HASH && c !== DOT && at < end) {
    cursor.at = at;
    cursor.indent = at - line;
  } else {
    nextLine(cursor, line);
  }
  // Behind a comment nothing belongs to the scalar any more.
  return c !== HASH && cursor.indent > parent;
}
