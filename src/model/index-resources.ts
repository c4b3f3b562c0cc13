import { groupBy } from '../util/group-by.ts';
import type { KindName } from './kinds.ts';
import type { Resource } from './resource.ts';
import type { Resources, Unmodelled } from './resources.ts';

interface KindIndex {
  readonly all: readonly Resource[];
  /** Made when somebody first asks. */
  namespaces?: Map<string, Resource[]>;
  names?: Map<string, Resource[]>;
}

const NONE: readonly Resource[] = Object.freeze([]);

/** Indexes decoded objects by kind, namespace and name. They are unique by cluster, kind, namespace and name. */
export function indexResources(
  resources: readonly Resource[],
  unmodelled: readonly Unmodelled[],
  counts: Readonly<Record<string, number>>,
): Resources {
  const kinds = new Map<string, KindIndex>();
  for (const [kind, all] of groupBy(resources, (resource) => resource.kind)) kinds.set(kind, { all });

  const inNamespace = (kind: string, namespace: string, cluster: string | undefined): readonly Resource[] => {
    const index = kinds.get(kind);
    if (!index) return NONE;
    index.namespaces ??= groupBy(index.all, (resource) => resource.namespace);
    return inCluster(index.namespaces.get(namespace) ?? NONE, cluster);
  };

  const find = (kind: string, namespace: string, name: string, cluster: string | undefined): Resource | undefined => {
    const index = kinds.get(kind);
    if (!index) return undefined;
    index.names ??= groupBy(index.all, (resource) => `${resource.namespace}/${resource.name}`);
    return inCluster(index.names.get(`${namespace}/${name}`) ?? NONE, cluster)[0];
  };

  // The catalogue ties a kind's name to the type of its spec; `decodeObjects` decodes with the shape of that very kind.
  return {
    of: (kind: KindName) => kinds.get(kind)?.all ?? NONE,
    inNamespace,
    find,
    size: resources.length,
    unmodelled,
    counts,
  } as Resources;
}

function inCluster(resources: readonly Resource[], cluster: string | undefined): readonly Resource[] {
  if (cluster === undefined || resources.every((resource) => resource.cluster === cluster)) return resources;
  return resources.filter((resource) => resource.cluster === cluster);
}
