import type { Likeness } from '../../semantics/algebra/chain-formula.ts';
import { ChainRegion, type Region } from '../../semantics/algebra/region.ts';

/** What a way that the filters of one point decide has in common with others; undefined: nothing is known. */
export const likenessOf = (region: Region): Likeness | undefined =>
  region instanceof ChainRegion ? region.point.sets.likeness : undefined;
