import type { Pivot } from './pivot.ts';

export const PIVOTS: readonly Pivot[] = [];
