import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '../../collect/input-error.ts';
import type { Change } from '../../model/change/change.ts';
import { type EditedFiles, editFiles, type RefusedChange, unedited } from './edit-files.ts';
import type { InputTexts } from './input-texts.ts';
import { toPatch } from './render-patches.ts';

export interface PatchStep {
  /** Becomes part of the file name. */
  readonly id: string;
  readonly changes: readonly Change[];
}

export interface WrittenPatches {
  /** Names of the files in the folder, in order. */
  readonly files: readonly string[];
  readonly refused: readonly RefusedChange[];
}

/**
 * Writes `01-STEP.patch` per step, to be applied in order with `patch -p0` where the command ran, the new objects as manifests of their own
 * under `01-STEP/`, and for objects that something renders `01-STEP.read-only.diff` with their true source. The folder must be empty or not
 * exist.
 */
export function writePatchFiles(
  steps: readonly PatchStep[],
  folder: string,
  texts: InputTexts,
  { cwd }: { readonly cwd: string },
): WrittenPatches {
  const full = path.resolve(cwd, folder);
  if (existsSync(full) && readdirSync(full).length > 0)
    throw new InputError(`\`${folder}\` is not empty`, 'name a folder that is empty or does not exist yet');
  mkdirSync(full, { recursive: true });
  const files: string[] = [];
  const refused: RefusedChange[] = [];
  const write = (name: string, text: string): void => {
    mkdirSync(path.dirname(path.join(full, name)), { recursive: true });
    writeFileSync(path.join(full, name), text, { flag: 'wx' });
    files.push(name);
  };
  let edited: EditedFiles = unedited(texts);
  for (const [index, { id, changes }] of steps.entries()) {
    const step = editFiles(edited, changes);
    edited = step.after;
    refused.push(...step.refused);
    const stem = `${String(index + 1).padStart(2, '0')}-${id.replace(/[^\w.-]+/g, '-')}`;
    const own = step.files.filter(({ source }) => !source);
    if (own.length > 0) write(`${stem}.patch`, own.map((file) => toPatch(file).diff).join(''));
    for (const { file, before, after } of own)
      if (before === undefined && after !== undefined) write(path.join(stem, path.basename(file)), after);
    const rendered = step.files.flatMap((file) =>
      file.source
        ? [`# made by ${file.source.by} from ${file.source.origin}: ${file.source.help}\n${toPatch(file).diff}`]
        : [],
    );
    if (rendered.length > 0) write(`${stem}.read-only.diff`, rendered.join('\n'));
  }
  return { files, refused };
}
