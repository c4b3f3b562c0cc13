import { CHOMPING_MODE, EVENT_ID, getScalarValue, SCALAR_STYLE, type ScalarStyle } from 'js-yaml';
import { type Cursor, unusual } from './cursor.ts';

const NEWLINE = 10;
const DOUBLE = 34;
const SINGLE = 39;
const BACKSLASH = 92;
const ESCAPES = new Set([...'0abt\tnvfre "/\\N_LP'].map((c) => c.charCodeAt(0)));
const HEX_DIGITS = new Map([...'x2u4U8'.matchAll(/(.)(\d)/g)].map(([, c = '', n]) => [c.charCodeAt(0), Number(n)]));

export function isQuote(c: number): boolean {
  return c === DOUBLE || c === SINGLE;
}

/** A text in quotes that starts at the cursor, over as many lines as it takes; leaves the cursor behind it. */
export function readQuoted(cursor: Cursor): string {
  const open = cursor.at;
  const isDouble = cursor.text.charCodeAt(open) === DOUBLE;
  const isSimple = isDouble ? skipDouble(cursor) : skipSingle(cursor);
  if (isSimple) return cursor.text.slice(open + 1, cursor.at - 1);
  const style = isDouble ? SCALAR_STYLE.DOUBLE_QUOTED : SCALAR_STYLE.SINGLE_QUOTED;
  return decode(cursor.text, style, open + 1, cursor.at - 1);
}

/** Leaves the cursor behind the closing quote; true if the text is as it is written. */
function skipDouble(cursor: Cursor): boolean {
  const { text, end } = cursor;
  let isSimple = true;
  let at = cursor.at + 1;
  for (; at < end; at++) {
    const c = text.charCodeAt(at);
    if (c === DOUBLE) break;
    if (c === NEWLINE) isSimple = false;
    else if (c === BACKSLASH) {
      isSimple = false;
      at += 1 + escapeLength(text, at + 1);
    }
  }
  if (at >= end) unusual();
  cursor.at = at + 1;
  return isSimple;
}

/** Characters of an escape beyond the first, which is at `at`. */
function escapeLength(text: string, at: number): number {
  const c = text.charCodeAt(at);
  if (c === NEWLINE || ESCAPES.has(c)) return 0;
  const digits = HEX_DIGITS.get(c);
  if (digits === undefined || !/^[0-9a-fA-F]*$/.test(text.slice(at + 1, at + 1 + digits))) unusual();
  return digits;
}

function skipSingle(cursor: Cursor): boolean {
  const { text, end } = cursor;
  let isSimple = true;
  let at = cursor.at + 1;
  for (; at < end; at++) {
    const c = text.charCodeAt(at);
    if (c === NEWLINE) isSimple = false;
    else if (c === SINGLE) {
      if (text.charCodeAt(at + 1) !== SINGLE) break;
      isSimple = false;
      at++;
    }
  }
  if (at >= end) unusual();
  cursor.at = at + 1;
  return isSimple;
}

/** Lines folded and escapes replaced, as js-yaml does it. */
export function decode(text: string, style: ScalarStyle, valueStart: number, valueEnd: number): string {
  return getScalarValue(text, {
    type: EVENT_ID.SCALAR,
    style,
    valueStart,
    valueEnd,
    anchorStart: -1,
    anchorEnd: -1,
    tagStart: -1,
    tagEnd: -1,
    chomping: CHOMPING_MODE.CLIP,
    indent: -1,
    fast: false,
  });
}
