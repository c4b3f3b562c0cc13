import type { DimensionId } from '../src/result/types.ts';
import { rateDimensions } from '../src/score/dimensions.ts';
import { populationOf } from '../src/score/population.ts';
import type { RatedDimension } from '../src/score/rate.ts';
import { type SampleMesh, sampleFacts } from './sample-facts.ts';

/** One dimension of a mesh made by hand, with its band. */
export function rated(id: DimensionId, mesh: SampleMesh, tested?: ReadonlySet<DimensionId>): RatedDimension {
  const all = rateDimensions(populationOf(sampleFacts(mesh)), tested ? { tested } : {});
  const found = all.find(({ dimension }) => dimension.id === id);
  if (!found) throw new Error(`no dimension ${id}`);
  return found;
}

export const rate = (id: DimensionId, mesh: SampleMesh) => rated(id, mesh).dimension;
