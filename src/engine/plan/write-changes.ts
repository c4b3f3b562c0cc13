import {
  closeSync,
  fchmodSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { InputError } from '../../collect/input-error.ts';
import type { Change } from '../../model/change/change.ts';
import { type ChangedFile, type EditedFiles, editFiles, type RefusedChange, unedited } from './edit-files.ts';
import { changed, type InputTexts } from './input-texts.ts';

export interface Written {
  /** Files that were written, made or taken away, as the user names them. */
  readonly files: readonly {
    readonly file: string;
    readonly how: 'edited' | 'new' | 'removed';
    readonly objects: readonly string[];
  }[];
  /** Why nothing was written: each change that the files cannot take, by name, with what to do. */
  readonly refused: readonly RefusedChange[];
  readonly after: EditedFiles;
}

/**
 * Writes the changes of one step into the files of the input: all of them, or nothing where one is refused. Each file is written beside
 * itself and then put in place, so that nobody reads half of it; all are checked before the first is. Throws an InputError where a file is
 * no longer what was audited. `edited` is what an earlier call returned as `after`.
 */
export function writeChanges(
  changes: readonly Change[],
  texts: InputTexts,
  edited: EditedFiles = unedited(texts),
): Written {
  const step = editFiles(edited, changes);
  const refused = [...step.refused, ...step.files.flatMap(refuseRendered)];
  if (refused.length > 0) return { files: [], refused, after: edited };
  const targets = step.files.map((file) => ({ ...file, path: checkTarget(file, texts) }));
  const made: { readonly from: string; readonly to: string; readonly isNew: boolean }[] = [];
  try {
    for (const { after, before, path: to } of targets) {
      if (after === undefined) continue;
      made.push({
        from: writeBeside(to, after, before === undefined ? 0o644 : statSync(to).mode & 0o7777),
        to,
        isNew: before === undefined,
      });
    }
    for (const { from, to, isNew } of made) putInPlace(from, to, isNew);
    for (const { after, path: gone } of targets) if (after === undefined) rmSync(gone);
  } finally {
    for (const { from } of made) rmSync(from, { force: true });
  }
  const files = targets.map(({ file, before, after, objects }) => ({
    file,
    how: before === undefined ? ('new' as const) : after === undefined ? ('removed' as const) : ('edited' as const),
    objects,
  }));
  return { files, refused: [], after: step.after };
}

function refuseRendered({ file, objects, source }: ChangedFile): readonly RefusedChange[] {
  if (!source) return [];
  return objects.map((object) => ({
    object,
    file,
    message: `\`${file}\` is made by ${source.by} from ${source.origin}: an edit would be lost`,
    help: source.help,
  }));
}

/** The real path; the file must hold what the change starts from. */
function checkTarget({ file, before }: ChangedFile, texts: InputTexts): string {
  const real = texts.pathOf(file);
  if (real === undefined) throw new InputError(`\`${file}\` is outside of the input`, 'name its folder as input');
  if (before === undefined ? existsSync(real) : !existsSync(real) || readFileSync(real, 'utf8') !== before)
    throw changed(file);
  return real;
}

function writeBeside(to: string, text: string, mode: number): string {
  const from = path.join(path.dirname(to), `.${path.basename(to)}.${process.pid}.tmp`);
  const handle = openSync(from, 'wx', mode);
  try {
    writeFileSync(handle, text);
    fchmodSync(handle, mode);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return from;
}

/** A new file never replaces one that appeared meanwhile. */
function putInPlace(from: string, to: string, isNew: boolean): void {
  if (isNew) linkSync(from, to);
  else renameSync(from, to);
}
