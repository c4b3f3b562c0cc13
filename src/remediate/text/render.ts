import { stringify } from 'yaml';
import { blanks } from './splice.ts';

/** How a document is written, so that new text looks like what is there. */
export interface Style {
  /** Columns by which the keys of a mapping stand further right than its own key. */
  readonly step: number;
  /** The same for the dashes of a list: 0 where they stand under the key. */
  readonly dashes: number;
  readonly quote: 'single' | 'double';
}

/** A value after `key:` or `-`: what stands on the same line, and the lines below. */
export interface Rendered {
  readonly inline: string;
  readonly lines: readonly string[];
}

type Value = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Value => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value of a key that stands at `column`. */
export function renderValue(value: unknown, column: number, style: Style): Rendered {
  if (typeof value === 'string' && fitsLiteral(value)) return renderLiteral(value, column + style.step);
  if (Array.isArray(value) && value.length > 0) {
    const at = column + style.dashes;
    return { inline: '', lines: value.flatMap((item) => renderItem(item, at, style)) };
  }
  if (isMap(value) && Object.keys(value).length > 0)
    return { inline: '', lines: renderPairs(value, column + style.step, style) };
  return { inline: renderScalar(value, style.quote), lines: [] };
}

/** `key: value` at `column`. */
export function renderPair(key: string, value: unknown, column: number, style: Style): readonly string[] {
  const { inline, lines } = renderValue(value, column, style);
  return [`${blanks(column)}${renderScalar(key, style.quote)}:${inline === '' ? '' : ` ${inline}`}`, ...lines];
}

function renderPairs(value: Value, column: number, style: Style): readonly string[] {
  return Object.entries(value).flatMap(([key, each]) => renderPair(key, each, column, style));
}

/** `- value`, the dash at `column`. */
export function renderItem(value: unknown, column: number, style: Style): readonly string[] {
  const { inline, lines } = renderEntry(value, column, column + 2, style);
  return [`${blanks(column)}- ${inline}`, ...lines];
}

/** What stands after the dash of an entry: its own content starts at `inner`, on the same line. */
export function renderEntry(value: unknown, dash: number, inner: number, style: Style): Rendered {
  const nested = isMap(value) && Object.keys(value).length > 0;
  if (!nested && !(Array.isArray(value) && value.length > 0)) return renderValue(value, dash, style);
  const [first = '', ...lines] = nested
    ? renderPairs(value, inner, style)
    : (value as readonly unknown[]).flatMap((item) => renderItem(item, inner, style));
  return { inline: first.trimStart(), lines };
}

/** A scalar or an empty collection on one line. Text that any reader of YAML 1.1 or 1.2 could take for something else is quoted. */
export function renderScalar(value: unknown, quote: Style['quote']): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  if (/[^\x20-\x7e]/.test(value)) return JSON.stringify(value);
  const options = { lineWidth: 0, compat: 'yaml-1.1', singleQuote: quote === 'single' } as const;
  return stringify(value, options).trimEnd();
}

/** A value in brackets, on one line. */
export function renderFlow(value: unknown, style: Style): string {
  if (Array.isArray(value)) return `[${value.map((item) => renderFlow(item, style)).join(', ')}]`;
  if (isMap(value)) {
    const pairs = Object.entries(value).map(([key, each]) => `${renderFlow(key, style)}: ${renderFlow(each, style)}`);
    return `{${pairs.join(', ')}}`;
  }
  const text = renderScalar(value, style.quote);
  return typeof value === 'string' && /[,[\]{}:?]/.test(value) && text === value
    ? renderQuoted(value, style.quote)
    : text;
}

export function renderQuoted(value: string, quote: Style['quote']): string {
  return quote === 'single' && !/[^\x20-\x7e]/.test(value) ? `'${value.replaceAll("'", "''")}'` : JSON.stringify(value);
}

/** Several lines that a block scalar holds as they are. */
function fitsLiteral(value: string): boolean {
  return /^[^\s]/.test(value) && value.trimEnd().includes('\n') && /^[\n\x20-\x7e]*$/.test(value) && !/ $/m.test(value);
}

function renderLiteral(value: string, column: number): Rendered {
  const body = value.replace(/\n+$/, '');
  const breaks = value.length - body.length;
  const chomping = breaks === 0 ? '-' : breaks === 1 ? '' : '+';
  const lines = body.split('\n').map((line) => (line === '' ? '' : blanks(column) + line));
  return { inline: `|${chomping}`, lines: [...lines, ...Array.from({ length: Math.max(0, breaks - 1) }, () => '')] };
}
