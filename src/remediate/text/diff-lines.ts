/** Lines of `before` and `after` that stay, go and come, in order. */
export interface LineChange {
  readonly kind: 'same' | 'gone' | 'new';
  /** Index of the line in `before`, or in `after` for a new one. */
  readonly at: number;
}

/** Beyond this many changed lines between the first and the last change, all of them are replaced. */
const MAX_DISTANCE = 1500;

/** The shortest way from one list of lines to another (Myers, "An O(ND) Difference Algorithm", 1986). */
export function diffLines(before: readonly string[], after: readonly string[]): readonly LineChange[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  const limit = Math.min(before.length, after.length) - head;
  while (tail < limit && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const changes: LineChange[] = [];
  for (let at = 0; at < head; at++) changes.push({ kind: 'same', at });
  const middle = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)] as const;
  for (const { kind, at } of shortest(...middle)) changes.push({ kind, at: at + head });
  for (let at = before.length - tail; at < before.length; at++) changes.push({ kind: 'same', at });
  return changes;
}

function shortest(before: readonly string[], after: readonly string[]): readonly LineChange[] {
  const [n, m] = [before.length, after.length];
  const trace: Map<number, number>[] = [];
  let furthest = new Map<number, number>([[1, 0]]);
  for (let d = 0; d <= Math.min(n + m, MAX_DISTANCE); d++) {
    const next = new Map<number, number>();
    for (let k = -d; k <= d; k += 2) {
      let x = goesDown(furthest, k, d) ? (furthest.get(k + 1) ?? 0) : (furthest.get(k - 1) ?? 0) + 1;
      while (x < n && x - k < m && before[x] === after[x - k]) x++;
      next.set(k, x);
      if (x >= n && x - k >= m) return walkBack([...trace, furthest], n, m);
    }
    trace.push(furthest);
    furthest = next;
  }
  return [
    ...before.map((_, at) => ({ kind: 'gone', at }) as const),
    ...after.map((_, at) => ({ kind: 'new', at }) as const),
  ];
}

const goesDown = (furthest: ReadonlyMap<number, number>, k: number, d: number): boolean =>
  k === -d || (k !== d && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));

function walkBack(trace: readonly ReadonlyMap<number, number>[], n: number, m: number): readonly LineChange[] {
  const changes: LineChange[] = [];
  let [x, y] = [n, m];
  for (let d = trace.length - 1; d >= 0; d--) {
    const furthest = trace[d] as ReadonlyMap<number, number>;
    const k = x - y;
    const down = goesDown(furthest, k, d);
    const fromX = d === 0 ? 0 : (furthest.get(down ? k + 1 : k - 1) ?? 0);
    const fromY = d === 0 ? 0 : fromX - (down ? k + 1 : k - 1);
    while (
      x > fromX &&
      y > fromY &&
      x > 0 &&
      y > 0 &&
      (d === 0 || x > fromX + (down ? 0 : 1) || y > fromY + (down ? 1 : 0))
    ) {
      x--;
      y--;
      changes.push({ kind: 'same', at: x });
    }
    if (d === 0) break;
    if (down) changes.push({ kind: 'new', at: --y });
    else changes.push({ kind: 'gone', at: --x });
  }
  return changes.reverse();
}
