import { resolveNumber } from '../number.ts';
import { type Cursor, isBreak } from './cursor.ts';

const WORDS = new Map<string, boolean | null>([
  ...['null', 'Null', 'NULL', '~', ''].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'y', 'Y'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'n', 'N'].map((word) => [word, false] as const),
]);

const LONGEST_WORD = 5;

/** What a plain scalar stands for: the same as in schema.ts, by the first character. */
export function resolvePlain(text: string): string | number | boolean | null {
  const c = text.charCodeAt(0);
  if (c <= 57) {
    // Digits, signs and the dot are all below the letters; so are some that begin no number.
    return c >= 43 ? (smallInteger(text) ?? resolveNumber(text) ?? text) : text;
  }
  if (text.length > LONGEST_WORD) return text;
  const word = WORDS.get(text);
  return word === undefined ? text : word;
}

/** Decimal integers up to nine digits, which are nearly all of them. */
function smallInteger(text: string): number | undefined {
  if (text.length > 9 || (text.charCodeAt(0) === 48 && text.length > 1)) return undefined;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

const YES = 1;
/** `-`, `?`, `:` begin a plain scalar unless a blank follows. */
const BEFORE_WORD = 2;

const STARTS = new Uint8Array(128).fill(YES);
for (const c of '#&*!|>\'"%@`,[]{} \t\n') STARTS[c.charCodeAt(0)] = 0;
for (const c of '-?:') STARTS[c.charCodeAt(0)] = BEFORE_WORD;

/** Whether a plain scalar may start at `at`, outside brackets. */
export function startsPlain(cursor: Cursor, at: number): boolean {
  const c = cursor.text.charCodeAt(at);
  const start = c < 128 ? STARTS[c] : YES;
  return start === YES || (start === BEFORE_WORD && !isBreak(cursor, at + 1));
}
