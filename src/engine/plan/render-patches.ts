import type { Change } from '../../model/change/change.ts';
import { changedResource, writtenForm } from '../../remediate/changed-resource.ts';
import { unifiedDiff } from '../../remediate/text/unified-diff.ts';
import type { Patch } from '../../result/types.ts';
import { type Manifest, nameOfManifest } from '../../model/change/manifest.ts';
import { yamlOf } from '../../remediate/text/yaml-of.ts';
import { type ChangedFile, type EditedFiles, editFiles, type RefusedChange, stemOf } from './edit-files.ts';

export interface StepPatches {
  /** To apply, and of rendered objects to read. */
  readonly patches: readonly Patch[];
  /** Of the patches, those that are only for reading, with the true source. */
  readonly rendered: readonly (Pick<ChangedFile, 'file' | 'objects'> & {
    readonly source: NonNullable<ChangedFile['source']>;
  })[];
  /** Changes whose text could not be edited: their patches show the objects as they are read, and have to be made by hand. */
  readonly refused: readonly RefusedChange[];
}

/** The patches of steps, each against what the ones before leave. */
export function renderSteps(steps: readonly (readonly Change[])[], input: EditedFiles): readonly StepPatches[] {
  let edited = input;
  return steps.map((changes) => {
    const { after, ...patches } = renderOn(edited, changes);
    edited = after;
    return patches;
  });
}

/** The patches of changes against the files as they have become. */
export function renderOn(
  edited: EditedFiles,
  changes: readonly Change[],
): StepPatches & { readonly after: EditedFiles } {
  const { files, refused, after } = editFiles(edited, changes);
  const rendered = files.flatMap(({ file, objects, source }) => (source ? [{ file, objects, source }] : []));
  const byHand = changes.filter((change) => refused.some(({ object }) => object === objectOf(change)));
  return { patches: [...files.map(toPatch), ...byHand.flatMap(forReading)], rendered, refused, after };
}

export function toPatch({ file, before, after, objects }: ChangedFile): Patch {
  return {
    file,
    kind: before === undefined ? 'new' : 'edit',
    diff: unifiedDiff({ file, before, after }),
    objects: [...objects],
  };
}

/**
 * Where no text of the input can be edited: a new object as a file of its own; of others what changes, under the name of the object and not of
 * a file, so that nothing can be taken for a patch of one.
 */
function forReading(change: Change): readonly Patch[] {
  const object = objectOf(change);
  if (change.kind === 'add') {
    const file = `${stemOf(change.manifest)}.yaml`;
    return [{ file, kind: 'new', diff: unifiedDiff({ file, after: yamlOf(change.manifest) }), objects: [object] }];
  }
  const before = yamlOf(shown(writtenForm(change.resource)));
  const made = changedResource(change, (resource) => resource);
  if ('refused' in made) return [];
  const after = change.kind === 'remove' ? undefined : yamlOf(shown(writtenForm(made.resource)));
  const diff = unifiedDiff({ file: `${object} (as it is read)`, before, after });
  return [{ file: change.resource.origin.source, kind: 'edit', diff, objects: [object] }];
}

/** Without fields that hold nothing. */
function shown(value: ReturnType<typeof writtenForm>): Manifest {
  const metadata = Object.entries((value as Manifest).metadata).filter(
    ([, each]) => typeof each !== 'object' || Object.keys(each as object).length > 0,
  );
  return { ...value, metadata: Object.fromEntries(metadata) } as Manifest;
}

const objectOf = (change: Change): string =>
  nameOfManifest(change.kind === 'add' ? change.manifest : (writtenForm(change.resource) as Manifest));
