import type { RenderChanges } from '../../findings/build-findings.ts';
import type { EditedFiles } from './edit-files.ts';
import { renderOn, type StepPatches } from './render-patches.ts';

const SHOWN = 3;

/** The patches of findings, each against the input as it is; in words, what has to be changed elsewhere or by hand. */
export function renderRemediation(input: EditedFiles): RenderChanges {
  return (changes) => {
    const step = renderOn(input, changes);
    return { patches: step.patches, steps: describeByHand(step) };
  };
}

/** What patches alone do not do: one line for all objects of which the same is to be said. */
export function describeByHand({ rendered, refused }: Pick<StepPatches, 'rendered' | 'refused'>): readonly string[] {
  const byHand = [
    ...rendered.flatMap(({ objects, source: { by, origin, help } }) =>
      objects.map((object) => ({ object, text: `made by ${by} from ${origin}: ${help}` })),
    ),
    ...refused.map(({ object, message, help }) => ({ object, text: `${message}: ${help}` })),
  ];
  const groups = new Map<string, Set<string>>();
  for (const { object, text } of byHand) groups.set(text, (groups.get(text) ?? new Set()).add(object));
  return [...groups].map(([text, objects]) => {
    const names = [...objects];
    const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
    return `${names.slice(0, SHOWN).join(', ')}${more}: ${text}`;
  });
}
