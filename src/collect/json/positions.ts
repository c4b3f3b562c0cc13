import type { Path } from '../../model/resource.ts';

/**
 * Offset of the value at `path`, or of its nearest ancestor that exists, in text that JSON.parse accepts; `start` is where the outermost
 * value begins. Reads no further than it must and builds nothing.
 */
export function findJsonValue(text: string, start: number, path: Path): number {
  let at = skipSpace(text, start);
  for (const step of path) {
    const child = typeof step === 'number' ? findItem(text, at, step) : findMember(text, at, step);
    if (child === -1) break;
    at = child;
  }
  return at;
}

/** Offsets of all items of the list at `at`. */
export function jsonItems(text: string, at: number): number[] {
  const items: number[] = [];
  if (text[at] !== '[') return items;
  let next = skipSpace(text, at + 1);
  while (next < text.length && text[next] !== ']') {
    items.push(next);
    next = skipSpace(text, skipValue(text, next));
    if (text[next] === ',') next = skipSpace(text, next + 1);
  }
  return items;
}

function findItem(text: string, list: number, index: number): number {
  if (text[list] !== '[') return -1;
  let at = skipSpace(text, list + 1);
  for (let i = 0; at < text.length && text[at] !== ']'; i++) {
    if (i === index) return at;
    at = skipSpace(text, skipValue(text, at));
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return -1;
}

/** The last member of that name, as JSON.parse takes it. */
function findMember(text: string, object: number, name: string): number {
  if (text[object] !== '{') return -1;
  let found = -1;
  let at = skipSpace(text, object + 1);
  while (at < text.length && text[at] === '"') {
    const keyEnd = skipString(text, at);
    const value = skipSpace(text, skipSpace(text, keyEnd) + 1);
    if (isKey(text, at, keyEnd, name)) found = value;
    at = skipSpace(text, skipValue(text, value));
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return found;
}

function isKey(text: string, start: number, end: number, name: string): boolean {
  const raw = text.slice(start, end);
  return raw.includes('\\') ? JSON.parse(raw) === name : raw.length === name.length + 2 && raw.startsWith(name, 1);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (let c = text.charCodeAt(at); c === 32 || c === 10 || c === 13 || c === 9; c = text.charCodeAt(at)) at++;
  return at;
}

/** Offset after the closing quote. */
function skipString(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === 34) return at + 1;
    if (c === 92) at++;
  }
  return text.length;
}

/** Offset after the value, without recursion. */
export function skipValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const c = text.charCodeAt(at);
    if (c === 34) {
      at = skipString(text, at);
    } else if (c === 123 || c === 91) {
      depth++;
      at++;
    } else if (c === 125 || c === 93) {
      if (depth === 0) return at;
      depth--;
      at++;
    } else if (depth === 0 && (c === 44 || c === 32 || c === 10 || c === 13 || c === 9)) {
      return at;
    } else {
      at++;
      continue;
    }
    if (depth === 0) return at;
  }
  return at;
}

/** Whether the object or list at `from` is there to its end: a file that was cut is not. */
export function isClosed(text: string, from: number): boolean {
  let depth = 0;
  for (let at = skipSpace(text, from); at < text.length; ) {
    const c = text.charCodeAt(at);
    at = c === 34 ? skipString(text, at) : at + 1;
    if (c === 123 || c === 91) depth++;
    else if (c === 125 || c === 93) depth--;
    if (depth === 0) return c === 125 || c === 93;
  }
  return false;
}
