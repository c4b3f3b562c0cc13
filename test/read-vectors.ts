import { readFileSync } from 'node:fs';
import type { KindDefinition } from '../src/model/kind.ts';
import type { Origin, Path, Resource } from '../src/model/resource.ts';
import { Decoding, formatPath } from '../src/model/shape.ts';

/** A file of test/vectors: its first line, and one set per further line. */
export function readVectors<Header, Set>(name: string): { readonly header: Header; readonly sets: readonly Set[] } {
  const [header, ...sets] = readFileSync(new URL(`vectors/${name}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  return { header: JSON.parse(header ?? '{}') as Header, sets: sets.map((line) => JSON.parse(line) as Set) };
}

/** A manifest as JSON. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly creationTimestamp?: string;
  };
  readonly spec?: unknown;
}

/** Decodes one manifest; every place in it is the first line. */
export function toResource<Spec>(kind: KindDefinition<string, Spec>, manifest: Manifest): Resource<Spec> {
  const at = new Decoding(['spec']);
  const spec = kind.shape.decode(manifest.spec ?? {}, at);
  if (spec === undefined)
    throw new Error(
      `${manifest.kind} ${manifest.metadata.name} cannot be read: ${at.issues.map((issue) => formatPath(issue.path)).join(', ')}`,
    );
  const { name, namespace = '', labels = {}, annotations = {}, creationTimestamp } = manifest.metadata;
  const origin: Origin = {
    source: 'manifest.yaml',
    line: 1,
    locate: (_path: Path) => ({ file: 'manifest.yaml', line: 1, column: 1 }),
  };
  return {
    kind: kind.name,
    apiVersion: manifest.apiVersion,
    cluster: '',
    name,
    namespace,
    labels,
    annotations,
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ownerReferences: [],
    spec,
    origin,
  };
}
