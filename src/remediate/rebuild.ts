import type { Mesh } from '../model/inventory/types.ts';
import type { Resources } from '../model/resources.ts';

/** The inventory of other objects, with all else that was known of the mesh (what `loadMesh` hands on). */
export type Rebuild = (resources: Resources) => Mesh;
