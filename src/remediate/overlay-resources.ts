import { indexResources } from '../model/index-resources.ts';
import type { KindName } from '../model/kinds.ts';
import type { Resource } from '../model/resource.ts';
import type { Resources } from '../model/resources.ts';
import { groupBy } from '../util/group-by.ts';

/**
 * The objects of a mesh with others in place of those of the same key (undefined: taken out), and new ones after the rest. Kinds that
 * nothing changes in keep their index.
 */
export function overlayResources(
  base: Resources,
  after: ReadonlyMap<string, Resource | undefined>,
  keyOf: (resource: Resource) => string,
): Resources {
  const lists = new Map<string, readonly Resource[]>();
  const counts: Record<string, number> = { ...base.counts };
  let size = base.size;
  for (const [kind, changed] of groupBy([...after], ([key]) => key.slice(0, key.indexOf('\n')))) {
    const fresh = new Map(changed);
    const before: readonly Resource[] = base.of(kind as KindName);
    const kept = before.flatMap((resource) => {
      const key = keyOf(resource);
      if (!fresh.has(key)) return [resource];
      const replaced = fresh.get(key);
      fresh.delete(key);
      return replaced ? [replaced] : [];
    });
    const list = [...kept, ...[...fresh.values()].filter((resource) => resource !== undefined)];
    lists.set(kind, list);
    const more = list.length - before.length;
    size += more;
    counts[kind] = (counts[kind] ?? 0) + more;
  }
  const own = indexResources([...lists.values()].flat(), [], {});
  const indexOf = (kind: string): Resources => (lists.has(kind) ? own : base);
  const sorted = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    of: (kind) => indexOf(kind).of(kind),
    inNamespace: (kind, namespace, cluster) => indexOf(kind).inNamespace(kind, namespace, cluster),
    find: (kind, namespace, name, cluster) => indexOf(kind).find(kind, namespace, name, cluster),
    size,
    unmodelled: base.unmodelled,
    counts: Object.fromEntries(sorted),
  };
}
