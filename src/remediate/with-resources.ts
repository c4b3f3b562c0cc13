import { listAssumptions } from '../model/inventory/assumptions.ts';
import type { Mesh } from '../model/inventory/types.ts';
import type { Resources } from '../model/resources.ts';

/**
 * A mesh over other objects, with some of its inventory in place of what it had. What it assumes goes into reports alone, and takes longer to
 * list than most changes to decide.
 */
export function withResources(mesh: Mesh, resources: Resources, instead: Partial<Mesh> = {}): Mesh {
  let assumptions: Mesh['assumptions'] | undefined;
  const changed: Mesh = Object.defineProperties({} as Mesh, {
    ...Object.getOwnPropertyDescriptors(mesh),
    ...Object.getOwnPropertyDescriptors(instead),
    resources: { value: resources, enumerable: true },
    assumptions: { get: () => (assumptions ??= listAssumptions(resources, changed)), enumerable: true },
  });
  return changed;
}
