import { type Cursor, isBreak, skipSpaces, unusual } from './cursor.ts';
import { resolvePlain, startsPlain } from './plain.ts';
import { isQuote, readQuoted } from './quoted.ts';

const TAB = 9;
const NEWLINE = 10;
const SPACE = 32;
const HASH = 35;
const COLON = 58;
const GREATER = 62;
const OPEN_LIST = 91;
const OPEN_MAP = 123;
const BAR = 124;

/** The key that the line goes on with, the cursor then behind its `:`; undefined, and nothing moved, if it goes on with a value. */
export function readKey(cursor: Cursor): string | undefined {
  const start = cursor.at;
  const c = cursor.text.charCodeAt(start);
  if (isQuote(c)) {
    const key = readQuoted(cursor);
    const colon = skipSpaces(cursor.text, cursor.at);
    const isKey = cursor.text.charCodeAt(colon) === COLON && isBreak(cursor, colon + 1);
    if (isKey && cursor.text.slice(start, colon).includes('\n')) unusual();
    cursor.at = isKey ? colon + 1 : start;
    return isKey ? named(key) : undefined;
  }
  if (c === OPEN_LIST || c === OPEN_MAP || c === BAR || c === GREATER) return undefined;
  return readPlainKey(cursor);
}

const COMMON = new Uint8Array(128);
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-') COMMON[c.charCodeAt(0)] = 1;

function readPlainKey(cursor: Cursor): string | undefined {
  const { text } = cursor;
  const start = cursor.at;
  let at = start;
  let hash = 0;
  let c = text.charCodeAt(at);
  while (c < 128 && COMMON[c] === 1) {
    hash = (hash * 31 + c) | 0;
    c = text.charCodeAt(++at);
  }
  if (c !== COLON || at === start || !isBreak(cursor, at + 1)) return readUncommonKey(cursor);
  cursor.at = at + 1;
  return intern(text, start, at, hash);
}

const KEYS = 4096;
const known: (string | undefined)[] = new Array(KEYS).fill(undefined);

/**
 * A key from among those that were read lately: a mesh says the same few hundred over and over, and a string that has been a key before is
 * found in an object several times as fast.
 */
function intern(text: string, start: number, end: number, hash: number): string {
  const slot = (hash ^ (hash >>> 12)) & (KEYS - 1);
  const candidate = known[slot];
  if (candidate !== undefined && candidate.length === end - start && text.startsWith(candidate, start))
    return candidate;
  const written = text.slice(start, end);
  const key = plainKey(written);
  // What an object names its key is the one copy that the engine keeps.
  if (key === written) known[slot] = Object.keys({ [key]: 0 })[0];
  return key;
}

function readUncommonKey(cursor: Cursor): string | undefined {
  const { text, end } = cursor;
  const start = cursor.at;
  if (!startsPlain(cursor, start)) unusual();
  for (let at = start; at < end; at++) {
    const c = text.charCodeAt(at);
    if (c > COLON) continue;
    if (c === COLON && isBreak(cursor, at + 1)) {
      cursor.at = at + 1;
      let last = at;
      while (text.charCodeAt(last - 1) === SPACE) last--;
      return plainKey(text.slice(start, last));
    }
    if (c === NEWLINE || (c === HASH && text.charCodeAt(at - 1) === SPACE)) return undefined;
    if (c === TAB) unusual();
  }
  return undefined;
}

/** A plain key as text: `on` is the key `true`. */
export function plainKey(key: string): string {
  // Nearly all keys begin with a small letter, and of those only short ones may be something else than text.
  if (key.charCodeAt(0) >= 97 && key.length > 5) return named(key);
  if (key === '<<') unusual();
  const value = resolvePlain(key);
  if (value === null) unusual();
  return typeof value === 'string' ? named(value) : String(value);
}

/** A key that can be set like any other. */
export function named(key: string): string {
  return key === '__proto__' ? unusual() : key;
}

/** Sets a key that is not there yet. */
export function setKey(map: Record<string, unknown>, key: string, value: unknown): void {
  if (map[key] !== undefined && Object.hasOwn(map, key)) unusual();
  map[key] = value;
}
