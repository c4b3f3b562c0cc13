import type { DataPlane, Mesh, Workload } from '../model/inventory/types.ts';
import { Enforcement, type ObservedModes } from '../semantics/enforcement.ts';
import { shareSymbolic } from '../semantics/algebra/symbolic.ts';
import type { Evidence } from './evidence.ts';

/**
 * The mesh as it was seen: data planes that were shown are VERIFIED, and where proxies hold another mode than the configuration says, theirs
 * holds (method.md, rule 4). The same enforcement where nothing was seen.
 */
export function applyEvidence(enforcement: Enforcement, evidence: Evidence): Enforcement {
  if (evidence.all.length === 0) return enforcement;
  const { mesh } = enforcement;
  const seen = new Map<Workload, Workload>();
  for (const { id, captured } of evidence.all.map(({ workload, captured }) => ({ id: workload.id, captured }))) {
    const workload = mesh.workloadById.get(id);
    if (workload && (captured.state === 'verified' || captured.state === 'contradicted')) {
      seen.set(workload, { ...workload, dataPlane: shown(workload.dataPlane, captured) });
    }
  }
  const observed: ObservedModes = new Map(
    evidence.all.map(({ workload, ports }) => [
      workload.id,
      new Map([...ports].flatMap(([port, { holds }]) => (holds ? [[port, holds] as const] : []))),
    ]),
  );
  const next = new Enforcement(
    withWorkloads(mesh, (workload) => seen.get(workload) ?? workload),
    undefined,
    { observed },
  );
  shareSymbolic(enforcement, next);
  return next;
}

function shown(dataPlane: DataPlane, { state, why }: { readonly state: string; readonly why: string }): DataPlane {
  if (state === 'verified') return { ...dataPlane, status: 'VERIFIED', verifiedBy: why, assumes: [] };
  return { ...dataPlane, status: 'UNKNOWN', assumes: [...dataPlane.assumes, `contradicted by what runs: ${why}`] };
}

/** The same mesh with some workloads in place of others, wherever it names them. */
function withWorkloads(mesh: Mesh, of: (workload: Workload) => Workload): Mesh {
  const workloads = mesh.workloads.map(of);
  const inGroups = <K>(groups: ReadonlyMap<K, readonly Workload[]>): ReadonlyMap<K, readonly Workload[]> =>
    new Map([...groups].map(([key, list]) => [key, list.map(of)]));
  return {
    ...mesh,
    workloads,
    workloadById: new Map(workloads.map((workload) => [workload.id, workload])),
    workloadsByNamespace: inGroups(mesh.workloadsByNamespace),
    identities: inGroups(mesh.identities),
  };
}
