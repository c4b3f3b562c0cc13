import type { Query } from '../query.ts';
import type { TraceStep, Verdict } from '../verdict.ts';

/** One place where a request may arrive, and what is decided on the way to it. */
export interface Landing {
  /** Absent: it leaves the mesh, or the client's own proxy refuses it. */
  readonly query?: Query;
  readonly verdict: Verdict;
}

/** Decides a request that is on its way to one endpoint. */
export type Land = (query: Query) => Landing;

/** What was decided, behind steps that come before it. */
export function after(
  steps: readonly TraceStep[],
  assumes: readonly string[],
  landings: readonly Landing[],
): readonly Landing[] {
  if (steps.length === 0 && assumes.length === 0) return landings;
  return landings.map(({ verdict, ...landing }) => ({
    ...landing,
    verdict: { ...verdict, assumes: [...assumes, ...verdict.assumes], trace: [...steps, ...verdict.trace] },
  }));
}

/** Both on one way: the second is reached only where the first lets it pass. */
export function inTurn(first: Verdict, second: Verdict): Verdict {
  if (first.outcome === 'deny') return first;
  // Of two that let it in, the one that knows more of the request.
  const decisive = second.outcome === 'allow' ? first : second;
  return {
    ...decisive,
    requires: [...first.requires, ...second.requires],
    assumes: [...first.assumes, ...second.assumes],
    trace: [...first.trace, ...second.trace],
  };
}
