import type { AttackPath } from '../../graph/attack/attack-path.ts';
import { footholdId } from '../../graph/attack/foothold.ts';
import { compareCost } from '../../graph/attack/label.ts';
import type { Facts } from '../../graph/facts.ts';
import type { Comparison } from '../../result/comparison.ts';
import { searchPaths } from '../paths/attack-result.ts';
import { pathLine } from '../paths/path-line.ts';
import { DEFAULT_ENTRIES, readEntries } from '../paths/read-entries.ts';
import { severityOfPath } from '../paths/severity-of-path.ts';

type Paths = NonNullable<Comparison['paths']>;

/**
 * Attack paths that a change opens and closes: ways from an entry to an asset that were not there, or that now cost an attacker less. Names of
 * policies make no difference. Nothing where one of the searches was given up.
 */
export function comparePaths(before: Facts, after: Facts, entries: readonly string[] = DEFAULT_ENTRIES): Paths {
  const [old, now] = [before, after].map((facts) => bestOf(facts, entries));
  if (!old || !now) return { opened: [], closed: [] };
  return { opened: cheaperIn(now, old, after), closed: cheaperIn(old, now, before) };
}

/** The cheapest excess path of each pair of entry and asset. */
function bestOf(facts: Facts, entries: readonly string[]): ReadonlyMap<string, AttackPath> | undefined {
  // A workload that only the other state has starts nothing here.
  const known = entries.filter((name) => !name.includes('/') || facts.mesh.workloads.some(({ id }) => id === name));
  const found = searchPaths(facts, { entries: readEntries(facts.mesh, known) });
  if ('incomplete' in found) return undefined;
  const best = new Map<string, AttackPath>();
  for (const path of found.paths) {
    if (path.kind !== 'excess') continue;
    const key = `${footholdId(path.from)}\n${footholdId(path.to)}`;
    const cheapest = best.get(key);
    if (!cheapest || compareCost(path.cost, cheapest.cost) < 0) best.set(key, path);
  }
  return best;
}

function cheaperIn(
  paths: ReadonlyMap<string, AttackPath>,
  others: ReadonlyMap<string, AttackPath>,
  facts: Facts,
): Paths['opened'] {
  return [...paths].flatMap(([key, path]) => {
    const other = others.get(key);
    if (other && compareCost(path.cost, other.cost) >= 0) return [];
    const { breaches } = path.cost;
    return [
      {
        id: path.id,
        severity: severityOfPath(facts, path),
        path: pathLine(path),
        breaches,
        ...(other ? { before: { path: pathLine(other), breaches: other.cost.breaches } } : {}),
      },
    ];
  });
}
