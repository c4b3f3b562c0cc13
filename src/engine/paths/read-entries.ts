import { InputError } from '../../collect/input-error.ts';
import type { Foothold } from '../../graph/attack/foothold.ts';
import { workloadsNamed } from '../../model/inventory/named-workloads.ts';
import type { Mesh, Workload, WorkloadId } from '../../model/inventory/types.ts';
import { unknownName } from '../explain/name-in-mesh.ts';

/** Where attackers start unless the configuration says otherwise. */
export const DEFAULT_ENTRIES: readonly string[] = ['internet', 'pod-outside-mesh'];

const PLACES = ['internet', 'pod-outside-mesh', 'node-network'] as const;

/** Reads `entries`, and `--from`: a place, or a workload that somebody has taken over. Throws an InputError that says what was meant. */
export function readEntries(mesh: Mesh, names: readonly string[]): readonly Foothold[] {
  return [...new Set([...new Set(names)].flatMap((name) => readEntry(mesh, name)))];
}

function readEntry(mesh: Mesh, name: string): readonly Foothold[] {
  const place = PLACES.find((each) => each === name);
  if (place) return [{ kind: place }];
  const found = workloadsNamed(mesh, name).map((workload): Foothold => ({ kind: 'workload', workload }));
  if (found.length > 0) return found;
  const { error, help } = unknownName('place or workload', name, [...PLACES, ...mesh.workloads.map(({ id }) => id)]);
  throw new InputError(error, help);
}

/** `--to`: the workload that is attacked, or `tier0`. */
export function readTarget(mesh: Mesh, name: string): Workload | 'tier0' {
  if (name === 'tier0') return name;
  const workload = mesh.workloadById.get(name as WorkloadId);
  if (workload) return workload;
  const { error, help } = unknownName('workload', name, ['tier0', ...mesh.workloads.map(({ id }) => id)]);
  throw new InputError(error, help);
}
