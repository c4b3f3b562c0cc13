import { type Cursor, isBreak, lineEnd, unusual } from './cursor.ts';
import { named, plainKey, setKey } from './key.ts';
import { resolvePlain, startsPlain } from './plain.ts';
import { isQuote, readQuoted } from './quoted.ts';

const TAB = 9;
const NEWLINE = 10;
const SPACE = 32;
const HASH = 35;
const COMMA = 44;
const DASH = 45;
const COLON = 58;
const QUESTION = 63;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_MAP = 123;
const CLOSE_MAP = 125;

/** A list or mapping in brackets that starts at the cursor; leaves the cursor behind it. Lines and indentation do not matter inside. */
export function readFlow(cursor: Cursor): unknown {
  if (--cursor.room < 0) unusual();
  const isMap = cursor.text.charCodeAt(cursor.at) === OPEN_MAP;
  cursor.at++;
  const value = isMap ? readMap(cursor) : readList(cursor);
  cursor.room++;
  return value;
}

function readList(cursor: Cursor): unknown[] {
  const list: unknown[] = [];
  for (;;) {
    skipSpace(cursor);
    if (take(cursor, CLOSE_LIST)) return list;
    list.push(readValue(cursor));
    skipSpace(cursor);
    if (!take(cursor, COMMA)) {
      if (take(cursor, CLOSE_LIST)) return list;
      unusual();
    }
  }
}

function readMap(cursor: Cursor): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  for (;;) {
    skipSpace(cursor);
    if (take(cursor, CLOSE_MAP)) return map;
    const isText = isQuote(cursor.text.charCodeAt(cursor.at));
    const key = isText ? named(readQuoted(cursor)) : plainKey(readPlain(cursor));
    skipSpace(cursor);
    // Only after quotes may the value follow at once.
    if (!take(cursor, COLON) || !(isText || isBreak(cursor, cursor.at))) unusual();
    skipSpace(cursor);
    setKey(map, key, readValue(cursor));
    skipSpace(cursor);
    if (!take(cursor, COMMA)) {
      if (take(cursor, CLOSE_MAP)) return map;
      unusual();
    }
  }
}

function readValue(cursor: Cursor): unknown {
  const c = cursor.text.charCodeAt(cursor.at);
  if (isQuote(c)) return readQuoted(cursor);
  if (c === OPEN_LIST || c === OPEN_MAP) return readFlow(cursor);
  return resolvePlain(readPlain(cursor));
}

/** A plain scalar on one line. */
function readPlain(cursor: Cursor): string {
  const { text, end } = cursor;
  const start = cursor.at;
  if (!startsPlain(cursor, start)) unusual();
  let at = start;
  let last = start;
  for (; at < end; at++) {
    const c = text.charCodeAt(at);
    if (c === COMMA || isBracket(c) || c === NEWLINE) break;
    if (c === COLON && endsKey(cursor, at + 1)) break;
    if (c === HASH && text.charCodeAt(at - 1) === SPACE) break;
    if (c === TAB) unusual();
    if (c !== SPACE) last = at + 1;
  }
  if (last === start || (last === start + 1 && isIndicator(text.charCodeAt(start)))) unusual();
  cursor.at = last;
  return text.slice(start, last);
}

/** `-` and `?`, which are no scalars before a bracket or comma. */
function isIndicator(c: number): boolean {
  return c === DASH || c === QUESTION;
}

function isBracket(c: number): boolean {
  return c === OPEN_LIST || c === CLOSE_LIST || c === OPEN_MAP || c === CLOSE_MAP;
}

function endsKey(cursor: Cursor, at: number): boolean {
  const c = cursor.text.charCodeAt(at);
  return c === COMMA || isBracket(c) || c === TAB || isBreak(cursor, at);
}

function take(cursor: Cursor, c: number): boolean {
  if (cursor.at >= cursor.end || cursor.text.charCodeAt(cursor.at) !== c) return false;
  cursor.at++;
  return true;
}

/** Over blanks, line breaks and comments. */
function skipSpace(cursor: Cursor): void {
  const { text, end } = cursor;
  let at = cursor.at;
  while (at < end) {
    const c = text.charCodeAt(at);
    if (c === SPACE || c === NEWLINE || c === TAB) at++;
    else if (c === HASH && isSpace(text.charCodeAt(at - 1))) at = lineEnd(cursor, at);
    else break;
  }
  if (at >= end) unusual();
  cursor.at = at;
}

function isSpace(c: number): boolean {
  return c === SPACE || c === NEWLINE || c === TAB;
}
