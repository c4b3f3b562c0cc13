import type { SourceDocument } from './document.ts';
import { skipValue } from './json/positions.ts';
import type { Limits } from './limits.ts';
import type { SourceText } from './source-text.ts';
import type { Problem } from './yaml/explain.ts';
import { parseYaml } from './yaml/parse.ts';
import { firstContent, type Span, splitDocuments } from './yaml/split.ts';

export type ParsedDocument = { readonly document: SourceDocument } & (
  | { readonly value: unknown }
  | { readonly problem: Problem }
  /** Recognised by its first line and not parsed. */
  | { readonly skipped: string }
);

const DEFINITION = 'apiVersion: apiextensions.k8s.io/';

/** All documents of a text, in order, one by one: a broken one costs only itself. Empty ones are left out. */
export function* parseDocuments(source: SourceText, limits: Limits): Generator<ParsedDocument> {
  const { text } = source;
  for (const span of splitDocuments(text, limits.documents)) {
    const first = firstContent(text, span.start, span.end);
    const c = text[first];
    if (c === '{' || c === '[') {
      const values = parseJson(source, { start: first, end: span.end });
      if (values) {
        yield* values;
        continue;
      }
    }
    const document: SourceDocument = { source, ...span, format: 'yaml' };
    // CustomResourceDefinitions are the bulk of many installs and say nothing about a mesh. The first key of a block mapping at column 0
    // is a key of the object, and a second `apiVersion` would be an error, so that nothing else can start with this line.
    if (c === 'a' && text.startsWith(DEFINITION, first) && (first === 0 || text[first - 1] === '\n')) {
      yield { document, skipped: 'CustomResourceDefinition' };
    } else {
      yield { document, ...parseYaml(text, span, limits) };
    }
  }
}

/** JSON values one after another, as `kubectl get -o json` run twice writes them; undefined if it is not all JSON. */
function parseJson(source: SourceText, span: Span): ParsedDocument[] | undefined {
  const { text } = source;
  const documents: ParsedDocument[] = [];
  const add = (start: number, end: number) => {
    documents.push({ document: { source, start, end, format: 'json' }, value: JSON.parse(text.slice(start, end)) });
  };
  try {
    add(span.start, span.end);
    return documents;
  } catch {
    // More than one value, or no JSON.
  }
  try {
    for (let at = span.start; at !== -1; ) {
      const end = Math.min(skipValue(text, at), span.end);
      add(at, end);
      at = firstContent(text, end, span.end);
    }
    return documents;
  } catch {
    return undefined;
  }
}
