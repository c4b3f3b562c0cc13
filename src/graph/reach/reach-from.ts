import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { Request } from '../../result/request.ts';
import type { Region } from '../../semantics/algebra/region.ts';
import type { Position } from '../../semantics/attempt.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import { type Operation, operationsOf } from './operations.ts';
import { decideWitness, distinctWays } from './port-reach.ts';
import { witnessAs } from './sources.ts';

/** What an attacker in a workload may send to one port in one way. */
export interface Reached {
  readonly workload: Workload;
  readonly port: WorkloadPort;
  /** As itself, or in plaintext. */
  readonly as: 'identity' | 'plaintext';
  readonly protocol: 'http' | 'tcp';
  readonly through?: string;
  readonly operations: readonly Operation[];
  readonly witness: Request;
  readonly verdict: Verdict;
}

/**
 * Everything that code in a workload may send to other workloads: as itself or in plaintext, by Service or pod address, past its own proxy.
 * Of several ways to a port that come to the same, the first is listed.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function reachFrom(enforcement: Enforcement, source: Workload): readonly Reached[] {
  return reachAt(enforcement, source, { kind: 'workload', workload: source });
}

/**
 * What the identity of a workload may send from a place that nothing is known of: who has its certificate or token has that.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function reachAs(enforcement: Enforcement, source: Workload): readonly Reached[] {
  return source.identity === null ? [] : reachAt(enforcement, source, { kind: 'unstated' });
}

function reachAt(enforcement: Enforcement, source: Workload, position: Position): readonly Reached[] {
  const found: Reached[] = [];
  for (const workload of enforcement.mesh.workloads) {
    if (workload === source) continue;
    for (const port of workload.ports) {
      const seen = new Set<string>();
      for (const region of distinctWays(enforcement, workload, port)) {
        if (position.kind !== 'workload' && region.transport !== 'mtls') continue;
        const reached = reachedBy(enforcement, { source, position }, workload, port, region);
        if (!reached) continue;
        const key = JSON.stringify(reached.operations.map(({ what, by }) => [what, by?.namespace, by?.name, by?.rule]));
        if (seen.has(key)) continue;
        seen.add(key);
        found.push(reached);
      }
    }
  }
  return found;
}

function reachedBy(
  enforcement: Enforcement,
  { source, position }: { readonly source: Workload; readonly position: Position },
  workload: Workload,
  port: WorkloadPort,
  region: Region,
): Reached | undefined {
  const { transport, protocol } = region;
  const { via } = region.destination;
  const witness = witnessAs(enforcement, region, source.identity);
  const identity = transport === 'mtls' ? source.identity : null;
  const ip = position.kind === 'workload' && source.addresses.length === 1 ? source.addresses[0] : undefined;
  const decided =
    witness &&
    decideWitness(enforcement, region, witness, port, { position, identity, ...(ip === undefined ? {} : { ip }) });
  if (!witness || !decided) return undefined;
  return {
    workload,
    port,
    as: transport === 'mtls' ? 'identity' : 'plaintext',
    protocol,
    ...(via ? { through: `${via.service.id}:${via.port.port}` } : {}),
    operations: operationsOf(region, witness.source),
    witness: decided.request,
    verdict: decided.verdict,
  };
}
