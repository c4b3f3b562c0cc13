import { isDeepStrictEqual } from 'node:util';
import type { Path } from '../resource.ts';
import type { FieldEdit } from './change.ts';

type Value = Readonly<Record<string, unknown>>;

/**
 * A new value for what is there, as the edits that tell the two apart, so that the text of all that they share stays. `isWhole` says of a
 * path that what stands there can only be replaced as a whole.
 */
export function smallerEdits(
  path: Path,
  before: unknown,
  after: unknown,
  isWhole: (path: Path) => boolean,
): readonly FieldEdit[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isWhole(path)) {
    if (isFilledMap(before) && isFilledMap(after)) return mapEdits(path, before, after, isWhole);
    if (isFilledList(before) && isFilledList(after)) return listEdits(path, before, after, isWhole);
  }
  return [{ op: 'set', path, value: after }];
}

function mapEdits(path: Path, before: Value, after: Value, isWhole: (path: Path) => boolean): readonly FieldEdit[] {
  const kept = Object.keys(before).filter((key) => Object.hasOwn(after, key));
  // Nothing in common: as a whole it leaves no empty mapping on the way.
  if (kept.length === 0) return [{ op: 'set', path, value: after }];
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  const fresh = Object.keys(after).filter((key) => !Object.hasOwn(before, key));
  return [
    ...gone.map((key): FieldEdit => ({ op: 'delete', path: [...path, key] })),
    ...kept.flatMap((key) => smallerEdits([...path, key], before[key], after[key], isWhole)),
    ...fresh.map((key): FieldEdit => ({ op: 'set', path: [...path, key], value: after[key] })),
  ];
}

function listEdits(
  path: Path,
  before: readonly unknown[],
  after: readonly unknown[],
  isWhole: (path: Path) => boolean,
): readonly FieldEdit[] {
  const gone = leftOut(before, after);
  // From the end, so that the numbers of the others stay.
  if (gone) return gone.toReversed().map((at) => ({ op: 'delete', path: [...path, at] }));
  const limit = Math.min(before.length, after.length);
  let head = 0;
  while (head < limit && isDeepStrictEqual(before[head], after[head])) head++;
  let tail = 0;
  if (after.length < before.length) {
    while (tail < limit - head && isDeepStrictEqual(before.at(-1 - tail), after.at(-1 - tail))) tail++;
  }
  const edits: FieldEdit[] = [];
  for (let at = head; at < limit - tail; at++) {
    edits.push(...smallerEdits([...path, at], before[at], after[at], isWhole));
  }
  for (let at = before.length - tail - 1; at >= after.length - tail; at--)
    edits.push({ op: 'delete', path: [...path, at] });
  for (const value of after.slice(before.length)) edits.push({ op: 'append', path, value });
  return edits;
}

/** Where entries are only taken out: which. */
function leftOut(before: readonly unknown[], after: readonly unknown[]): readonly number[] | undefined {
  if (after.length >= before.length) return undefined;
  let kept = 0;
  const gone = before.flatMap((entry, index) => {
    const isKept = kept < after.length && isDeepStrictEqual(entry, after[kept]);
    if (isKept) kept++;
    return isKept ? [] : [index];
  });
  return kept === after.length ? gone : undefined;
}

const isFilledList = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > 0;

const isFilledMap = (value: unknown): value is Value =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
