import { readBlock } from './block.ts';
import { type Cursor, endLine, nextLine, Unusual, unusual } from './cursor.ts';

/** Control characters, byte order marks and broken surrogates, which js-yaml refuses in some places and not in others. */
const UNCOMMON =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
  /[\0-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?:[^\ud800-\udbff]|^)[\udc00-\udfff]/;

/** Collections in each other; js-yaml allows for some more. */
const ROOM = 60;

/** Whether a text may be given to the fast reader at all. */
export function isCommonText(text: string): boolean {
  return !UNCOMMON.test(text);
}

/** The value of a document that is a block mapping or list; undefined if it is not of the kind that this reader knows. */
export function readFast(text: string, start: number, end: number, depth: number): object | undefined {
  const cursor: Cursor = { text, end, at: start, indent: -1, room: Math.min(ROOM, depth - 10) };
  try {
    return readDocument(cursor);
  } catch (error) {
    if (error instanceof Unusual) return undefined;
    throw error;
  }
}

function readDocument(cursor: Cursor): object {
  if (cursor.text.startsWith('---', cursor.at)) {
    cursor.at += 3;
    endLine(cursor);
  } else {
    nextLine(cursor, cursor.at);
    // js-yaml takes it for a marker even if it is indented.
    if (cursor.text.startsWith('---', cursor.at)) unusual();
  }
  const value = cursor.indent === -1 ? null : readBlock(cursor, -1);
  if (cursor.indent !== -1 || typeof value !== 'object' || value === null) unusual();
  return value;
}
