import type { Formula } from './formula.ts';

/** Whether two sets of one pool are written alike: then they are the same set. Sets that are written otherwise may be the same all the same. */
export function isSameFormula(a: Formula, b: Formula): boolean {
  if (a === b) return true;
  if (a.kind === 'literal')
    return b.kind === 'literal' && a.axis.key === b.axis.key && a.set.id === b.set.id && a.negated === b.negated;
  if (b.kind !== a.kind || a.of.length !== b.of.length) return false;
  return a.of.every((part, i) => {
    const other = b.of[i];
    return other !== undefined && isSameFormula(part, other);
  });
}
