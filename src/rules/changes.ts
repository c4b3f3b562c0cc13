import type { Change, FieldEdit } from '../model/change/change.ts';
import type { Manifest } from '../model/change/manifest.ts';
import { smallerEdits } from '../model/change/smaller-edits.ts';
import type { Path, Resource } from '../model/resource.ts';

/** New objects; `beside` is what they protect. */
export function addObjects(beside: Resource, manifests: readonly Manifest[]): readonly Change[] {
  return manifests.map((manifest) => ({ kind: 'add', manifest, beside }));
}

/** Another spec, as the fields in which the two differ: what the model does not read of the object stays as it is written. */
export function changeSpec(resource: Resource, spec: object): Change {
  const before = resource.spec as Readonly<Record<string, unknown>>;
  const after = spec as Readonly<Record<string, unknown>>;
  const edits = [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key): readonly FieldEdit[] => {
    const path = ['spec', key];
    const [old, fresh] = [before[key], after[key]];
    if (fresh === undefined) return old === undefined ? [] : [{ op: 'delete', path }];
    return old === undefined ? [{ op: 'set', path, value: fresh }] : smallerEdits(path, old, fresh, () => false);
  });
  return { kind: 'edit', resource, edits };
}

/** One field of an object, with what is missing above it. */
export function setField(resource: Resource, path: Path, value: unknown): Change {
  return { kind: 'edit', resource, edits: [{ op: 'set', path, value }] };
}
