import { inlineObject } from '../../../collect/collect.ts';
import type { RawObject } from '../../../model/resource.ts';
import { suggest } from '../../../util/suggest.ts';
import type { RawInput } from '../../read-input.ts';

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
export const added = (value: RawObject['value']): RawObject => inlineObject(value, '(planned)', 1);

export const hasNamespace = ({ objects }: RawInput, name: string): boolean =>
  objects.some(
    (object) =>
      metadataOf(object).namespace === name || (isKind(object, 'Namespace') && metadataOf(object).name === name),
  );

export function unknownNamespace({ objects }: RawInput, name: string): string {
  const known = new Set(objects.flatMap((object) => metadataOf(object).namespace ?? []));
  const near = suggest(name, known);
  return near
    ? `there is no namespace \`${name}\`; did you mean \`${near}\`?`
    : `there is no namespace \`${name}\` in the input`;
}

/** Sets labels of a namespace, or takes them off where the value is undefined. */
export function relabelNamespace(
  objects: readonly RawObject[],
  name: string,
  labels: Readonly<Record<string, string | undefined>>,
): readonly RawObject[] {
  const isIt = (object: RawObject): boolean => isKind(object, 'Namespace') && metadataOf(object).name === name;
  const merged = (old: Readonly<Record<string, string>> = {}): Record<string, string> =>
    Object.fromEntries(
      Object.entries({ ...old, ...labels }).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    );
  if (!objects.some(isIt))
    return [...objects, added({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: merged() } })];
  return objects.map((object) => {
    if (!isIt(object)) return object;
    const metadata = metadataOf(object);
    return { ...object, value: { ...object.value, metadata: { ...metadata, labels: merged(metadata.labels) } } };
  });
}
