import { skipValue, jsonItems, findJsonValue } from '../../collect/json/positions.ts';
import { DocumentOrigin } from '../../collect/origin.ts';
import { readText } from '../../collect/read-text.ts';
import { yamlItems } from '../../collect/yaml/items.ts';
import { firstContent } from '../../collect/yaml/split.ts';
import type { Resource } from '../../model/resource.ts';
import type { FieldEdit } from '../../remediate/change.ts';
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
  /** The objects in it, in order. */
  readonly objects: readonly FileObject[];
}

interface FileObject {
  /** `group/kind/name`. */
  readonly key: string;
  /** As written. */
  readonly namespace: string | undefined;
  readonly place: Place;
}

export function openFile(name: string, raw: string): EditedFile {
  const objects = readText(raw, name).objects.flatMap(({ value, origin }): readonly FileObject[] => {
    const { metadata } = value as { readonly metadata?: { readonly namespace?: unknown } };
    const namespace = metadata?.namespace;
    if (!(origin instanceof DocumentOrigin)) return [];
    return [
      { key: keyOf(value), namespace: typeof namespace === 'string' ? namespace : undefined, place: origin.place },
    ];
  });
  return { name, raw, text: withPlainBreaks(raw), objects };
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
export function findPlace({ objects }: EditedFile, resource: Resource): Place | undefined {
  const key = keyOf(writtenForm(resource));
  const { namespace } = resource;
  return objects.findLast(
    (each) => each.key === key && (namespace === '' || (each.namespace ?? namespace) === namespace),
  )?.place;
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
  const by = spliced.text.length - file.text.length;
  const moved = ({ start, end, ...rest }: Place): Place => ({
    ...rest,
    start: start >= near.end ? start + by : start,
    end: end >= near.end ? end + by : end,
  });
  return {
    ...file,
    raw: withBreaksOf(file.raw, spliced.text),
    text: spliced.text,
    objects: file.objects.map((object) => ({ ...object, place: moved(object.place) })),
  };
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
