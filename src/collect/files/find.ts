import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostic } from '../../result/diagnostic.ts';

export interface FoundFile {
  /** As the user would name it. */
  readonly name: string;
  /** Absolute, without symlinks. */
  readonly path: string;
}

const EXTENSIONS = new Set(['.yaml', '.yml', '.json']);
const IGNORED = new Set(['node_modules', '.git']);

/** The manifest files of a folder and the folders in it, sorted. Symlinks are followed only where they stay inside. */
export function findFiles(name: string, folder: string, diagnostics: Diagnostic[]): FoundFile[] {
  const root = realpathSync(folder);
  const seen = new Set<string>();
  const files: FoundFile[] = [];
  const note = (severity: Diagnostic['severity'], file: string, message: string, help: string) => {
    diagnostics.push({ severity, file, line: 0, message, help });
  };
  const visit = (directory: string, shown: string) => {
    if (seen.has(directory)) return;
    seen.add(directory);
    for (const entry of list(directory, shown, note)) {
      const entryName = path.join(shown, entry);
      const found = resolve(path.join(directory, entry), root);
      if (found === 'dangling')
        note('warning', entryName, 'a symlink that leads nowhere', 'remove it, or restore its target');
      else if (found === 'outside')
        note(
          'warning',
          entryName,
          'a symlink that leads out of the folder: not followed',
          'name its target as an input',
        );
      else if (found === 'forbidden')
        note('error', entryName, 'cannot be read: permission denied', 'grant read access');
      else if (found.isDirectory && !IGNORED.has(entry)) visit(found.path, entryName);
      else if (found.isFile && EXTENSIONS.has(path.extname(entry).toLowerCase()))
        files.push({ name: entryName, path: found.path });
    }
  };
  visit(root, name);
  return files;
}

type Note = (severity: Diagnostic['severity'], file: string, message: string, help: string) => void;

function list(directory: string, shown: string, note: Note): string[] {
  try {
    return readdirSync(directory).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  } catch {
    note('error', shown, 'the folder cannot be read: permission denied', 'grant read access');
    return [];
  }
}

type Resolved =
  | { readonly path: string; readonly isDirectory: boolean; readonly isFile: boolean }
  | 'dangling'
  | 'outside'
  | 'forbidden';

function resolve(entry: string, root: string): Resolved {
  try {
    const own = lstatSync(entry);
    if (!own.isSymbolicLink()) return { path: entry, isDirectory: own.isDirectory(), isFile: own.isFile() };
    const target = realpathSync(entry);
    if (target !== root && !target.startsWith(root + path.sep)) return 'outside';
    const stat = statSync(target);
    return { path: target, isDirectory: stat.isDirectory(), isFile: stat.isFile() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    return code === 'EACCES' || code === 'EPERM' ? 'forbidden' : 'dangling';
  }
}
