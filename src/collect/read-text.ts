import type { RawObject } from '../model/resource.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { addObjects, type Collecting } from './objects.ts';
import { parseDocuments } from './parse-documents.ts';
import { locationAt, sourceText } from './source-text.ts';

export interface ReadText {
  readonly objects: readonly RawObject[];
  readonly diagnostics: readonly Diagnostic[];
  readonly documents: number;
  readonly skippedKinds: Readonly<Record<string, number>>;
}

export interface ReadOptions {
  readonly cluster?: string;
  readonly limits?: Partial<Limits>;
}

/** The objects of a text: YAML or JSON, any number of documents. `name` is the file in positions. Never throws. */
export function readText(text: string, name: string, options: ReadOptions = {}): ReadText {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const source = sourceText(name, text);
  const into: Collecting = { cluster: options.cluster ?? '', objects: [], diagnostics: [], skippedKinds: {} };
  let documents = 0;
  for (const parsed of parseDocuments(source, limits)) {
    documents++;
    if ('skipped' in parsed) {
      into.skippedKinds[parsed.skipped] = (into.skippedKinds[parsed.skipped] ?? 0) + 1;
    } else if ('problem' in parsed) {
      const { offset, message, help } = parsed.problem;
      into.diagnostics.push({ severity: 'error', ...lineAt(locationAt(source, offset)), message, help });
    } else {
      addObjects(into, parsed.document, parsed.value);
    }
  }
  return { objects: into.objects, diagnostics: into.diagnostics, documents, skippedKinds: into.skippedKinds };
}

function lineAt({ file, line }: { readonly file: string; readonly line: number }) {
  return { file, line };
}

/** An object that is a value already, as in a PolicyTest's `resources`; all of it is at `name:line:1`. */
export function inlineObject(
  value: Readonly<Record<string, unknown>>,
  name: string,
  line: number,
  cluster = '',
): RawObject {
  return { value, cluster, origin: { source: name, line, locate: () => ({ file: name, line, column: 1 }) } };
}
