import { unedited } from '../src/engine/plan/edit-files.ts';
import { renderRemediation } from '../src/engine/plan/render-remediation.ts';
import { type Change, objectOfChange } from '../src/model/change/change.ts';
import type { Patch } from '../src/result/types.ts';
import { applyPatches } from './apply-patches.ts';
import { textsIn } from './texts-in.ts';

/** A mesh in one file after changes, by way of the patches that a report shows of them; with the new files behind it. */
export function applyChanges(text: string, changes: readonly Change[]): string {
  return Object.values(applyPatches({ [fileOf(changes)]: text }, patchesFor(text, changes))).join('---\n');
}

/** The patches that a report shows; throws where it would have to say more. */
export function patchesFor(text: string, changes: readonly Change[]): readonly Patch[] {
  const { patches, steps } = renderRemediation(unedited(textsIn({ [fileOf(changes)]: text })))(changes);
  if (steps.length > 0) throw new Error(`not a matter of patches: ${steps.join('\n')}`);
  return patches;
}

function fileOf([first]: readonly Change[]): string {
  if (!first) return 'mesh.yaml';
  return (first.kind === 'add' ? first.beside : first.resource).origin.source;
}

/** `edit AuthorizationPolicy shop/callers`. */
export const changesIn = (changes: readonly Change[]): readonly string[] =>
  changes.map((change) => {
    const { kind, namespace, name } = objectOfChange(change);
    return `${change.kind} ${kind} ${namespace ? `${namespace}/` : ''}${name}`;
  });

/** Lines that a patch takes away and adds. */
export const changedLines = ({ diff }: Pick<Patch, 'diff'>): readonly string[] =>
  diff.split('\n').filter((line) => /^[+-](?![+-]{2} )/.test(line));
