import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostic } from '../../result/diagnostic.ts';
import { readSteering } from './steering.ts';

export interface FoundFile {
  /** As the user would name it. */
  readonly name: string;
  /** Absolute, without symlinks. */
  readonly path: string;
}

/** Configuration of this program, beside the manifests. */
export const CONFIG_FILE = 'meshproof.yaml';

const LOGS: readonly string[] = ['.log', '.jsonl', '.ndjson'];
/** Manifests, and logs: those are read where they are access logs. */
const EXTENSIONS = new Set(['.yaml', '.yml', '.json', ...LOGS]);
export const isLogName = (name: string): boolean => LOGS.includes(path.extname(name).toLowerCase());

const IGNORED = new Set(['node_modules', '.git', CONFIG_FILE]);

type Target = { readonly path: string; readonly is: 'folder' | 'file' | 'other' } | keyof typeof REFUSED;

const REFUSED = {
  dangling: ['warning', 'the symlink leads nowhere', 'remove it, or restore its target'],
  outside: ['warning', 'the symlink leads out of the folder and is not followed', 'name its target as an input'],
  forbidden: ['error', 'cannot be read: permission denied', 'grant read access'],
} as const;

/**
 * The manifest files of a folder and of the folders in it, sorted by name. Symlinks are followed only where they stay inside. What belongs
 * to a Helm chart or a kustomization and is no manifest is left out and said.
 */
export function findFiles(name: string, folder: string, diagnostics: Diagnostic[]): FoundFile[] {
  const root = realpathSync(folder);
  const seen = new Set<string>();
  const excluded = new Set<string>();
  const files: FoundFile[] = [];
  const note = (severity: Diagnostic['severity'], file: string, message: string, help: string) => {
    diagnostics.push({ severity, file, line: 0, message, help });
  };

  const visit = (directory: string, shown: string, isSteered: boolean) => {
    if (seen.has(directory)) return;
    seen.add(directory);
    const entries = listFolder(directory);
    if (!entries) return note('error', shown, 'the folder cannot be read: permission denied', 'grant read access');
    const steering = readSteering(directory, entries);
    for (const file of steering.excluded) excluded.add(file);
    if (!isSteered && steering.message) note('info', path.join(shown, steering.file), steering.message, steering.help);
    for (const entry of entries) add(directory, shown, entry, isSteered || steering.message !== '');
  };

  const add = (directory: string, shown: string, entry: string, isSteered: boolean) => {
    if (IGNORED.has(entry)) return;
    const entryName = path.join(shown, entry);
    const target = resolve(path.join(directory, entry), root);
    if (typeof target === 'string') {
      const [severity, message, help] = REFUSED[target];
      note(severity, entryName, message, help);
    } else if (excluded.has(target.path)) return;
    else if (target.is === 'folder') visit(target.path, entryName, isSteered);
    else if (target.is === 'file' && EXTENSIONS.has(path.extname(entry).toLowerCase())) {
      files.push({ name: entryName, path: target.path });
    }
  };

  visit(root, name, false);
  // A kustomization may name files of folders that were visited before it.
  return files.filter((file) => !excluded.has(file.path));
}

/** Sorted by code units; undefined if the folder cannot be read. */
function listFolder(directory: string): string[] | undefined {
  try {
    return readdirSync(directory).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  } catch {
    return undefined;
  }
}

function resolve(entry: string, root: string): Target {
  try {
    const isLink = lstatSync(entry).isSymbolicLink();
    const target = isLink ? realpathSync(entry) : entry;
    if (isLink && target !== root && !target.startsWith(root + path.sep)) return 'outside';
    const stat = statSync(target);
    return { path: target, is: stat.isDirectory() ? 'folder' : stat.isFile() ? 'file' : 'other' };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    return code === 'EACCES' || code === 'EPERM' ? 'forbidden' : 'dangling';
  }
}
