import type { Path } from '../model/resource.ts';
import type { FileLocation } from '../result/location.ts';
import { findJsonValue, jsonItems } from './json/positions.ts';
import { lineStart, locationAt, type SourceText } from './source-text.ts';
import { yamlItems } from './yaml/items.ts';
import { findValue, readNodes } from './yaml/positions.ts';
import { firstContent } from './yaml/split.ts';

/** Documents, or entries of Lists, whose nodes are kept. */
const MAX_RECENT = 8;

/** One document inside a file, and how to find its values again when somebody asks. */
export interface SourceDocument {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
  readonly format: 'yaml' | 'json';
  /** Where the entries of its `items` start (in YAML: and the last ends); found on first use, so that a List is not read again for each of its objects. */
  items?: readonly number[];
}

/** The place of the value at `path`, or of its nearest ancestor that exists. */
export function locate(document: SourceDocument, path: Path): FileLocation {
  const { source, start, end, format } = document;
  if (path.length === 0) return locationAt(source, Math.max(start, firstContent(source.text, start, end)));
  const find = format === 'json' ? findInJson : findInYaml;
  return locationAt(source, find(document, path));
}

function findInJson(document: SourceDocument, path: Path): number {
  const { source, start } = document;
  const [field, index, ...rest] = path;
  if (field !== 'items' || typeof index !== 'number') return findJsonValue(source.text, start, path);
  document.items ??= jsonItems(source.text, findJsonValue(source.text, start, ['items']));
  const item = document.items[index];
  return item === undefined ? findJsonValue(source.text, start, ['items']) : findJsonValue(source.text, item, rest);
}

function findInYaml(document: SourceDocument, path: Path): number {
  const { source, start, end } = document;
  const [field, index, ...rest] = path;
  if (field === 'items' && typeof index === 'number') {
    document.items ??= yamlItems(source.text, start, end);
    const item = document.items[index];
    const itemEnd = document.items[index + 1];
    if (item !== undefined && itemEnd !== undefined) {
      if (rest.length === 0) return Math.max(item, firstContent(source.text, item + 1, itemEnd));
      // An entry is a document of its own once its `-` is a blank like those before it.
      return findInPart(source, item + 1, itemEnd, rest);
    }
  }
  return findInPart(source, start, end, path);
}

function findInPart(source: SourceText, start: number, end: number, path: Path): number {
  const known = source.recent.find((part) => part.source === source && part.start === start);
  if (known) return start - known.indent + findValue(known.nodes, path);
  const indent = start - lineStart(source.text, start);
  const nodes = readNodes(' '.repeat(indent) + source.text.slice(start, end));
  source.recent.unshift({ source, start, indent, nodes });
  source.recent.splice(MAX_RECENT);
  return start - indent + findValue(nodes, path);
}
