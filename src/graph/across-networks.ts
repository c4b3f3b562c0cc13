import type { Enforcement } from '../semantics/enforcement.ts';
import type { Position } from '../semantics/attempt.ts';
import { shareNetwork } from '../semantics/clusters.ts';
import type { Destination } from '../semantics/query.ts';
import { waysThrough } from './ways-through.ts';

/**
 * How a port is addressed from a place: as it is, or, from another network, by each of its services, since east-west gateways lead to nothing
 * else. Empty: not at all. Reference §9.2.
 */
export function addressesFrom(
  enforcement: Enforcement,
  position: Position,
  destination: Destination,
): readonly Destination[] {
  const { workload, port, via } = destination;
  if (via || position.kind !== 'workload' || shareNetwork(enforcement.mesh, position.workload, workload))
    return [destination];
  const own = workload.ports.filter((each) => each.port === port);
  return own.flatMap((each) => waysThrough(enforcement, each)).map((way) => ({ ...destination, via: way }));
}
