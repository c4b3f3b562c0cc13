import type { Workload } from '../../model/inventory/types.ts';
import { isMachine } from '../../model/inventory/member.ts';
import type { PodSpec } from '../../model/k8s/pod-template.ts';
import type { Path } from '../../model/resource.ts';
import { isObject } from '../../model/shape.ts';

/** What a workload's pods are made from; empty where the input has no pod of it (machines, gateways that istiod deploys). */
export function podSpecOf({ kind, resource, templatePath }: Workload): PodSpec {
  if (kind === 'Gateway' || isMachine({ kind })) return {};
  let value: unknown = resource.spec;
  // Paths begin at the object, whose `spec` the resource holds.
  for (const step of templatePath.slice(1)) value = isObject(value) ? value[step] : undefined;
  if (templatePath.length > 0) value = isObject(value) ? value.spec : undefined;
  return (isObject(value) ? value : {}) as PodSpec;
}

/** Where a field of it stands in the object. */
export const podSpecPath = ({ templatePath }: Workload, ...field: Path): Path => [...templatePath, 'spec', ...field];
