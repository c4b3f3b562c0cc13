import type { FileLocation } from '../result/location.ts';
import type { YamlNodes } from './yaml/positions.ts';

/** A part of a text that places were asked for lately. */
export interface RecentPart {
  readonly source: SourceText;
  readonly start: number;
  /** Blanks put before the part, so that its first line is as far right as in the file. */
  readonly indent: number;
  readonly nodes: YamlNodes;
}

/** The text of one file, with line breaks as `\n`, and what it takes to find places in it when somebody asks. */
export interface SourceText {
  readonly name: string;
  readonly text: string;
  /** Shared by all texts that were read together. */
  readonly recent: RecentPart[];
  /** Where bytes were no UTF-8 the text has U+FFFD. */
  readonly isLossy: boolean;
  /** Nothing in it keeps it from the fast reader; found on first use. */
  isCommon?: boolean;
  /** Offsets at which lines start; found on first use. */
  lineStarts?: Uint32Array;
}

export function sourceText(
  name: string,
  text: string,
  options: { readonly recent?: RecentPart[]; readonly isLossy?: boolean } = {},
): SourceText {
  let plain = text;
  // YAML and JSON read all three line breaks alike, and neither lines nor columns of what is visible move.
  if (plain.includes('\r')) plain = plain.replace(/\r\n?/g, '\n');
  // Byte order marks, also those that concatenation left inside.
  if (plain.includes('\ufeff')) plain = plain.replace(/(^|\n)\ufeff+/g, '$1');
  return { name, text: plain, recent: options.recent ?? [], isLossy: options.isLossy ?? false };
}

/** Line and column, from 1, of the character at `offset`. */
export function locationAt(source: SourceText, offset: number): FileLocation {
  source.lineStarts ??= findLineStarts(source.text);
  const line = lineIndex(source.lineStarts, offset);
  return { file: source.name, line: line + 1, column: offset - (source.lineStarts[line] ?? 0) + 1 };
}

/** Where the line of the character at `offset` starts. */
export function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

function findLineStarts(text: string): Uint32Array {
  let starts = new Uint32Array(1024);
  let count = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    if (count === starts.length) {
      const larger = new Uint32Array(count * 2);
      larger.set(starts);
      starts = larger;
    }
    starts[count++] = at + 1;
  }
  return starts.slice(0, count);
}

/** Index of the last line that starts at or before `offset`. */
function lineIndex(starts: Uint32Array, offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
