import type { Observation } from '../../model/observation/observation.ts';
import type { AcceptedFlow } from '../../model/observation/wanted-file.ts';

/** Flows that were seen and that somebody accepted as wanted: of files that say who read them (method.md, rule 8). */
export function acceptedIn(observations: readonly Observation[]): readonly AcceptedFlow[] {
  return observations.flatMap((each) => (each.kind === 'wanted' && each.reviewedBy !== undefined ? each.flows : []));
}
