import { readText } from '../src/collect/read-text.ts';
import { loadMesh, type StatedFacts } from '../src/engine/load-mesh.ts';
import type { Mesh, Workload, WorkloadId } from '../src/model/inventory/types.ts';
import type { Diagnostic } from '../src/result/diagnostic.ts';

export interface MeshOf {
  readonly mesh: Mesh;
  readonly diagnostics: readonly Diagnostic[];
  /** The workload of that id; throws with those that exist. */
  readonly workload: (id: string) => Workload;
}

/** The inventory of a YAML text, or of one per cluster. */
export function meshOf(input: string | Readonly<Record<string, string>>, facts: StatedFacts = {}): MeshOf {
  const texts = typeof input === 'string' ? [['', input] as const] : Object.entries(input);
  const objects = texts.flatMap(([cluster, text]) => [...readText(text, 'mesh.yaml', { cluster }).objects]);
  const { mesh, diagnostics } = loadMesh(objects, facts);
  return {
    mesh,
    diagnostics,
    workload(id) {
      const found = mesh.workloadById.get(id as WorkloadId);
      if (!found) throw new Error(`no workload ${id} among ${mesh.workloads.map((each) => each.id).join(', ')}`);
      return found;
    },
  };
}
