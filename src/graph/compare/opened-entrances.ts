import type { Workload } from '../../model/inventory/types.ts';
import type { Request } from '../../result/request.ts';
import { decide } from '../../semantics/decide.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { resolveRequest } from '../../semantics/resolve-request.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import type { Entrance, Facts } from '../facts.ts';
import type { Opened } from './opened.ts';

/** Ways in from outside the cluster that were not there, or did not let the same request pass to the same workload. */
export function openedEntrances(before: Facts, after: Facts, earlier: Workload, later: Workload): readonly Opened[] {
  return later.ports.flatMap(({ port }) =>
    after.entrances
      .of(later, port)
      .filter(({ verdict }) => verdict.outcome === 'allow')
      .flatMap((entrance): readonly Opened[] => {
        if (before.entrances.of(earlier, port).some((old) => isSameWay(old, entrance))) return [];
        const was = entrance.gateway ? decideIn(before.enforcement, entrance.request) : undefined;
        if (was?.outcome === 'allow' && was.routed === routedTo(after.enforcement, entrance.request)) return [];
        return [
          {
            workload: later,
            port,
            who: { kind: entrance.entry, ...(entrance.gateway ? { gateway: entrance.gateway } : {}) },
            witness: entrance.request,
            verdict: entrance.verdict,
            was: { by: was?.by ?? null, reason: was?.reason ?? 'nothing led there from outside' },
          },
        ];
      }),
  );
}

/** The same door, at which the same request needs no more than it does now. */
function isSameWay(old: Entrance, now: Entrance): boolean {
  return (
    old.entry === now.entry &&
    old.gateway?.id === now.gateway?.id &&
    old.verdict.outcome === 'allow' &&
    JSON.stringify(old.request) === JSON.stringify(now.request) &&
    old.verdict.requires.length <= now.verdict.requires.length
  );
}

function decideIn(enforcement: Enforcement, request: Request): Verdict | undefined {
  const queries = resolveRequest(enforcement.mesh, request);
  if ('error' in queries || !queries[0]) return undefined;
  return decide(enforcement, { ...queries[0], client: 'attacker' });
}

const routedTo = (enforcement: Enforcement, request: Request): string | undefined =>
  decideIn(enforcement, request)?.routed;
