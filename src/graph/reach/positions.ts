import type { Workload, WorkloadId, WorkloadPort } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import { decide } from '../../semantics/decide.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Position } from '../../semantics/attempt.ts';

/** From where NetworkPolicy lets a port be reached, whatever identity is proven there. */
export interface Positions {
  /** A pod that nothing is known of. */
  readonly anyPod: 'allow' | 'deny' | 'unknown';
  /** Workloads of the mesh that are let in, where a pod that nothing is known of is not; and those that are not, where it is. */
  readonly exceptions: readonly WorkloadId[];
  /** The policies that stop somebody. */
  readonly by: readonly By[];
}

const OPEN: Positions = { anyPod: 'allow', exceptions: [], by: [] };

/** Asks NetworkPolicy alone about every place that requests can come from. */
export function positionsOf(
  enforcement: Enforcement,
  workload: Workload,
  port: Pick<WorkloadPort, 'port' | 'transport'>,
  connects: 'mtls' | 'plaintext',
): Positions {
  const { mesh, network } = enforcement;
  if (mesh.cni === 'ignores-network-policy') return OPEN;
  if (network.namespaces.size === 0 && network.unmodelled.size === 0) return OPEN;
  const stopping = new Map<string, By>();
  const ask = (position: Position): 'allow' | 'deny' | 'unknown' => {
    const { outcome, by } = admits(enforcement, workload, port, connects, position);
    if (outcome !== 'allow' && by) stopping.set(`${by.kind} ${by.namespace}/${by.name}`, by);
    return outcome;
  };
  const anyPod = ask({ kind: 'pod-outside-mesh' });
  const exceptions = mesh.workloads
    .filter((source) => source !== workload)
    .filter((source) => (ask({ kind: 'workload', workload: source }) === 'deny') !== (anyPod === 'deny'))
    .map(({ id }) => id);
  return { anyPod, exceptions, by: [...stopping].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, by]) => by) };
}

/** NetworkPolicy's answer for one place. */
function admits(
  enforcement: Enforcement,
  workload: Workload,
  { port, transport }: Pick<WorkloadPort, 'port' | 'transport'>,
  connects: 'mtls' | 'plaintext',
  position: Position,
): { readonly outcome: 'allow' | 'deny' | 'unknown'; readonly by: By | null } {
  const identity = connects === 'mtls' && position.kind === 'workload' ? position.workload.identity : null;
  return decide(enforcement, {
    client: 'attacker',
    source: { position, identity, connects },
    destination: { workload, port },
    transport,
    at: 'network-policy',
  });
}
