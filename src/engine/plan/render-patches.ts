import type { Change } from '../../model/change/change.ts';
import { changedResource, writtenForm } from '../../remediate/changed-resource.ts';
import { unifiedDiff } from '../../remediate/text/unified-diff.ts';
import type { Patch } from '../../result/types.ts';
import type { Manifest } from '../../model/change/manifest.ts';
import { yamlOf } from '../../remediate/text/yaml-of.ts';
import { type ChangedFile, type EditedFiles, editFiles, type RefusedChange, unedited } from './edit-files.ts';
import type { InputTexts } from './input-texts.ts';

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

/** The patches of changes that are made together. */
export function renderPatches(changes: readonly Change[], texts: InputTexts): StepPatches {
  return renderSteps([changes], texts)[0] as StepPatches;
}

/** The patches of steps, each against what the ones before leave. */
export function renderSteps(steps: readonly (readonly Change[])[], texts: InputTexts): readonly StepPatches[] {
  let edited: EditedFiles = unedited(texts);
  return steps.map((changes) => {
    const { files, refused, after } = editFiles(edited, changes);
    edited = after;
    const rendered = files.flatMap(({ file, objects, source }) => (source ? [{ file, objects, source }] : []));
    const byHand = changes.filter((change) => refused.some(({ object }) => object === objectOf(change)));
    return { patches: [...files.map(toPatch), ...byHand.flatMap(forReading)], rendered, refused };
  });
}

export function toPatch({ file, before, after, objects }: ChangedFile): Patch {
  return {
    file,
    kind: before === undefined ? 'new' : 'edit',
    diff: unifiedDiff({ file, before, after }),
    objects: [...objects],
  };
}

/** The object before and after, as it is read. */
function forReading(change: Change): readonly Patch[] {
  const file = change.kind === 'add' ? change.beside.origin.source : change.resource.origin.source;
  const before = change.kind === 'add' ? undefined : yamlOf(shown(writtenForm(change.resource)));
  const made = changedResource(change, (resource) => resource);
  if ('refused' in made) return [];
  const after =
    change.kind === 'remove'
      ? undefined
      : yamlOf(change.kind === 'add' ? change.manifest : shown(writtenForm(made.resource)));
  const kind = change.kind === 'add' ? 'new' : 'edit';
  return [{ file, kind, diff: unifiedDiff({ file, before, after }), objects: [objectOf(change)] }];
}

/** Without fields that hold nothing. */
function shown(value: ReturnType<typeof writtenForm>): Manifest {
  const metadata = Object.entries((value as Manifest).metadata).filter(
    ([, each]) => typeof each !== 'object' || Object.keys(each as object).length > 0,
  );
  return { ...value, metadata: Object.fromEntries(metadata) } as Manifest;
}

function objectOf(change: Change): string {
  const { kind, metadata } = change.kind === 'add' ? change.manifest : (writtenForm(change.resource) as Manifest);
  return `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`;
}
