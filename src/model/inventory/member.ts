import type { Decision } from './data-plane/data-plane.ts';
import type { PodSet } from './pods/pod-set.ts';
import type { GatewayRole, WorkloadId, WorkloadPort } from './types.ts';

/** A port that a workload itself says it has. */
export type DeclaredPort = Pick<WorkloadPort, 'port' | 'name' | 'transport' | 'hostPort' | 'probed'>;

/** A workload in the making: all but its ports, which its Services have a say in. */
export interface Member extends PodSet {
  readonly id: WorkloadId;
  readonly decision: Decision;
  readonly gateway?: GatewayRole;
  readonly serviceAccount: string;
  readonly addresses: readonly string[];
  readonly declared: readonly DeclaredPort[];
}

/** Whether it runs outside Kubernetes. */
export const isMachine = ({ kind }: Pick<Member, 'kind'>): boolean =>
  kind === 'WorkloadEntry' || kind === 'WorkloadGroup';
