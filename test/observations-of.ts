import { recogniseForm } from '../src/collect/observations/recognise.ts';
import type { Observation } from '../src/model/observation/observation.ts';

/** What files hold of a running mesh, by their names. Throws where one is not recognised or broken. */
export function observationsOf(files: Readonly<Record<string, string>>): readonly Observation[] {
  return Object.entries(files).flatMap(([file, text]) => {
    const outcome = recogniseForm(text)?.read(text, { file, cluster: '' });
    if (!outcome || 'message' in outcome) throw new Error(`${file}: ${outcome?.message ?? 'not recognised'}`);
    return [...outcome.observations];
  });
}
