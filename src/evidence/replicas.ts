import type { Workload } from '../model/inventory/types.ts';

/** Running replicas. What a DaemonSet or an autoscaler makes of it, manifests do not say. */
export function replicasOf({ pods, kind, replicas }: Workload): number | undefined {
  if (pods.length > 0) return pods.length;
  if (kind === 'Pod') return 1;
  return kind === 'Deployment' || kind === 'StatefulSet' || kind === 'ReplicaSet' ? (replicas ?? 1) : undefined;
}
