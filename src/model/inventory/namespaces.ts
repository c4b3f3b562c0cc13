import type { Resources } from '../resources.ts';
import { type MeshNamespace, namespaceKey } from './types.ts';

interface Place {
  readonly cluster: string;
  readonly namespace: string;
}

/** The namespaces that the input defines, and those that something of it (`places`) lives in, in order of their keys. */
export function findNamespaces(resources: Resources, places: Iterable<Place>): ReadonlyMap<string, MeshNamespace> {
  const found = new Map<string, MeshNamespace>();
  for (const { cluster, namespace: name } of places) {
    const key = namespaceKey(cluster, name);
    if (!found.has(key)) found.set(key, { cluster, name, labels: {}, annotations: {}, defined: false });
  }
  for (const resource of resources.of('Namespace')) {
    const { cluster, name, labels, annotations } = resource;
    found.set(namespaceKey(cluster, name), { cluster, name, labels, annotations, defined: true, resource });
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
