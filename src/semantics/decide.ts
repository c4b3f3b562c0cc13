import { isCaptured } from './capture.ts';
import type { Enforcement } from './enforcement.ts';
import type { Query } from './query.ts';
import { decideAtSidecar } from './sidecar.ts';
import type { EnforcementPoint, Verdict } from './verdict.ts';

/**
 * Whether one request passes, where that is decided, and by which rule: the specification made executable. Plain and slow on purpose; the
 * order is that of design §8.
 */
export function decide(enforcement: Enforcement, query: Query): Verdict {
  let refused: Verdict | undefined;
  for (const connects of waysToConnect(query)) {
    const verdict = decideArrival(enforcement, query, connects);
    if (verdict.outcome !== 'deny') return verdict;
    refused ??= verdict;
  }
  return refused ?? verdictOf('deny', 'none', 'the source has no way to connect');
}

/** How the source may open the connection: as stated, else with its identity first and in plaintext after that. */
function waysToConnect({ source }: Query): readonly ('mtls' | 'plaintext')[] {
  if (source.connects) return [source.connects];
  return source.identity === null ? ['plaintext'] : ['mtls', 'plaintext'];
}

function decideArrival(enforcement: Enforcement, query: Query, connects: 'mtls' | 'plaintext'): Verdict {
  const { workload, port } = query.destination;
  const captured = isCaptured(workload, port, query.transport);
  if (!captured.captured) {
    if (connects === 'mtls') return verdictOf('deny', 'none', `nothing terminates mutual TLS here: ${captured.why}`, captured.by);
    return verdictOf('allow', 'none', `no proxy sees it: ${captured.why}`, captured.by);
  }
  return decideAtSidecar(enforcement, query, connects);
}

function verdictOf(outcome: Verdict['outcome'], point: EnforcementPoint, reason: string, by: Verdict['by'] = null): Verdict {
  const step = { point, stage: 'capture', outcome: outcome === 'deny' ? 'stop' : 'pass', text: reason } as const;
  return { outcome, requires: [], assumes: [], by, reason, point, trace: [by ? { ...step, by } : step] };
}
