import type { Origin, Path } from '../model/resource.ts';
import type { FileLocation } from '../result/location.ts';
import { locate, type SourceDocument } from './document.ts';

const WHOLE: Path = [];

/** The document that holds an object, as offsets, and the way from it to the object. */
export type DocumentPlace = Pick<SourceDocument, 'start' | 'end' | 'format'> & { readonly path: Path };

/** An object in a document, or in a List in a document. A class since there is one per object, and nothing may be worked out before it is asked for. */
export class DocumentOrigin implements Origin {
  readonly #document: SourceDocument;
  /** Leads from the document to the object. */
  readonly #prefix: Path;
  /** Asked for by whatever names the object. */
  #line?: number;
  /** Places that were asked for: findings of one cause ask for the same again and again. */
  #known?: Map<string, FileLocation>;

  constructor(document: SourceDocument, prefix: Path = WHOLE) {
    this.#document = document;
    this.#prefix = prefix;
  }

  /** Where the object stands in the text with line breaks `\n`. */
  get place(): DocumentPlace {
    const { start, end, format } = this.#document;
    return { start, end, format, path: this.#prefix };
  }

  get source(): string {
    return this.#document.source.name;
  }

  get line(): number {
    this.#line ??= locate(this.#document, this.#prefix).line;
    return this.#line;
  }

  locate(path: Path): FileLocation {
    const key = path.join('\0');
    this.#known ??= new Map();
    let place = this.#known.get(key);
    if (!place) {
      place = locate(this.#document, [...this.#prefix, ...path]);
      this.#known.set(key, place);
    }
    return place;
  }
}
