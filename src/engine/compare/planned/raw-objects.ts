import { inlineObject } from '../../../collect/collect.ts';
import { namespaceKey } from '../../../model/inventory/types.ts';
import type { RawObject } from '../../../model/resource.ts';
import { groupBy } from '../../../util/group-by.ts';
import { suggest } from '../../../util/suggest.ts';
import type { RawInput } from '../../read-input.ts';
import { wrong } from './planned-change.ts';

/** What a change reads of an object before it is decoded. */
export type Metadata = {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
};

export const metadataOf = ({ value }: RawObject): Metadata => (value.metadata ?? {}) as Metadata;
export const isKind = ({ value }: RawObject, kind: string): boolean => value.kind === kind;

/** An object that exists in the plan only. */
export const added = (value: RawObject['value'], cluster: string): RawObject =>
  inlineObject(value, '(planned)', 1, cluster);

/** What becomes of the objects of one cluster. */
type ChangeOfCluster = (objects: readonly RawObject[], namespace: string, cluster: string) => readonly RawObject[];

/**
 * The input with a change of one namespace: in every cluster that has it, or in one, `cluster:namespace`. Throws an InputError where none has it;
 * `mesh`, the root namespace, every cluster has.
 */
export function changeNamespace(text: string, input: RawInput, place: string, change: ChangeOfCluster): RawInput {
  const [, only, name = ''] = /^(?:([^:]*):)?(.*)$/.exec(place) ?? [];
  const clusters = groupBy(input.objects, ({ cluster }) => cluster);
  const named = [...clusters].filter(([cluster]) => only === undefined || cluster === only);
  const found = new Set(
    named.flatMap(([cluster, own]) => (name === 'mesh' || hasNamespace(own, name) ? [cluster] : [])),
  );
  if (found.size === 0) throw wrong(text, unknownNamespace(input.objects, place));
  const objects = [...clusters].flatMap(([cluster, own]) => (found.has(cluster) ? change(own, name, cluster) : own));
  return { ...input, objects };
}

const hasNamespace = (objects: readonly RawObject[], name: string): boolean =>
  objects.some(
    (object) =>
      metadataOf(object).namespace === name || (isKind(object, 'Namespace') && metadataOf(object).name === name),
  );

function unknownNamespace(objects: readonly RawObject[], place: string): string {
  const known = new Set(
    objects.flatMap((object) => {
      const { namespace } = metadataOf(object);
      return namespace === undefined ? [] : [namespace, namespaceKey(object.cluster, namespace)];
    }),
  );
  const near = suggest(place, known);
  return near
    ? `there is no namespace \`${place}\`; did you mean \`${near}\`?`
    : `there is no namespace \`${place}\` in the input`;
}

/** Sets labels of a namespace, or takes them off where the value is undefined. */
export function relabelNamespace(
  objects: readonly RawObject[],
  name: string,
  labels: Readonly<Record<string, string | undefined>>,
  cluster: string,
): readonly RawObject[] {
  const isIt = (object: RawObject): boolean => isKind(object, 'Namespace') && metadataOf(object).name === name;
  const merged = (old: Readonly<Record<string, string>> = {}): Record<string, string> =>
    Object.fromEntries(
      Object.entries({ ...old, ...labels }).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    );
  if (!objects.some(isIt))
    return [...objects, added({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: merged() } }, cluster)];
  return objects.map((object) => {
    if (!isIt(object)) return object;
    const metadata = metadataOf(object);
    return { ...object, value: { ...object.value, metadata: { ...metadata, labels: merged(metadata.labels) } } };
  });
}
