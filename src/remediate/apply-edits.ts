import type { Path } from '../model/resource.ts';
import type { FieldEdit } from '../model/change/change.ts';

type Value = Readonly<Record<string, unknown>>;

/** A value after the edits; what they leave alone is shared with the one before. Throws a RangeError where a path leads through a scalar. */
export function applyEdits(value: unknown, edits: readonly FieldEdit[]): unknown {
  return edits.reduce((current, edit) => change(current, edit, 0), value);
}

function change(value: unknown, edit: FieldEdit, depth: number): unknown {
  if (depth === edit.path.length) {
    if (edit.op === 'set') return edit.value;
    if (edit.op === 'delete') throw new RangeError('an object cannot be deleted by an edit');
    if (!isMissing(value) && !Array.isArray(value)) throw unfit(edit.path, 'is no list');
    return [...(isMissing(value) ? [] : value), edit.value];
  }
  const step = edit.path[depth] as string | number;
  const isLast = depth === edit.path.length - 1;
  return typeof step === 'number'
    ? changeEntry(value, edit, depth, step, isLast)
    : changeField(value, edit, depth, step, isLast);
}

function changeField(value: unknown, edit: FieldEdit, depth: number, step: string, isLast: boolean): unknown {
  if (isMissing(value)) return edit.op === 'delete' ? value : { [step]: change(undefined, edit, depth + 1) };
  if (!isMap(value)) throw unfit(edit.path.slice(0, depth), 'is no mapping');
  const has = Object.hasOwn(value, step);
  if (edit.op === 'delete') {
    if (!has) return value;
    if (isLast) {
      const { [step]: _gone, ...rest } = value;
      return rest;
    }
  }
  return { ...value, [step]: change(has ? value[step] : undefined, edit, depth + 1) };
}

function changeEntry(value: unknown, edit: FieldEdit, depth: number, index: number, isLast: boolean): unknown {
  if (isMissing(value) && edit.op === 'delete') return value;
  const list: readonly unknown[] | undefined = isMissing(value) ? [] : Array.isArray(value) ? value : undefined;
  if (!list) throw unfit(edit.path.slice(0, depth), 'is no list');
  if (edit.op === 'delete') {
    if (index >= list.length) return value;
    if (isLast) return [...list.slice(0, index), ...list.slice(index + 1)];
  }
  if (index > list.length) throw unfit(edit.path.slice(0, depth + 1), `is beyond the end of the list`);
  return [...list.slice(0, index), change(list[index], edit, depth + 1), ...list.slice(index + 1)];
}

function unfit(path: Path, what: string): RangeError {
  return new RangeError(`\`${path.join('.')}\` ${what}`);
}

const isMissing = (value: unknown): value is null | undefined => value === null || value === undefined;

const isMap = (value: unknown): value is Value => typeof value === 'object' && value !== null && !Array.isArray(value);
