import { isNamed } from '../model/inventory/named-workloads.ts';
import type { Mesh, Workload } from '../model/inventory/types.ts';
import type { Sensitivity } from '../result/status.ts';
import { inferSensitivity } from './asset/inferred.ts';
import { findLabelled } from './asset/labelled.ts';
import type { Asset } from './facts.ts';

/** What `meshproof.yaml` says of assets; the first entry that selects a workload holds. */
export interface StatedAsset {
  readonly select: {
    readonly namespace?: string;
    readonly workload?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly sensitivity: Sensitivity;
  readonly why?: string;
}

/** How sensitive a workload is: as declared, by a label in common use, inferred from what it is, or unknown (then `medium`). */
export function sensitivityOf(workload: Workload, stated: readonly StatedAsset[], mesh: Mesh): Asset {
  const declared = stated.find(({ select }) => isSelected(workload, select));
  if (declared)
    return { level: declared.sensitivity, basis: 'declared', why: declared.why ?? 'declared in the configuration' };
  const labelled = findLabelled(workload, mesh);
  if (labelled) return { ...labelled, basis: 'label' };
  const inferred = inferSensitivity(workload, mesh);
  if (inferred) return { ...inferred, basis: 'inferred' };
  return { level: 'medium', basis: 'unknown', why: 'nothing says how sensitive it is' };
}

export function isSelected(workload: Workload, { namespace, workload: name, labels }: StatedAsset['select']): boolean {
  if (namespace !== undefined && namespace !== workload.namespace) return false;
  if (name !== undefined && name !== workload.name && !isNamed(workload, name)) return false;
  return Object.entries(labels ?? {}).every(([key, value]) => workload.labels[key] === value);
}
