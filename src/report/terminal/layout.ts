import stringWidth from 'string-width';
import { oneLine } from '../wording.ts';

type Paint = (text: string) => string;

const plain: Paint = (text) => text;

/** Pads with spaces to a number of terminal columns. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)));
}

/** Widest of several texts, in terminal columns. */
export function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, stringWidth(text)), 0);
}

/**
 * Breaks text at spaces. A word that is wider than the line (a path, an address) stays whole: it is there to be copied, and the
 * terminal wraps it.
 */
export function wrap(text: string, columns: number): string[] {
  return flow(oneLine(text).split(' '), ' ', columns);
}

/** Puts items side by side as long as they fit, and never breaks one. */
export function flow(items: readonly string[], separator: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  let width = 0;
  const gap = stringWidth(separator);
  for (const item of items) {
    const itemWidth = stringWidth(item);
    if (line !== '' && width + gap + itemWidth > columns) {
      lines.push(line);
      line = item;
      width = itemWidth;
    } else {
      line = line === '' ? item : `${line}${separator}${item}`;
      width += itemWidth + (line === item ? 0 : gap);
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** The same for phrases: one that is wider than the line is wrapped. */
export function flowPhrases(phrases: readonly string[], separator: string, columns: number): string[] {
  return flow(phrases, separator, columns).flatMap((line) =>
    stringWidth(line) > columns ? wrap(line, columns) : [line],
  );
}

/** Lines under a label, all starting in the same column: `label` takes `indent` columns. */
export function hang(label: string, lines: readonly string[], indent: number, paint: Paint = plain): string[] {
  return lines.map((line, index) => `${index === 0 ? pad(label, indent) : ' '.repeat(indent)}${paint(line)}`.trimEnd());
}

/** Rows in columns of common widths; undefined if a row would be wider than `columns`. */
export function align(rows: readonly (readonly string[])[], columns: number, gap = 3): string[] | undefined {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, stringWidth(cell));
  }
  const total = widths.reduce((sum, width) => sum + width + gap, -gap);
  if (total > columns) return undefined;
  return rows.map((row) =>
    row
      .map((cell, index) => pad(cell, widths[index] ?? 0))
      .join(' '.repeat(gap))
      .trimEnd(),
  );
}
