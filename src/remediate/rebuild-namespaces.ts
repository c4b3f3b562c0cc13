import {
  type Mesh,
  type MeshNamespace,
  type MeshService,
  namespaceKey,
  type Principal,
  type Workload,
} from '../model/inventory/types.ts';
import type { Resources } from '../model/resources.ts';
import { groupBy } from '../util/group-by.ts';
import type { Rebuild } from './rebuild.ts';
import { controlNamespaces, sliceResources } from './slice.ts';
import { withResources } from './with-resources.ts';

/**
 * Kinds that make a difference to the inventory of their own namespace alone: what runs there, what selects it, what it runs as. A Namespace
 * makes one to itself.
 */
const HOME_KINDS: readonly string[] = [
  'Namespace',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'CronJob',
  'Pod',
  'Service',
  'ServiceAccount',
];

/** Whether other objects of these namespaces alone leave the inventory of all others as it is. Where Istio itself runs they do not. */
export function isAtHome(mesh: Mesh, kinds: readonly string[], homes: ReadonlySet<string>): boolean {
  if (!kinds.every((kind) => HOME_KINDS.includes(kind))) return false;
  const control = controlNamespaces(mesh);
  return [...homes].every((name) => !control.has(name));
}

/**
 * The mesh with the inventory of some namespaces made again of other objects; everything else is taken over (a test holds this against
 * `buildMesh` of all).
 */
export function rebuildNamespaces(
  mesh: Mesh,
  resources: Resources,
  homes: ReadonlySet<string>,
  rebuild: Rebuild,
): Mesh {
  const part = rebuild(sliceResources(resources, new Set([...controlNamespaces(mesh), ...homes])));
  const isHome = ({ namespace }: { readonly namespace: string }): boolean => homes.has(namespace);
  const workloads = replaced(mesh.workloads, part.workloads.filter(isHome), isHome);
  const services = replaced(mesh.services, part.services.filter(isHome), isHome);
  const namespaces = new Map(mesh.namespaces);
  for (const [key, namespace] of part.namespaces) if (homes.has(namespace.name)) namespaces.set(key, namespace);
  return meshOf(mesh, resources, {
    namespaces,
    workloads,
    services: services.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  });
}

/** Some namespaces of a mesh: what runs there and their objects, with all that holds for the whole cluster. */
export function cutMesh(mesh: Mesh, names: ReadonlySet<string>): Mesh {
  const parts = PARTS.get(mesh) ?? partsOf(mesh);
  PARTS.set(mesh, parts);
  const inOrder = <T>(byNamespace: ReadonlyMap<string, readonly Placed<T>[]>): readonly T[] =>
    [...names]
      .flatMap((name) => byNamespace.get(name) ?? [])
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item);
  return meshOf(mesh, sliceResources(mesh.resources, names), {
    namespaces: new Map(inOrder(parts.namespaces)),
    workloads: inOrder(parts.workloads),
    services: inOrder(parts.services),
  });
}

interface Placed<T> {
  readonly item: T;
  readonly place: number;
}

interface Parts {
  readonly namespaces: ReadonlyMap<string, readonly Placed<readonly [string, MeshNamespace]>[]>;
  readonly workloads: ReadonlyMap<string, readonly Placed<Workload>[]>;
  readonly services: ReadonlyMap<string, readonly Placed<MeshService>[]>;
}

const PARTS = new WeakMap<Mesh, Parts>();

function partsOf({ namespaces, workloads, services }: Mesh): Parts {
  const placed = <T>(items: Iterable<T>, nameOf: (item: T) => string): ReadonlyMap<string, readonly Placed<T>[]> =>
    groupBy(
      [...items].map((item, place) => ({ item, place })),
      ({ item }) => nameOf(item),
    );
  return {
    namespaces: placed(namespaces, ([, { name }]) => name),
    workloads: placed(workloads, ({ namespace }) => namespace),
    services: placed(services, ({ namespace }) => namespace),
  };
}

/** Those of the homes as they are now, each in its place, and new ones at the end. */
function replaced<T extends { readonly id: string }>(
  before: readonly T[],
  now: readonly T[],
  isHome: (item: T) => boolean,
): readonly T[] {
  const fresh = new Map(now.map((item) => [item.id, item]));
  const kept = before.flatMap((item) => {
    if (!isHome(item)) return [item];
    const found = fresh.get(item.id);
    fresh.delete(item.id);
    return found ?? [];
  });
  return [...kept, ...fresh.values()];
}

/** What follows from workloads and services, in a mesh that is otherwise as it was. */
function meshOf(
  mesh: Mesh,
  resources: Resources,
  { namespaces, workloads, services }: Pick<Mesh, 'namespaces' | 'workloads' | 'services'>,
): Mesh {
  return withResources(mesh, resources, {
    namespaces,
    workloads,
    services,
    workloadById: new Map(workloads.map((workload) => [workload.id, workload])),
    workloadsByNamespace: groupBy(workloads, ({ cluster, namespace }) => namespaceKey(cluster, namespace)),
    serviceById: new Map(services.map((service) => [service.id, service])),
    identities: groupBy(
      workloads.filter(({ identity }) => identity),
      ({ identity }) => identity as Principal,
    ),
  });
}
