import { skipValue, jsonItems, findJsonValue } from '../../collect/json/positions.ts';
import { DocumentOrigin } from '../../collect/origin.ts';
import { readText } from '../../collect/read-text.ts';
import { yamlItems } from '../../collect/yaml/items.ts';
import { firstContent } from '../../collect/yaml/split.ts';
import type { Resource } from '../../model/resource.ts';
import type { FieldEdit } from '../../model/change/change.ts';
import { writtenForm } from '../../remediate/changed-resource.ts';
import { withBreaksOf, withPlainBreaks } from '../../remediate/text/line-breaks.ts';
import { type Place, spliceEdits } from '../../remediate/text/splice-edits.ts';

/** A file of the input as it becomes, edit by edit. */
export interface EditedFile {
  readonly name: string;
  /** As it is on disk. */
  readonly raw: string;
  /** With line breaks `\n`. */
  readonly text: string;
  /** The objects in it by `group/kind/name`, in order, where they stood when the file was opened; read when first asked for. */
  readonly objects: () => FileObjects;
  /** How edits since then moved what stands behind them, in order. */
  readonly shifts: readonly Shift[];
}

type FileObjects = ReadonlyMap<string, readonly FileObject[]>;

interface FileObject {
  /** As written. */
  readonly namespace: string | undefined;
  readonly place: Place;
  /** So many shifts had been made when it stood there. */
  readonly since: number;
}

interface Shift {
  readonly from: number;
  readonly by: number;
}

export function openFile(name: string, raw: string): EditedFile {
  return { name, raw, text: withPlainBreaks(raw), objects: once(() => objectsOf(name, raw)), shifts: [] };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function objectsOf(name: string, text: string): Map<string, FileObject[]> {
  const objects = new Map<string, FileObject[]>();
  for (const { value, origin } of readText(text, name).objects) {
    if (!(origin instanceof DocumentOrigin)) continue;
    const { metadata } = value as { readonly metadata?: { readonly namespace?: unknown } };
    const namespace = typeof metadata?.namespace === 'string' ? metadata.namespace : undefined;
    const object: FileObject = { namespace, place: origin.place, since: 0 };
    const key = keyOf(value);
    const alike = objects.get(key);
    if (alike) alike.push(object);
    else objects.set(key, [object]);
  }
  return objects;
}

function keyOf(value: Readonly<Record<string, unknown>>): string {
  const { apiVersion, kind, metadata } = value as {
    readonly apiVersion?: unknown;
    readonly kind?: unknown;
    readonly metadata?: { readonly name?: unknown };
  };
  return `${String(apiVersion).replace(/\/?[^/]*$/, '')}/${String(kind)}/${String(metadata?.name)}`;
}

/** Where an object stands; of several of the same name in one file the last, which is the one that counts. */
export function findPlace({ objects, shifts }: EditedFile, resource: Resource): Place | undefined {
  const { namespace } = resource;
  const found = objects()
    .get(keyOf(writtenForm(resource)))
    ?.findLast((each) => namespace === '' || (each.namespace ?? namespace) === namespace);
  return found && shifts.slice(found.since).reduce(moved, found.place);
}

function moved(place: Place, { from, by }: Shift): Place {
  const { start, end } = place;
  return end < from ? place : { ...place, start: start >= from ? start + by : start, end: end + by };
}

/** The comment in front of an object. */
export function leadOf({ text }: EditedFile, { start, end, path }: Place): string {
  return path.length > 0 ? '' : text.slice(start, Math.max(start, firstContent(text, start, end)));
}

/** The file after edits of an object in it. */
export function editObject(
  file: EditedFile,
  place: Place,
  edits: readonly FieldEdit[],
): EditedFile | { readonly refused: string } {
  const near = narrow(file.text, place);
  const spliced = spliceEdits(file.text, near, edits);
  if ('refused' in spliced) return spliced;
  const shift: Shift = { from: near.end, by: spliced.text.length - file.text.length };
  return {
    ...file,
    raw: withBreaksOf(file.raw, spliced.text),
    text: spliced.text,
    shifts: [...file.shifts, shift],
  };
}

/** The file with more documents at its end: what stands before them is not read again. */
export function lengthen(file: EditedFile, text: string): EditedFile {
  // What ends without a line break gets one, and so another end of its last document.
  const start = file.text.endsWith('\n') && text.startsWith(file.text) ? file.text.length : 0;
  if (start === 0) return withText(file, text);
  const objects = once((): FileObjects => {
    const all = new Map(file.objects());
    for (const [key, list] of objectsOf(file.name, text.slice(start))) {
      const behind = list.map(({ namespace, place }) => ({
        namespace,
        place: { ...place, start: place.start + start, end: place.end + start },
        since: file.shifts.length,
      }));
      all.set(key, [...(all.get(key) ?? []), ...behind]);
    }
    return all;
  });
  return { ...file, raw: withBreaksOf(file.raw, text), text, objects };
}

/** The file with a text that was made otherwise. */
export function withText(file: EditedFile, text: string): EditedFile {
  return openFile(file.name, withBreaksOf(file.raw, text));
}

/** A List from this length on is not read as a whole to edit one of its entries. */
const LONG = 32 * 1024;

/** An entry of a long List as a text of its own, unless anchors or aliases tie it to others. */
function narrow(text: string, place: Place): Place {
  const { start, end, format, path } = place;
  const [field, index, ...rest] = path;
  if (field !== 'items' || typeof index !== 'number' || end - start < LONG) return place;
  if (format === 'json') {
    const item = jsonItems(text, findJsonValue(text, start, ['items']))[index];
    return item === undefined ? place : { start: item, end: skipValue(text, item), format, path: rest };
  }
  const items = yamlItems(text, start, end);
  const [from, until] = [items[index], items[index + 1]];
  if (from === undefined || until === undefined || /(^|[\s[{,])[&*][\w-]/m.test(text.slice(from, until))) return place;
  return { start: from + 1, end: until, format, path: rest };
}
