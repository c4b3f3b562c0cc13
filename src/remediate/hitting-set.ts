/** A set that has to be hit, and what hitting it is worth. */
export interface Demand {
  readonly keys: ReadonlySet<string>;
  readonly weight: number;
}

/** Keys that hang together beyond which nothing is searched exactly. */
const EXACT = 24;
/** Branches after which the search keeps the best that it has. */
const PATIENCE = 20_000;

/**
 * Few keys that hit every demand, in the order in which they are worth most: a hitting set (Karp 1972). The smallest there is, by branch and bound,
 * where few keys hang together; else by taking the key that hits most of what is left each time, which is within a logarithm of the smallest
 * (Chvátal 1979). Of sets of the same size the one that the second way finds.
 */
export function hittingSet(demands: readonly Demand[]): readonly string[] {
  const left = demands.filter(({ keys }) => keys.size > 0);
  return partsOf(left)
    .flatMap((part) => {
      const greedy = greedyHits(part);
      const keys = new Set(part.flatMap(({ keys: own }) => [...own]));
      return greedy.length > 2 && keys.size <= EXACT ? (smallerThan(part, greedy) ?? greedy) : greedy;
    })
    .sort(worthFirst(left));
}

/** Keys in the order of what the demands that they hit weigh. */
export const byWorth = (keys: readonly string[], demands: readonly Demand[]): readonly string[] =>
  keys.toSorted(worthFirst(demands));

/** Demands that share no key with those of another part. */
function partsOf(demands: readonly Demand[]): readonly (readonly Demand[])[] {
  const parent = new Map<string, string>();
  const rootOf = (key: string): string => {
    let root = key;
    for (let next = parent.get(root); next !== undefined && next !== root; next = parent.get(root)) root = next;
    for (let each = key; each !== root; ) {
      const next = parent.get(each) ?? root;
      parent.set(each, root);
      each = next;
    }
    return root;
  };
  for (const { keys } of demands) {
    const [first = '', ...others] = keys;
    for (const other of others) parent.set(rootOf(other), rootOf(first));
  }
  const parts = new Map<string, Demand[]>();
  for (const demand of demands) {
    const [first = ''] = demand.keys;
    const root = rootOf(first);
    const part = parts.get(root);
    if (part) part.push(demand);
    else parts.set(root, [demand]);
  }
  return [...parts.values()];
}

/** Heavier first; keys that weigh the same by name. */
function worthFirst(demands: readonly Demand[]): (a: string, b: string) => number {
  const worth = worthOf(demands);
  return (a, b) => (worth.get(b) ?? 0) - (worth.get(a) ?? 0) || (a < b ? -1 : a > b ? 1 : 0);
}

function worthOf(demands: readonly Demand[]): ReadonlyMap<string, number> {
  const worth = new Map<string, number>();
  for (const { keys, weight } of demands) for (const key of keys) worth.set(key, (worth.get(key) ?? 0) + weight);
  return worth;
}

function greedyHits(demands: readonly Demand[]): readonly string[] {
  const found: string[] = [];
  for (let left = demands; left.length > 0; ) {
    const [best] = [...worthOf(left).keys()].sort(worthFirst(left));
    if (best === undefined) break;
    found.push(best);
    left = left.filter(({ keys }) => !keys.has(best));
  }
  return found;
}

/** The first smallest set in the order of the search; undefined: there is none that is smaller, or none was found in time. */
function smallerThan(demands: readonly Demand[], known: readonly string[]): readonly string[] | undefined {
  let best: readonly string[] | undefined;
  let size = known.length;
  let branches = 0;
  const search = (chosen: readonly string[], left: readonly Demand[]): void => {
    if (left.length === 0) {
      best = chosen;
      size = chosen.length;
      return;
    }
    if (++branches > PATIENCE || chosen.length + disjointIn(left) >= size) return;
    const [narrowest] = left.toSorted((a, b) => a.keys.size - b.keys.size);
    for (const key of [...(narrowest?.keys ?? [])].sort(worthFirst(left)))
      search(
        [...chosen, key],
        left.filter(({ keys }) => !keys.has(key)),
      );
  };
  search([], demands);
  return best;
}

/** Demands no two of which share a key: each needs one of its own. */
function disjointIn(demands: readonly Demand[]): number {
  const taken = new Set<string>();
  let count = 0;
  for (const { keys } of demands) {
    if ([...keys].some((key) => taken.has(key))) continue;
    for (const key of keys) taken.add(key);
    count += 1;
  }
  return count;
}
