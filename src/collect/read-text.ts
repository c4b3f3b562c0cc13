import type { RawObject } from '../model/resource.ts';
import type { Diagnostic } from '../result/diagnostic.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { addObjects, type Collecting, count } from './objects.ts';
import { DocumentOrigin } from './origin.ts';
import { parseDocuments } from './parse-documents.ts';
import { locationAt, type RecentPart, type SourceText, sourceText } from './source-text.ts';
import type { Problem } from './yaml/explain.ts';

export interface ReadText {
  readonly objects: readonly RawObject[];
  readonly diagnostics: readonly Diagnostic[];
  readonly documents: number;
  readonly skippedKinds: Readonly<Record<string, number>>;
  /** Documents for a tool (kustomize, this one), not for a cluster. */
  readonly foreign: number;
}

export interface ReadOptions {
  readonly cluster?: string;
  readonly limits?: Partial<Limits>;
  /** To share between texts that are read together. */
  readonly recent?: RecentPart[];
  /** The bytes were not all UTF-8: documents that hold U+FFFD are broken. */
  readonly isLossy?: boolean;
}

/** The Kubernetes objects of a text: YAML or JSON, any number of documents. `name` is the file in positions. Never throws. */
export function readText(text: string, name: string, options: ReadOptions = {}): ReadText {
  const into: Collecting = {
    cluster: options.cluster ?? '',
    objects: [],
    diagnostics: [],
    skippedKinds: {},
    foreign: 0,
  };
  const source = sourceText(name, text, options);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  let documents = 0;
  let last: unknown;
  for (const { document, value, problem, skipped } of parseDocuments(source, limits)) {
    if (document !== last) documents++;
    last = document;
    if (problem) into.diagnostics.push(describe(source, problem));
    if (skipped) count(into.skippedKinds, skipped);
    addObjects(into, document, value);
    if (into.diagnostics.length >= limits.problems) {
      const message = `${limits.problems} problems in one file: the rest of it is left out`;
      into.diagnostics.push(describe(source, { offset: document.end, message, help: 'name manifests as input' }));
      break;
    }
  }
  const { objects, diagnostics, skippedKinds, foreign } = into;
  return { objects, diagnostics, documents, skippedKinds, foreign };
}

function describe(source: SourceText, { offset, message, help }: Problem): Diagnostic {
  const { file, line } = locationAt(source, offset);
  return { severity: 'error', file, line, message, help };
}

/** A document of any kind, such as a policy test: its value and where it and its parts are. */
export interface TextDocument {
  readonly value: unknown;
  readonly origin: RawObject['origin'];
}

/** The documents of a text as they are, whatever they hold. Never throws. */
export function readValues(
  text: string,
  name: string,
  limits: Partial<Limits> = {},
): { readonly documents: readonly TextDocument[]; readonly diagnostics: readonly Diagnostic[] } {
  const documents: TextDocument[] = [];
  const diagnostics: Diagnostic[] = [];
  const source = sourceText(name, text);
  for (const { document, value, problem } of parseDocuments(source, { ...DEFAULT_LIMITS, ...limits })) {
    if (problem) diagnostics.push(describe(source, problem));
    if (value !== undefined) documents.push({ value, origin: new DocumentOrigin(document) });
  }
  return { documents, diagnostics };
}

/** An object that is a value already, as in a policy test's `resources`; all of it is at `name:line:1`. */
export function inlineObject(value: RawObject['value'], name: string, line: number, cluster = ''): RawObject {
  return { value, cluster, origin: { source: name, line, locate: () => ({ file: name, line, column: 1 }) } };
}
