import type { SeenWindow } from './traffic-seen.ts';

const DAY = 86_400_000;

/** Whole days that the windows of files cover together; what tells no beginning covers none. */
export function daysCovered(windows: readonly Pick<SeenWindow, 'from' | 'to'>[]): number {
  const spans = windows
    .flatMap(({ from, to }) => (from && to ? [{ start: Date.parse(from), end: Date.parse(to) }] : []))
    .sort((a, b) => a.start - b.start);
  let covered = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { start, end } of spans) {
    covered += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  // A log of a week seldom begins and ends on the same second.
  return Math.floor(covered / DAY + 0.05);
}
