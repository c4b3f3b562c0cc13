import type { Workload } from '../../model/inventory/types.ts';
import { parseAddress } from '../../util/cidr.ts';
import type { Enforcement } from '../enforcement.ts';
import { podOf, verdictOf } from '../network.ts';
import { decideEgress } from '../network-policy/decide.ts';
import type { TraceStep, Verdict } from '../verdict.ts';

/** A place outside the mesh that a request goes to. */
export interface OutsidePlace {
  /** For a person: host and port. */
  readonly label: string;
  /** Absent: not known, as of a name. */
  readonly address?: string;
  readonly port: number;
}

/**
 * The last step of a request that leaves the mesh: no proxy of it stands at the other end, so that the network of the pod that sends it is all that
 * is left. `sender`: the pod whose packets leave, that of a gateway or waypoint where one is on the way.
 */
export function leaveMesh(
  enforcement: Enforcement,
  sender: Workload | undefined,
  { label, address, port }: OutsidePlace,
  transport: 'TCP' | 'UDP' | 'SCTP',
): Verdict {
  const { mesh, network } = enforcement;
  const asked = sender && mesh.cni !== 'ignores-network-policy';
  const ip = address !== undefined && parseAddress(address) ? { ip: address } : {};
  const decision = asked
    ? decideEgress(network, podOf(sender), { kind: 'external', ...ip }, port, transport)
    : undefined;
  const isIsolated = decision && (decision.isolatedBy.length > 0 || decision.outcome === 'unknown');
  const byNetwork = isIsolated ? verdictOf(decision) : undefined;
  if (byNetwork && byNetwork.outcome !== 'allow') return byNetwork;
  const reason = `it leaves the mesh for ${label}`;
  const step: TraceStep = { point: 'none', stage: 'outbound', outcome: 'pass', text: reason };
  return {
    outcome: 'allow',
    requires: byNetwork?.requires ?? [],
    assumes: byNetwork?.assumes ?? [],
    by: byNetwork?.by ?? null,
    reason,
    point: 'none',
    trace: [...(byNetwork?.trace ?? []), step],
  };
}
