import type { Bounds } from '../bounds.ts';
import { EVERYTHING, NOTHING } from '../formula.ts';

/** Nothing is known of it. */
export const OPEN: Bounds = { surely: NOTHING, possibly: EVERYTHING };
