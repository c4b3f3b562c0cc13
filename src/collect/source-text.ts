import type { FileLocation } from '../result/location.ts';

/** The text of one file, with line breaks as `\n`, and what it takes to turn offsets into lines when somebody asks. */
export interface SourceText {
  readonly name: string;
  readonly text: string;
  /** Line of the text's first character in the file; 1 for whole files. */
  readonly firstLine: number;
  /** Offsets at which lines start; made on first use. */
  lineStarts?: Uint32Array;
}

export function sourceText(name: string, text: string, firstLine = 1): SourceText {
  let plain = text;
  // YAML and JSON read all three line breaks alike, and neither lines nor columns of what is visible move.
  if (plain.includes('\r')) plain = plain.replace(/\r\n?/g, '\n');
  // Byte order marks, also those that concatenation left inside.
  if (plain.includes('\ufeff')) plain = plain.replace(/(^|\n)\ufeff+/g, '$1');
  return { name, text: plain, firstLine };
}

export function locationAt(source: SourceText, offset: number): FileLocation {
  source.lineStarts ??= findLineStarts(source.text);
  const line = lineIndex(source.lineStarts, offset);
  return { file: source.name, line: line + source.firstLine, column: offset - (source.lineStarts[line] ?? 0) + 1 };
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
