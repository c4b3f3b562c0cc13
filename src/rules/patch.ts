import { dump } from 'js-yaml';
import type { By } from '../result/location.ts';
import type { Patch } from '../result/types.ts';

export type Manifest = Readonly<Record<string, unknown>> & {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
};

/** A manifest as text, in the order in which it was built. */
export function yamlOf(manifest: Manifest): string {
  return dump(manifest, { lineWidth: 120, noRefs: true });
}

/** A new file with one object, or several, beside `neighbour` (a file of the input). */
export function newObjects(neighbour: string, manifests: readonly Manifest[]): Patch {
  const [first] = manifests;
  const slash = neighbour.lastIndexOf('/');
  const folder = slash < 0 || neighbour.startsWith('<') ? '' : neighbour.slice(0, slash + 1);
  const name = first
    ? `${first.kind.toLowerCase()}-${first.metadata.namespace ?? 'cluster'}-${first.metadata.name}.yaml`
    : 'change.yaml';
  const lines = manifests.map(yamlOf).join('---\n').trimEnd().split('\n');
  const file = `${folder}meshproof/${name}`;
  const diff = [
    `--- /dev/null`,
    `+++ ${file}`,
    `@@ -0,0 +1,${lines.length} @@`,
    ...lines.map((line) => `+${line}`),
    '',
  ].join('\n');
  return { file, kind: 'new', diff, objects: manifests.map(objectName) };
}

/** A change of one value where it stands: the old and the new line, under the place. */
export function changedValue(by: By, path: string, before: string, after: string): Patch {
  const { location } = by;
  const file = 'file' in location ? location.file : `${by.kind} ${by.namespace}/${by.name}`;
  const line = 'file' in location ? location.line : 1;
  const key = path.slice(path.lastIndexOf('.') + 1);
  const diff = [
    `--- ${file}`,
    `+++ ${file}`,
    `@@ -${line} +${line} @@ ${path}`,
    `-${key}: ${before}`,
    `+${key}: ${after}`,
    '',
  ].join('\n');
  return { file, kind: 'edit', diff, objects: [`${by.kind} ${by.namespace}/${by.name}`] };
}

const objectName = ({ kind, metadata }: Manifest): string =>
  `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`;
