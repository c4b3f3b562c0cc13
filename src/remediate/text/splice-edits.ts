import { isDeepStrictEqual } from 'node:util';
import { isAlias, isMap, isSeq, type Node } from 'yaml';
import type { Path } from '../../model/resource.ts';
import { applyEdits } from '../apply-edits.ts';
import type { FieldEdit } from '../../model/change/change.ts';
import {
  appendBlockItem,
  deleteBlockItem,
  deleteBlockPair,
  insertBlockPair,
  isOnly,
  replaceBlockValue,
} from './block.ts';
import { deleteFlow, insertFlow, replaceFlowValue } from './flow.ts';
import { findSpot, isFlow, type Part, parsePart, refuseSharedInside, type Spot, readValue } from './part.ts';
import { smallerEdits } from '../../model/change/smaller-edits.ts';
import { applySplices, blanks, EditRefusal, lineStart, type Splice } from './splice.ts';

/** Where an object stands in a text with line breaks `\n`. */
export interface Place {
  /** The document, or the entry of a list after its dash, from `start` up to `end`. */
  readonly start: number;
  readonly end: number;
  readonly format: 'yaml' | 'json';
  /** From there to the object: `['items', 3]` in a List. */
  readonly path: Path;
}

export type Spliced = { readonly text: string; readonly end: number } | { readonly refused: string };

/**
 * A text after edits of the object at `place`: what the edits do not touch stays byte for byte. What comes out is read again and compared
 * with what the edits mean; where it is not that, or the change would reach other places through aliases, the text stays as it is and the
 * reason is told.
 */
export function spliceEdits(text: string, place: Place, edits: readonly FieldEdit[]): Spliced {
  const { start, end, format, path } = place;
  const indent = format === 'yaml' ? start - lineStart(text, start) : 0;
  const before = blanks(indent) + text.slice(start, end);
  try {
    const after = edits.reduce((current, edit) => makeEdit(current, format, path, edit), before);
    const slice = after.slice(indent);
    return { text: text.slice(0, start) + slice + text.slice(end), end: start + slice.length };
  } catch (error) {
    if (error instanceof EditRefusal || error instanceof RangeError) return { refused: error.message };
    throw error;
  }
}

function makeEdit(text: string, format: Place['format'], prefix: Path, edit: FieldEdit): string {
  const part = parsePart(text, format);
  const full = { ...edit, path: [...prefix, ...edit.path], ...('value' in edit ? { value: plain(edit.value) } : {}) };
  const wanted = applyEdits(readValue(part), [full as FieldEdit]);
  let current = part;
  for (const small of smaller(part, full as FieldEdit)) {
    const next = applySplices(current.text, planSplices(current, small));
    current = next === current.text ? current : parsePart(next, format);
  }
  if (isDeepStrictEqual(readValue(current), wanted)) return current.text;
  throw new EditRefusal(`\`${edit.path.join('.')}\` is written in a form that cannot be edited in place`);
}

/** As JSON holds it: without fields that are undefined. */
const plain = (value: unknown): unknown => (value === undefined ? null : JSON.parse(JSON.stringify(value)));

function smaller(part: Part, edit: FieldEdit): readonly FieldEdit[] {
  if (edit.op !== 'set') return [edit];
  const { rest } = findSpot(part, edit.path);
  if (rest.length > 0) return [edit];
  const before = edit.path.reduce<unknown>(
    (value, step) => (value as Record<string, unknown>)?.[step],
    readValue(part),
  );
  return smallerEdits(edit.path, before, edit.value, (path) => isAlias(findSpot(part, path).spot.node));
}

function planSplices(part: Part, edit: FieldEdit): readonly Splice[] {
  const { spot, rest } = findSpot(part, edit.path);
  if (edit.op === 'delete') return rest.length > 0 ? [] : deleteSpot(part, spot, edit.path);
  if (edit.op === 'append' && rest.length === 0 && isSeq(spot.node)) return insert(part, spot, undefined, edit.value);
  const value = edit.op === 'append' ? [edit.value] : edit.value;
  const [step] = rest;
  if (step !== undefined && isMap(spot.node)) return insert(part, spot, String(step), nest(rest.slice(1), value));
  if (step !== undefined && isSeq(spot.node)) return insert(part, spot, undefined, nest(rest.slice(1), value));
  refuseSharedInside(part, spot.node, edit.path);
  return replace(part, spot, nest(rest, value));
}

/** The value with what is missing above it. */
function nest(path: Path, value: unknown): unknown {
  return path.reduceRight<unknown>((inner, step) => (typeof step === 'number' ? [inner] : { [step]: inner }), value);
}

function insert(part: Part, spot: Spot, key: string | undefined, value: unknown): readonly Splice[] {
  const { node, holder } = spot;
  refuseSharedHere(part, spot);
  if (!isMap(node) && !isSeq(node)) throw new EditRefusal('a value in a form that cannot be edited in place');
  // Empty brackets under a key in block style: what goes in is written in block style too.
  const isBlock = holder.kind !== 'root' && !isInFlow(spot) && part.format === 'yaml';
  if (node.items.length === 0 && isBlock) return replace(part, spot, key === undefined ? [value] : { [key]: value });
  if (isFlow(node)) return insertFlow(part, node, key, value);
  if (isMap(node)) return insertBlockPair(part, node, key ?? '', value);
  return appendBlockItem(part, node, value);
}

function replace(part: Part, spot: Spot, value: unknown): readonly Splice[] {
  return isInFlow(spot) ? replaceFlowValue(part, spot, value) : replaceBlockValue(part, spot, value);
}

function deleteSpot(part: Part, spot: Spot, path: Path): readonly Splice[] {
  const { holder, node, above } = spot;
  if (holder.kind === 'root' || !above) throw new EditRefusal('the object itself cannot be deleted by an edit');
  refuseSharedInside(part, node, path);
  const inside = holder.kind === 'pair' ? holder.map : holder.seq;
  if (isFlow(inside)) return deleteFlow(part, inside, holder.index);
  if (isOnly(inside)) return replace(part, above, holder.kind === 'pair' ? {} : []);
  return holder.kind === 'pair'
    ? deleteBlockPair(part, holder.map, holder.index)
    : deleteBlockItem(part, holder.seq, holder.index);
}

const isInFlow = ({ above }: Spot): boolean => isFlow(above?.node);

function refuseSharedHere({ aliased }: Part, { node }: Spot): void {
  const anchor = (node as Node & { anchor?: string })?.anchor;
  if (anchor !== undefined && aliased.has(anchor))
    throw new EditRefusal(`\`&${anchor}\` is repeated by \`*${anchor}\`: the change would reach those places too`);
}
