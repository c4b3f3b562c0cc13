import { matchesLabels } from '../../model/inventory/label-selection.ts';
import { type Mesh, namespaceKey, type Workload } from '../../model/inventory/types.ts';
import type { Resource } from '../../model/resource.ts';
import { matchLabelsOf } from '../../semantics/policy-index.ts';

/** Whether a policy with a selector selects this workload and no other of its namespace. */
export function selectedAlone(
  mesh: Mesh,
  { namespace, spec }: Resource<Parameters<typeof matchLabelsOf>[0]>,
  workload: Workload,
): boolean {
  if (namespace !== workload.namespace) return false;
  const neighbours = mesh.workloadsByNamespace.get(namespaceKey(workload.cluster, namespace)) ?? [];
  return neighbours.every((each) => each === workload || !matchesLabels(matchLabelsOf(spec), each.labels));
}
