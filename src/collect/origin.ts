import type { Origin, Path } from '../model/resource.ts';
import type { FileLocation } from '../result/location.ts';
import type { SourceDocument } from './document.ts';
import { findJsonValue } from './json/positions.ts';
import { locationAt } from './source-text.ts';
import { findValue, readNodes } from './yaml/positions.ts';
import { firstContent } from './yaml/split.ts';

/** An object in a document; `prefix` leads to it inside a List. A class for the sake of its size: there is one per object. */
export class DocumentOrigin implements Origin {
  readonly #document: SourceDocument;
  readonly #prefix: Path;

  constructor(document: SourceDocument, prefix: Path = []) {
    this.#document = document;
    this.#prefix = prefix;
  }

  get source(): string {
    return this.#document.source.name;
  }

  get line(): number {
    return this.locate([]).line;
  }

  locate(path: Path): FileLocation {
    const { source } = this.#document;
    return locationAt(source, findOffset(this.#document, [...this.#prefix, ...path]));
  }
}

function findOffset(document: SourceDocument, path: Path): number {
  const { source, start, end, format } = document;
  if (path.length === 0) return Math.max(start, firstContent(source.text, start, end));
  if (format === 'json') return findJsonValue(source.text, start, path);
  return start + findValue(readNodes(source.text.slice(start, end), 1000), path);
}
