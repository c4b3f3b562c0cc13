import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { isObject } from '../model/shape.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import { locate } from './document.ts';
import { decodeText } from './files/decode.ts';
import { findFiles } from './files/find.ts';
import { InputError } from './input-error.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { parseDocuments } from './parse-documents.ts';
import { locationAt, sourceText } from './source-text.ts';

/** A document of a suite file, unchecked. */
export interface SuiteDocument {
  readonly value: Readonly<Record<string, unknown>>;
  /** As the user named it. */
  readonly file: string;
  readonly line: number;
  /** Absolute folder that the document's `resources` are relative to. */
  readonly folder: string;
}

interface Io {
  readonly cwd: string;
  readonly stdin: () => Promise<Buffer>;
}

interface Suites {
  readonly documents: readonly SuiteDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the PolicyTest documents of suite files, of folders of them, or of `-` (stdin). */
export async function readSuites(names: readonly string[], io: Io): Promise<Suites> {
  const { documents, diagnostics } = await readDocuments(names, io);
  if (documents.length === 0) {
    throw new InputError(
      `no PolicyTest in ${names.join(', ')}`,
      'a suite is a document of `kind: PolicyTest`',
      diagnostics,
    );
  }
  return { documents, diagnostics };
}

/** The same where inputs may be meshes as well: what holds no PolicyTest is handed back by name. */
export async function findSuites(
  names: readonly string[],
  io: Io,
): Promise<Suites & { readonly others: readonly string[] }> {
  const found: Suites[] = [];
  const others: string[] = [];
  for (const name of names) {
    const read = await readDocuments([name], io);
    if (read.documents.length > 0) found.push(read);
    else others.push(name);
  }
  return {
    documents: found.flatMap(({ documents }) => documents),
    diagnostics: found.flatMap(({ diagnostics }) => diagnostics),
    others,
  };
}

async function readDocuments(names: readonly string[], io: Io): Promise<Suites> {
  const documents: SuiteDocument[] = [];
  const diagnostics: Diagnostic[] = [];
  const read = (name: string, bytes: Buffer, folder: string, explicit: boolean): void => {
    const decoded = decodeText(bytes);
    if ('message' in decoded) {
      diagnostics.push({ severity: 'error', file: name, line: 0, message: decoded.message, help: decoded.help });
      return;
    }
    const source = sourceText(name, decoded.text);
    for (const parsed of parseDocuments(source, DEFAULT_LIMITS)) {
      const { line } = locate(parsed.document, []);
      if (parsed.problem) {
        const { message, help, offset } = parsed.problem;
        diagnostics.push({ severity: 'error', file: name, line: locationAt(source, offset).line, message, help });
      } else if (isObject(parsed.value)) {
        if (parsed.value.kind === 'PolicyTest') documents.push({ value: parsed.value, file: name, line, folder });
        else if (explicit) {
          const message = `not a PolicyTest: its kind is \`${String(parsed.value.kind)}\``;
          diagnostics.push({
            severity: 'warning',
            file: name,
            line,
            message,
            help: 'manifests belong under `resources`',
          });
        }
      }
    }
  };
  for (const name of names) {
    if (name === '-') {
      read('<stdin>', await io.stdin(), io.cwd, true);
      continue;
    }
    const full = path.resolve(io.cwd, name);
    if (!existsSync(full))
      throw new InputError(`no such file or folder: ${name}`, 'name a PolicyTest file or a folder of them');
    const isFolder = statSync(full).isDirectory();
    const files = isFolder ? findFiles(name, full, diagnostics) : [{ name, path: realpathSync(full) }];
    for (const file of files) read(file.name, readFileSync(file.path), path.dirname(file.path), !isFolder);
  }
  return { documents, diagnostics };
}
