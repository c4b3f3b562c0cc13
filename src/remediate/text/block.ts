import { isCollection, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import {
  afterLine,
  columnOf,
  contentEnd,
  dashOf,
  headEnd,
  type Holder,
  isBlockScalar,
  isWritten,
  keyStart,
  type Part,
  type Spot,
} from './part.ts';
import {
  type Rendered,
  renderEntry,
  renderItem,
  renderPair,
  renderQuoted,
  renderScalar,
  renderValue,
} from './render.ts';
import { EditRefusal, insertLines, lineEnd, lineStart, type Splice } from './splice.ts';

/** A pair after the last one of a mapping in block style. */
export function insertBlockPair(part: Part, map: YAMLMap, key: string, value: unknown): readonly Splice[] {
  const { text, style } = part;
  const [first] = map.items;
  if (!first) throw new EditRefusal('an empty mapping in a form that cannot be edited in place');
  const column = columnOf(text, keyStart(first));
  return [insertLines(text, endOf(part, map), renderPair(key, value, column, style))];
}

export function appendBlockItem(part: Part, seq: YAMLSeq, value: unknown): readonly Splice[] {
  const { text, style } = part;
  return [insertLines(text, endOf(part, seq), renderItem(value, columnOf(text, dashOf(seq, 0)), style))];
}

const endOf = ({ text }: Part, node: Node): number => afterLine(text, contentEnd({ kind: 'root' }, node));

/** Another value in the place of one that stands in block style. */
export function replaceBlockValue(part: Part, { holder, node }: Spot, value: unknown): readonly Splice[] {
  const { text } = part;
  const head = headEnd(holder);
  if (head === undefined || holder.kind === 'root')
    throw new EditRefusal('a value in a form that cannot be edited in place');
  const isBelow = isWritten(node) && lineStart(text, node.range?.[0] ?? 0) > head;
  const rendered = renderFor(part, holder, node, value);
  const { inline, lines } = rendered;
  const gap = inline === '' ? '' : ` ${inline}`;
  if (!isWritten(node)) {
    const below = lines.length > 0 ? [insertLines(text, afterLine(text, head), lines)] : [];
    return [{ start: head, end: head, text: gap }, ...below];
  }
  const start = node.range?.[0] ?? head;
  const end = contentEnd(holder, node);
  if (isBelow) {
    const gone = { start: lineStart(text, start), end: afterLine(text, end) };
    const body = lines.map((line) => `${line}\n`).join('');
    return [
      { start: head, end: head, text: gap },
      { ...gone, text: body },
    ];
  }
  const isSameLine = !isBlockScalar(node) && !isBlockCollection(node);
  if (isSameLine && holder.kind === 'pair') {
    const below = lines.length > 0 ? [insertLines(text, afterLine(text, end), lines)] : [];
    return [inline === '' ? { start: head, end, text: '' } : { start, end, text: inline }, ...below];
  }
  // The lines of a block scalar, or of what an entry holds, up to their last line break.
  const until = text[end - 1] === '\n' ? end - 1 : end;
  const body = [inline, ...lines].join('\n');
  return [
    inline === '' ? { start: head, end: until, text: `\n${lines.join('\n')}` } : { start, end: until, text: body },
  ];
}

const isBlockCollection = (node: Node): boolean => isCollection(node) && !node.flow;

/** A scalar keeps the way in which the old one is quoted. */
function renderFor({ text, style }: Part, holder: Holder, node: Node | null, value: unknown): Rendered {
  if (holder.kind === 'item') {
    const dash = columnOf(text, dashOf(holder.seq, holder.index));
    const isHere = isWritten(node) && isBlockCollection(node);
    return renderEntry(value, dash, isHere ? columnOf(text, node.range?.[0] ?? 0) : dash + 2, style);
  }
  const column = holder.kind === 'pair' ? columnOf(text, keyStart(holder.pair)) : 0;
  const rendered = renderValue(value, column, style);
  if (typeof value !== 'string' || rendered.lines.length > 0 || !isScalar(node)) return rendered;
  return { inline: requoted(value, node.type), lines: [] };
}

export function requoted(value: string, type: string | undefined): string {
  if (type === 'QUOTE_SINGLE') return renderQuoted(value, 'single');
  if (type === 'QUOTE_DOUBLE') return JSON.stringify(value);
  return renderScalar(value, 'double');
}

/** Takes a pair out; not the only one of its mapping. */
export function deleteBlockPair(part: Part, map: YAMLMap, index: number): readonly Splice[] {
  const pair = map.items[index] as Pair;
  const next = map.items[index + 1];
  const end = contentEnd({ kind: 'pair', map, pair, index }, (pair.value ?? null) as Node | null);
  return deleteBlock(part, keyStart(pair), end, next && keyStart(next));
}

/** Takes an entry out; not the only one of its list. */
export function deleteBlockItem(part: Part, seq: YAMLSeq, index: number): readonly Splice[] {
  const end = contentEnd({ kind: 'item', seq, index }, seq.items[index] as Node | null);
  return deleteBlock(part, dashOf(seq, index), end, index + 1 < seq.items.length ? dashOf(seq, index + 1) : undefined);
}

function deleteBlock({ text }: Part, start: number, end: number, next: number | undefined): readonly Splice[] {
  const line = lineStart(text, start);
  if (text.slice(line, start).trim() === '') return [{ start: line, end: afterLine(text, end), text: '' }];
  // The first of a compact entry, as in `- a: 1`: the next one moves up, unless a comment stands between.
  if (next === undefined) throw new EditRefusal('a value in a form that cannot be edited in place');
  const between = text.slice(end, next);
  if (!between.slice(between.indexOf('\n') + 1).includes('#')) return [{ start, end: next, text: '' }];
  const from = text.slice(0, start).trimEnd().length;
  return [{ start: from, end: text[end - 1] === '\n' ? end - 1 : lineEnd(text, end), text: '' }];
}

export const isOnly = (node: unknown): boolean => (isMap(node) || isSeq(node)) && node.items.length === 1;
