import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import type { InputSpec } from '../../collect/collect.ts';
import { decodeText } from '../../collect/files/decode.ts';
import { InputError } from '../../collect/input-error.ts';
import type { Source } from '../../result/source.ts';

/** The files of the input, read again when changes are written. */
export interface InputTexts {
  /** The text of a file as it was audited; undefined for what is no file (stdin, a live cluster) or none of the input. */
  textOf(file: string): string | undefined;
  /** Whether a new file beside it would be read, and deployed, as it is: not beside a file that was named alone or in a kustomization. */
  takesNewFiles(file: string): boolean;
  /** Whether there is something of that name. */
  exists(file: string): boolean;
  /** The real path of a file, or of a new one in a folder of the input; undefined if it is outside of all inputs. */
  pathOf(file: string): string | undefined;
}

const KUSTOMIZATIONS = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** Reads what was audited. Throws an InputError where a file is no longer what it was. */
export function inputTexts(
  inputs: readonly InputSpec[],
  sources: readonly Source[],
  { cwd }: { readonly cwd: string },
): InputTexts {
  const known = new Map(sources.map((source) => [source.name, source.sha256]));
  const roots = inputs.flatMap((input) => {
    if ('context' in input) return [];
    const { path: name } = input;
    const full = path.resolve(cwd, name);
    return name === '-' || !existsSync(full) ? [] : [realpathSync(full)];
  });
  const isInside = (real: string): boolean =>
    roots.some((root) => real === root || (real.startsWith(root + path.sep) && statSync(root).isDirectory()));
  const pathOf = (file: string): string | undefined => {
    const full = path.resolve(cwd, file);
    const folder = path.dirname(full);
    if (!existsSync(folder)) return undefined;
    const real = existsSync(full) ? realpathSync(full) : path.join(realpathSync(folder), path.basename(full));
    return isInside(real) ? real : undefined;
  };
  return {
    pathOf,
    exists: (file) => existsSync(path.resolve(cwd, file)),
    textOf(file) {
      const hash = known.get(file);
      const real = hash === undefined ? undefined : pathOf(file);
      if (real === undefined || !statSync(real).isFile()) return undefined;
      const bytes = readFileSync(real);
      if (createHash('sha256').update(bytes).digest('hex') !== hash) throw changed(file);
      const decoded = decodeText(bytes);
      return 'text' in decoded && !decoded.isLossy ? decoded.text : undefined;
    },
    takesNewFiles(file) {
      const real = pathOf(file);
      if (real === undefined || roots.includes(real)) return false;
      return !KUSTOMIZATIONS.some((name) => existsSync(path.join(path.dirname(real), name)));
    },
  };
}

export function changed(file: string): InputError {
  return new InputError(`\`${file}\` has changed since it was audited`, 'run the command again');
}
