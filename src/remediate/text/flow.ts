import { isMap, isPair, isScalar, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { requoted } from './block.ts';
import { isWritten, type Part, type Spot } from './part.ts';
import { renderFlow } from './render.ts';
import { blanks, EditRefusal, lineEnd, lineStart, type Splice } from './splice.ts';

type Flow = YAMLMap | YAMLSeq;

/** A pair, or with no key an entry, after the last one in brackets. */
export function insertFlow(part: Part, node: Flow, key: string | undefined, value: unknown): readonly Splice[] {
  const { text } = part;
  const [open, end] = rangeOf(node);
  const count = node.items.length;
  const indent = lineIndent(text, open);
  if (count === 0) {
    if (text.slice(open + 1, end - 1).trim() !== '')
      throw new EditRefusal('brackets that hold a comment and nothing else');
    const inner = indent + stepOf(part);
    const isPretty = part.format === 'json' && text.includes('\n');
    const item = renderMember(part, node, key, value, isPretty ? inner : undefined);
    const body = isPretty ? `\n${blanks(inner)}${item}\n${blanks(indent)}` : item;
    return [{ start: open + 1, end: end - 1, text: body }];
  }
  const last = spanOf(node, count - 1);
  const isTall = text.slice(lineStart(text, last.start), last.start).trim() === '';
  const column = last.start - lineStart(text, last.start);
  const item = renderMember(part, node, key, value, isTall ? column : undefined);
  const comma = /^\s*,/.exec(text.slice(last.end, end - 1))?.[0];
  if (isTall) {
    const indentText = text.slice(lineStart(text, last.start), last.start);
    const after = comma === undefined ? last.end : last.end + comma.length;
    const line = Math.min(lineEnd(text, after), end - 1);
    const hasComment = text.slice(after, line).trim() !== '';
    const added = `\n${indentText}${item}${comma === undefined ? '' : ','}`;
    if (!hasComment) return [{ start: after, end: after, text: comma === undefined ? `,${added}` : added }];
    const at = { start: line, end: line, text: added };
    return comma === undefined ? [{ start: last.end, end: last.end, text: ',' }, at] : [at];
  }
  const before = count > 1 ? text.slice(spanOf(node, count - 2).end, last.start) : ', ';
  const separator = /^,[ ]*$/.test(before) ? before : ', ';
  if (comma === undefined) return [{ start: last.end, end: last.end, text: separator + item }];
  const after = last.end + comma.length;
  return [{ start: after, end: after, text: ` ${item},` }];
}

/** Another value in brackets. */
export function replaceFlowValue(part: Part, { holder, node }: Spot, value: unknown): readonly Splice[] {
  const { text } = part;
  if (!isWritten(node)) {
    if (holder.kind !== 'pair') throw new EditRefusal('an empty entry in brackets');
    const { end } = spanOf(holder.map, holder.index);
    const colon = text[end - 1] === ':' ? ' ' : ': ';
    return [{ start: end, end, text: colon + renderIn(part, value, undefined) }];
  }
  const [start, end] = rangeOf(node);
  const isTall = text.slice(lineStart(text, start), end).includes('\n') || isOwnLine(text, start);
  if (part.format === 'yaml' && typeof value === 'string' && isScalar(node) && node.type?.startsWith('QUOTE')) {
    return [{ start, end, text: requoted(value, node.type) }];
  }
  return [{ start, end, text: renderIn(part, value, isTall ? lineIndent(text, start) : undefined) }];
}

/** Takes a pair or an entry out of brackets. */
export function deleteFlow({ text }: Part, node: Flow, index: number): readonly Splice[] {
  const [open, end] = rangeOf(node);
  const { start, end: until } = spanOf(node, index);
  if (node.items.length === 1) return [{ start: open + 1, end: end - 1, text: '' }];
  if (index < node.items.length - 1) return [{ start, end: spanOf(node, index + 1).start, text: '' }];
  const before = spanOf(node, index - 1).end;
  const comma = /^\s*,/.exec(text.slice(until, end - 1))?.[0];
  return [{ start: before, end: comma === undefined ? until : until + comma.length - 1, text: '' }];
}

function renderMember(part: Part, node: Flow, key: string | undefined, value: unknown, column?: number): string {
  const body = renderIn(part, value, column);
  if (key === undefined) return body;
  const name = part.format === 'json' ? JSON.stringify(key) : renderFlow(key, part.style);
  return `${name}${colonOf(part, node)}${body}`;
}

/** The colon and the blanks after it, as in the pairs that are there. */
function colonOf({ text, format }: Part, node: Flow): string {
  const [first] = node.items;
  if (isMap(node) && isPair(first) && isScalar(first.key) && isWritten(first.value as Node | null)) {
    const between = text.slice(first.key.range?.[1], (first.value as Node).range?.[0]);
    if (/^ *: *$/.test(between) && (between.endsWith(' ') || format === 'json')) return between;
  }
  return format === 'json' && !/^\s*\{\s/.test(text) && !text.includes('": ') ? ':' : ': ';
}

function renderIn(part: Part, value: unknown, column: number | undefined): string {
  if (part.format === 'yaml') return renderFlow(value, part.style);
  if (column === undefined || !part.text.includes('\n')) {
    const text = JSON.stringify(value);
    return part.text.includes('": ')
      ? JSON.stringify(value, null, 1)
          .replace(/\n\s*/g, ' ')
          .replace(/([[{]) | ([\]}])/g, '$1$2')
      : text;
  }
  const unit = /^\t/m.test(part.text) ? '\t' : stepOf(part);
  const pad = /^\t/m.test(part.text) ? '\t'.repeat(column) : blanks(column);
  return JSON.stringify(value, null, unit).replaceAll('\n', `\n${pad}`);
}

/** By how much JSON is indented. */
const stepOf = ({ text }: Part): number => /\n( +)\S/.exec(text)?.[1]?.length ?? 2;

const isOwnLine = (text: string, offset: number): boolean =>
  /^\s*("[^"]*"\s*:\s*)?$/.test(text.slice(lineStart(text, offset), offset));

function lineIndent(text: string, offset: number): number {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0].length ?? 0;
}

function rangeOf(node: Node): readonly [number, number] {
  if (!node.range) throw new EditRefusal('a value in a form that cannot be edited in place');
  return [node.range[0], node.range[1]];
}

function spanOf(node: Flow, index: number): { readonly start: number; readonly end: number } {
  const item: unknown = node.items[index];
  if (!isPair(item)) {
    const [start, end] = rangeOf(item as Node);
    return { start: propertiesOf(node, index) ?? start, end };
  }
  const { key, value, srcToken } = item as Pair;
  const [start, keyEnd] = rangeOf(key as Node);
  const colon = srcToken?.sep?.find(({ type }) => type === 'map-value-ind');
  const end = isWritten(value as Node | null) ? rangeOf(value as Node)[1] : colon ? colon.offset + 1 : keyEnd;
  return { start: propertiesOf(node, index) ?? start, end };
}

/** The anchor or tag in front of an entry. */
function propertiesOf(node: Flow, index: number): number | undefined {
  const token = node.srcToken;
  const start = token && 'items' in token ? token.items[index]?.start : undefined;
  return start?.find(({ type }) => type === 'anchor' || type === 'tag')?.offset;
}
