import { suggest } from '../util/suggest.ts';
import type { Path } from './resource.ts';

/**
 * A tolerant decoder: takes what has the right type, reports the rest with its path, and never throws. It follows what the API server
 * does with the same bytes: unknown fields are pruned (and reported), a value of the wrong type makes it refuse the object (`fatal`).
 */
export interface Shape<T> {
  readonly decode: (value: unknown, at: Decoding) => T | undefined;
  /** Of object shapes: the fields it knows. */
  readonly fields?: ReadonlySet<string>;
  /** Values of this type are taken as they are, so that nobody need be asked. */
  readonly takes?: 'string' | 'number' | 'boolean';
}

export type Infer<S> = S extends Shape<infer T> ? T : never;

export interface Issue {
  readonly path: Path;
  readonly message: string;
  readonly help: string;
  /** The API server would refuse the whole object. */
  readonly fatal: boolean;
}

/** Where a decoder stands. The path is one stack for the whole object and is copied only when there is something to report. */
export class Decoding {
  readonly issues: Issue[] = [];
  readonly #path: (string | number)[];

  constructor(start: Path = []) {
    this.#path = [...start];
  }

  get path(): Path {
    return [...this.#path];
  }

  enter<T>(step: string | number, shape: Shape<T>, value: unknown): T | undefined {
    // Most values of most objects: none of them has anything to report.
    if (typeof value === shape.takes) return value as T;
    this.#path.push(step);
    const decoded = shape.decode(value, this);
    this.#path.pop();
    return decoded;
  }

  report(message: string, help: string, fatal: boolean, step?: string | number): void {
    this.issues.push({ path: step === undefined ? this.path : [...this.#path, step], message, help, fatal });
  }
}

type Fields = Readonly<Record<string, Shape<unknown>>>;
/** All fields are optional: manifests leave out anything. */
export type Decoded<F extends Fields> = { readonly [K in keyof F]?: Infer<F[K]> };

/** Names the type only: a value may be a secret that stands in the wrong place. */
function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'boolean') return `\`${value}\``;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function mismatch(expected: string, value: unknown, at: Decoding, help = '', found = describe(value)): undefined {
  at.report(`\`${formatPath(at.path)}\` is ${found}, expected ${expected}`, help, true);
  return undefined;
}

/** `spec.rules[0].from`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(step)) text += text ? `.${step}` : step;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

const scalar = <T>(type: 'string' | 'number' | 'boolean', expected: string, quoteHelp = ''): Shape<T> => ({
  takes: type,
  decode(value, at) {
    if (value === null || value === undefined) return undefined;
    return typeof value === type ? (value as T) : mismatch(expected, value, at, quoteHelp);
  },
});

export const string: Shape<string> = scalar('string', 'a string', 'put the value in quotes');
export const number: Shape<number> = scalar('number', 'a number');
export const boolean: Shape<boolean> = scalar('boolean', '`true` or `false`');
/** A label, annotation or selector value: other scalars are reported (the API server refuses them) and read in their string form. */
export const text: Shape<string> = {
  takes: 'string',
  decode(value, at) {
    if (value === null || value === undefined) return undefined;
    if (typeof value === 'string') return value;
    mismatch('a string', value, at, 'put the value in quotes');
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
  },
};
/** Anything, unchecked. */
export const any: Shape<unknown> = { decode: (value) => (value === null ? undefined : value) };
/** A field that exists and that nothing here reads: not reported, not kept. */
export const ignored: Shape<never> = { decode: () => undefined };

export const intOrString: Shape<number | string> = {
  decode(value, at) {
    if (value === null || value === undefined) return undefined;
    return typeof value === 'number' || typeof value === 'string' ? value : mismatch('a number or a string', value, at);
  },
};

export function list<T>(item: Shape<T>, options: { readonly allowsNull?: boolean } = {}): Shape<readonly T[]> {
  return {
    decode(value, at) {
      if (value === null || value === undefined) return undefined;
      if (!Array.isArray(value)) return mismatch('a list', value, at, 'put a `-` in front of each entry');
      const out: T[] = [];
      for (let i = 0; i < value.length; i++) {
        if (value[i] === null && !options.allowsNull)
          at.report(`\`${formatPath([...at.path, i])}\` is null`, 'remove the empty entry', true, i);
        const decoded = at.enter(i, item, value[i]);
        if (decoded !== undefined) out.push(decoded);
      }
      return out;
    },
  };
}

/**
 * A list of objects of a built-in Kubernetes kind: an empty entry (`-` alone) is read as an empty object, as the API server's decoder does,
 * and reported, since there it often means "everything".
 */
export function entries<T>(item: Shape<T>): Shape<readonly T[]> {
  return list(
    {
      decode(value, at) {
        if (value !== null) return item.decode(value, at);
        at.report(
          `\`${formatPath(at.path)}\` is empty: the API server reads it as \`{}\``,
          'fill it in, or write `{}` if it is meant',
          false,
        );
        return item.decode({}, at);
      },
    },
    { allowsNull: true },
  );
}

export function map<T>(item: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return {
    decode(value, at) {
      if (value === null || value === undefined) return undefined;
      if (!isObject(value)) return mismatch('an object', value, at);
      const out: Record<string, T> = {};
      for (const key in value) {
        const decoded = at.enter(key, item, value[key]);
        if (decoded !== undefined) setOwn(out, key, decoded);
      }
      return out;
    },
  };
}

/** One of a fixed set of words; anything else is refused by the API server and reported with the nearest word. */
export function oneOf<const W extends string>(...words: readonly W[]): Shape<W> {
  return {
    decode(value, at) {
      if (value === null || value === undefined) return undefined;
      if (words.includes(value as W)) return value as W;
      const near = typeof value === 'string' ? suggest(value, words) : undefined;
      const help = near ? `did you mean \`${near}\`?` : '';
      const expected = `one of ${words
        .filter(Boolean)
        .map((word) => `\`${word}\``)
        .join(', ')}`;
      return mismatch(expected, value, at, help, typeof value === 'string' ? `\`${value}\`` : describe(value));
    },
  };
}

interface ObjectOptions<F extends Fields> {
  /** Report fields that are not known, with the nearest one; without it they pass in silence. */
  readonly strict?: boolean;
  /** Fields without which the API server refuses the object. */
  readonly required?: readonly (keyof F & string)[];
}

/** An object of known fields. */
export function object<F extends Fields>(fields: F, options: ObjectOptions<F> = {}): Shape<Decoded<F>> {
  const known = new Map(Object.entries(fields));
  return {
    fields: new Set(known.keys()),
    decode(value, at) {
      if (value === null || value === undefined) return undefined;
      if (!isObject(value)) return mismatch('an object', value, at);
      const out: Record<string, unknown> = {};
      // Allocates no list of keys, which counts over so many objects.
      for (const key in value) {
        const field = known.get(key);
        if (field) {
          const decoded = at.enter(key, field, value[key]);
          if (decoded !== undefined) out[key] = decoded;
        } else if (options.strict) {
          const near = suggest(key, known.keys());
          const message = `\`${formatPath([...at.path, key])}\` is no field of this kind: the API server drops it`;
          at.report(
            message,
            near ? `did you mean \`${near}\`?` : `known here: ${[...known.keys()].join(', ')}`,
            false,
            key,
          );
        }
      }
      for (const field of options.required ?? []) {
        if (value[field] !== undefined && value[field] !== null) continue;
        at.report(`\`${formatPath([...at.path, field])}\` is missing`, 'add it', true);
      }
      return out as Decoded<F>;
    },
  };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `__proto__` as a key of user data must stay data. */
function setOwn<T>(target: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}
