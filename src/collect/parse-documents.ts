import type { SourceDocument } from './document.ts';
import { skipValue } from './json/positions.ts';
import type { Limits } from './limits.ts';
import type { SourceText } from './source-text.ts';
import { isCommonText, readFast } from './yaml/fast/read.ts';
import { parseLargeList } from './yaml/large-list.ts';
import { type Parsed, parseYaml } from './yaml/parse.ts';
import { firstContent, type Span, splitDocuments } from './yaml/split.ts';

export interface ParsedDocument extends Parsed {
  readonly document: SourceDocument;
  /** The kind of a document that was recognised by its first line and not parsed. */
  readonly skipped?: string;
}

const DEFINITION = 'apiVersion: apiextensions.k8s.io/';

/** YAML documents from this length on are read entry by entry if they are Lists that need js-yaml, which is slow and takes much memory. */
const LARGE = 256 * 1024;

/** All documents of a text, in order, one by one: a broken one costs only itself. Empty ones are left out. */
export function* parseDocuments(source: SourceText, limits: Limits): Generator<ParsedDocument> {
  const { text } = source;
  let count = 0;
  for (const span of splitDocuments(text, limits.documents + 1)) {
    const document: SourceDocument = { source, ...span, format: 'yaml' };
    const bad = source.isLossy ? text.slice(span.start, span.end).indexOf('\ufffd') : -1;
    const first = firstContent(text, span.start, span.end);
    if (++count > limits.documents) {
      const message = `more than ${limits.documents} documents in one file: the rest is left out`;
      yield { document, problem: { offset: span.start, message, help: 'split the file' } };
    } else if (bad !== -1) {
      yield { document, problem: { offset: span.start + bad, message: 'not UTF-8 text', help: 'save it as UTF-8' } };
    } else if (isDefinition(text, first)) {
      yield { document, skipped: 'CustomResourceDefinition' };
    } else {
      const values = text[first] === '{' ? parseJson(source, { start: first, end: span.end }, limits) : undefined;
      yield* values ?? parseYamlDocument(document, limits);
    }
  }
}

function parseYamlDocument(document: SourceDocument, limits: Limits): ParsedDocument[] {
  const { source, start, end } = document;
  source.isCommon ??= isCommonText(source.text);
  const isCommon = source.isCommon || isCommonText(source.text.slice(start, end));
  const readIfCommon = (text: string, span: Span) => {
    return isCommon ? readFast(text, span.start, span.end, limits.depth) : undefined;
  };
  const value = readIfCommon(source.text, document);
  if (value) return [{ document, value }];
  const parseEntry = (text: string, span: Span): Parsed => {
    const entry = readIfCommon(text, span);
    return entry ? { value: entry } : parseYaml(text, span, limits);
  };
  const list = end - start < LARGE ? undefined : parseLargeList(source.text, document, parseEntry);
  if (list?.problems.length === 0) return [{ document, value: list.value }];
  // Also where an entry is wrong by itself: an alias in it may belong to an anchor in another.
  const whole = parseYaml(source.text, document, limits);
  if (!list || whole.value !== undefined) return [{ document, ...whole }];
  return [{ document, value: list.value }, ...list.problems.map((problem) => ({ document, problem }))];
}

/**
 * CustomResourceDefinitions are the bulk of many installations and say nothing about a mesh. A line at column 0 that begins a document is
 * its first key, and a second `apiVersion` would make the document invalid, so that nothing else can begin like this.
 */
function isDefinition(text: string, first: number): boolean {
  return text.startsWith(DEFINITION, first) && (first === 0 || text[first - 1] === '\n');
}

/** JSON values one after another, as several `kubectl get -o json` write them; undefined if it is not all JSON. */
function parseJson(source: SourceText, { start, end }: Span, limits: Limits): ParsedDocument[] | undefined {
  const { text } = source;
  const read = (from: number, to: number): ParsedDocument => {
    const document: SourceDocument = { source, start: from, end: to, format: 'json' };
    const value: unknown = JSON.parse(text.slice(from, to));
    if (!isDeeperThan(limits.depth, value)) return { document, value };
    return { document, problem: { offset: from, message: 'nested too deeply', help: 'name manifests as input' } };
  };
  try {
    return [read(start, end)];
  } catch {
    // More than one value, or flow YAML.
  }
  try {
    const documents: ParsedDocument[] = [];
    for (let at = start; at !== -1; ) {
      const next = Math.min(skipValue(text, at), end);
      documents.push(read(at, next));
      at = firstContent(text, next, end);
    }
    return documents;
  } catch {
    return undefined;
  }
}

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  const children = Array.isArray(value) ? value : Object.values(value);
  return children.some((child) => isDeeperThan(depth - 1, child));
}
