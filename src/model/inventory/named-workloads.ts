import { groupBy } from '../../util/group-by.ts';
import type { Mesh, Workload, WorkloadId } from './types.ts';

/** The workloads that people mean by a name: its id, or, without a cluster, `ns/name` in whichever cluster has it. */
export function workloadsNamed(mesh: Mesh, name: string): readonly Workload[] {
  const exact = mesh.workloadById.get(name as WorkloadId);
  if (exact) return [exact];
  let known = KNOWN.get(mesh);
  if (!known) {
    known = groupBy(mesh.workloads, shortName);
    KNOWN.set(mesh, known);
  }
  return known.get(name) ?? [];
}

const KNOWN = new WeakMap<Mesh, ReadonlyMap<string, readonly Workload[]>>();

export const isNamed = (workload: Workload, text: string): boolean =>
  text === workload.id || text === shortName(workload);

const shortName = ({ namespace, name }: Workload): string => `${namespace}/${name}`;
