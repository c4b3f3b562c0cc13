import type { By, Location } from '../result/location.ts';
import type { Path, Resource } from './resource.ts';

interface Details {
  readonly rule?: number;
  /** What of the rule decided, in the words of the policy: `from[0].source.principals`. */
  readonly clause?: string;
  /** Where in the object it stands; the whole object if absent. */
  readonly path?: Path;
}

/** Names an object as the one that decided. Its place in the file is looked up only when somebody reads `location`. */
export function byOf(resource: Resource, details: Details = {}): By {
  return new LazyBy(resource, details);
}

/** The first line of the object that a `By` names, which costs no search for the place inside it. */
export function objectLocation(by: By): Location {
  return by instanceof LazyBy ? by.objectLocation : by.location;
}

/** The object itself, and the field in it, where a `By` was made of one. */
export function objectOf(by: By): { readonly resource: Resource; readonly path?: Path } | undefined {
  return by instanceof LazyBy ? by.object : undefined;
}

/** `ns/name`, in a named cluster `cluster:ns/name`; the name of what has no namespace. */
export function objectName(by: By): string {
  const cluster = objectOf(by)?.resource.cluster;
  return namedIn(cluster, by);
}

export const namedIn = (
  cluster: string | undefined,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): string => `${cluster ? `${cluster}:` : ''}${namespace ? `${namespace}/` : ''}${name}`;

class LazyBy implements By {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly rule?: number;
  readonly clause?: string;
  readonly #resource: Resource;
  readonly #path: Path | undefined;

  constructor(resource: Resource, { rule, clause, path }: Details) {
    this.kind = resource.kind;
    this.namespace = resource.namespace;
    this.name = resource.name;
    if (rule !== undefined) this.rule = rule;
    if (clause !== undefined) this.clause = clause;
    this.#resource = resource;
    this.#path = path;
  }

  get object(): { readonly resource: Resource; readonly path?: Path } {
    return { resource: this.#resource, ...(this.#path ? { path: this.#path } : {}) };
  }

  get location(): Location {
    return this.#path ? this.#resource.origin.locate(this.#path) : this.objectLocation;
  }

  get objectLocation(): Location {
    const { origin } = this.#resource;
    return origin.line > 0 ? { file: origin.source, line: origin.line, column: 1 } : origin.locate([]);
  }

  toJSON(): By {
    return plainBy(this);
  }
}

/** A plain copy, as it goes into the result. */
export function plainBy(by: By): By {
  const { kind, namespace, name, rule, clause, location } = by;
  return {
    kind,
    namespace,
    name,
    ...(rule === undefined ? {} : { rule }),
    ...(clause === undefined ? {} : { clause }),
    location,
  };
}
