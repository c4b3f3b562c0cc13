import path from 'node:path';
import type { Resource } from '../../model/resource.ts';
import type { Change } from '../../model/change/change.ts';
import { writtenForm } from '../../remediate/changed-resource.ts';
import { type ObjectSource, sourceOf } from '../../remediate/source-of.ts';
import { appendObject } from '../../remediate/text/append-object.ts';
import { removeObject } from '../../remediate/text/remove-object.ts';
import type { Spliced } from '../../remediate/text/splice-edits.ts';
import { type Manifest, nameOfManifest } from '../../model/change/manifest.ts';
import { yamlOf } from '../../remediate/text/yaml-of.ts';
import { type EditedFile, editObject, findPlace, leadOf, lengthen, openFile, withText } from './edited-file.ts';
import type { InputTexts } from './input-texts.ts';

/** Files as they are after the steps so far; without a text the file is gone. */
export interface EditedFiles {
  readonly texts: InputTexts;
  /** As it was audited, read once. */
  readonly original: (name: string) => EditedFile | undefined;
  readonly files: ReadonlyMap<string, EditedFile | undefined>;
}

/** A file that a step changes, with the objects in it that it does. */
export interface ChangedFile {
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly objects: readonly string[];
  /** What the objects come from, where an edit of the file would not last; such files are never written. */
  readonly source?: Extract<ObjectSource, { kind: 'rendered' }>;
}

/** A change that no text can be given for, and what to do. */
export interface RefusedChange {
  readonly object: string;
  readonly file: string;
  readonly message: string;
  readonly help: string;
}

export interface StepFiles {
  readonly files: readonly ChangedFile[];
  readonly refused: readonly RefusedChange[];
  readonly after: EditedFiles;
}

export function unedited(texts: InputTexts): EditedFiles {
  const opened = new Map<string, EditedFile | undefined>();
  const original = (name: string): EditedFile | undefined => {
    if (!opened.has(name)) {
      const text = texts.textOf(name);
      opened.set(name, text === undefined ? undefined : openFile(name, text));
    }
    return opened.get(name);
  };
  return { texts, original, files: new Map() };
}

/** The files of the input after one step's changes, on what the steps before left. Nothing is written. */
export function editFiles(edited: EditedFiles, changes: readonly Change[]): StepFiles {
  const { texts, original } = edited;
  const files = new Map(edited.files);
  const objects = new Map<string, Set<string>>();
  const sources = new Map<string, ChangedFile['source']>();
  const refused: RefusedChange[] = [];
  const open = (name: string): EditedFile | undefined => {
    if (!files.has(name)) {
      const file = original(name);
      if (!file) return undefined;
      files.set(name, file);
    }
    return files.get(name);
  };

  for (const change of changes) {
    const resource = change.kind === 'add' ? change.beside : change.resource;
    const object = change.kind === 'add' ? nameOfManifest(change.manifest) : nameOfResource(resource);
    const file = open(resource.origin.source.replace(/ \(new\)$/, '')) ?? openAdded(files, resource);
    const made = file
      ? makeChange(
          file,
          change,
          (name) => files.get(name) !== undefined || (!files.has(name) && texts.exists(name)),
          texts,
        )
      : noText(resource);
    if ('refused' in made) {
      refused.push({ object, file: resource.origin.source, message: made.refused, help: made.help });
      continue;
    }
    files.set(made.name, made.file);
    objects.set(made.name, (objects.get(made.name) ?? new Set()).add(object));
    if (made.source) sources.set(made.name, made.source);
  }

  const changed = [...objects].flatMap(([file, names]): readonly ChangedFile[] => {
    const before = edited.files.has(file) ? edited.files.get(file)?.raw : original(file)?.raw;
    const after = files.get(file)?.raw;
    const source = sources.get(file);
    return before === after ? [] : [{ file, before, after, objects: [...names], ...(source ? { source } : {}) }];
  });
  return { files: changed, refused, after: { texts, original, files } };
}

/** The file into which an earlier step put an object. */
function openAdded(files: EditedFiles['files'], resource: Resource): EditedFile | undefined {
  return [...files.values()].find((file) => file && findPlace(file, resource));
}

type Made =
  | { readonly name: string; readonly file: EditedFile | undefined; readonly source?: ChangedFile['source'] }
  | { readonly refused: string; readonly help: string };

function makeChange(near: EditedFile, change: Change, isTaken: (name: string) => boolean, texts: InputTexts): Made {
  if (change.kind === 'add') return addObject(near, change.manifest, change.beside, isTaken, texts);
  const { resource } = change;
  const place = findPlace(near, resource);
  if (!place)
    return {
      refused: `${nameOfResource(resource)} is not in \`${near.name}\` any more`,
      help: 'run the command again',
    };
  const found = sourceOf(resource, leadOf(near, place));
  const source = found.kind === 'rendered' ? { source: found } : {};
  if (change.kind === 'remove') {
    const left = removeObject(near.text, place);
    if ('refused' in left) return refusal(left);
    return { name: near.name, file: left.text === '' ? undefined : withText(near, left.text), ...source };
  }
  const file = editObject(near, place, change.edits);
  return 'refused' in file ? refusal(file) : { name: near.name, file, ...source };
}

/** ADR 9: a new file in the folder of what it protects, or where such a file would not be read, a document after it. */
function addObject(
  near: EditedFile,
  manifest: Manifest,
  beside: Resource,
  isTaken: (name: string) => boolean,
  texts: InputTexts,
): Made {
  const place = findPlace(near, beside);
  const found = sourceOf(beside, place && leadOf(near, place));
  const source = found.kind === 'rendered' && place ? { source: found } : {};
  if (texts.takesNewFiles(near.name)) {
    const name = freeName(near.name, manifest, isTaken);
    return { name, file: openFile(name, yamlOf(manifest)) };
  }
  if (!place)
    return { refused: `${nameOfResource(beside)} is not in \`${near.name}\` any more`, help: 'run the command again' };
  const longer: Spliced = appendObject(near.text, place, manifest);
  if ('refused' in longer) return refusal(longer);
  const file = place.path.length > 0 ? withText(near, longer.text) : lengthen(near, longer.text);
  return { name: near.name, file, ...source };
}

function freeName(near: string, manifest: Manifest, isTaken: (name: string) => boolean): string {
  const extension = near.endsWith('.yml') ? '.yml' : '.yaml';
  const stem = path.join(path.dirname(near), stemOf(manifest));
  for (let count = 1; ; count++) {
    const name = `${stem}${count === 1 ? '' : `-${count}`}${extension}`;
    if (!isTaken(name)) return name;
  }
}

/** What the file of a new object is called. */
export const stemOf = ({ kind, metadata: { namespace, name } }: Manifest): string =>
  [kind, namespace, name].filter(Boolean).join('-').toLowerCase();

const refusal = ({ refused }: { readonly refused: string }): Made => ({ refused, help: 'change it by hand' });

function noText(resource: Resource): Made {
  const source = sourceOf(resource);
  if (source.kind === 'rendered') return { refused: `it comes from ${source.by}: ${source.origin}`, help: source.help };
  return { refused: `\`${source.file}\` is no file of the input`, help: 'name the file as input' };
}

const nameOfResource = (resource: Resource): string => nameOfManifest(writtenForm(resource) as Manifest);
