import type { Facts } from '../graph/facts.ts';
import { type Workload, workloadId } from '../model/inventory/types.ts';
import type { Fail } from './rule.ts';

/** The workloads that fails are about, each once, in their order. */
export function workloadsOf({ mesh }: Facts, fails: readonly Fail[]): readonly Workload[] {
  const found = new Set<Workload>();
  for (const { subject } of fails) {
    const workload = mesh.workloadById.get(workloadId(subject.cluster, subject.namespace, subject.name));
    if (workload) found.add(workload);
  }
  return [...found];
}

/** `1 workload`, `12 workloads in 3 namespaces`. */
export function extentOf(workloads: readonly Workload[]): string {
  const namespaces = new Set(workloads.map(({ cluster, namespace }) => `${cluster}:${namespace}`));
  const [first] = workloads;
  if (workloads.length === 1 && first) return `workload ${first.id}`;
  if (namespaces.size === 1 && first) return `${workloads.length} workloads in namespace ${first.namespace}`;
  return `${workloads.length} workloads in ${namespaces.size} namespaces`;
}

/** First few of many: `a, b, +7 more`. */
export function fewOf(items: readonly string[], limit: number): string {
  const more = items.length - limit;
  return more > 0 ? `${items.slice(0, limit).join(', ')}, +${more} more` : items.join(', ');
}
