import { type MeshNamespace, namespaceKey, type Scope, type Workload } from './types.ts';

const NAMESPACE = 'namespace:';

/**
 * What the input holds completely: what the user says, and the namespaces that it defines, by a Namespace object or a workload of theirs
 * (method.md, rule 3). What istiod would deploy is no such workload: its Gateway may be all there is of the namespace.
 */
export function readScope(
  stated: readonly string[],
  namespaces: Iterable<MeshNamespace>,
  workloads: readonly Workload[],
): Scope {
  const named = stated.flatMap((entry) => (entry.startsWith(NAMESPACE) ? [entry.slice(NAMESPACE.length)] : []));
  const found = new Set(named);
  for (const { cluster, name, defined } of namespaces) if (defined) found.add(namespaceKey(cluster, name));
  for (const { kind, cluster, namespace } of workloads)
    if (kind !== 'Gateway') found.add(namespaceKey(cluster, namespace));
  return {
    complete: new Set(stated.filter((entry) => !entry.startsWith(NAMESPACE)).sort()),
    namespaces: new Set([...found].sort()),
  };
}
