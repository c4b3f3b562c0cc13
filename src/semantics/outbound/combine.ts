import type { TraceStep, Verdict } from '../verdict.ts';

/** What was decided, behind steps that come before it. */
export function after(steps: readonly TraceStep[], assumes: readonly string[], verdict: Verdict): Verdict {
  if (steps.length === 0 && assumes.length === 0) return verdict;
  return { ...verdict, assumes: [...assumes, ...verdict.assumes], trace: [...steps, ...verdict.trace] };
}

/** Both on one way: the second is reached only where the first lets it pass. */
export function inTurn(first: Verdict, second: Verdict): Verdict {
  if (first.outcome === 'deny') return first;
  const decisive = second.outcome === 'allow' ? first : second;
  return {
    ...decisive,
    requires: [...first.requires, ...second.requires],
    assumes: [...first.assumes, ...second.assumes],
    trace: [...first.trace, ...second.trace],
  };
}

/** A request may land at any endpoint: what some endpoint lets in gets in. */
export function mostPermissive(verdicts: readonly Verdict[]): Verdict {
  const found =
    verdicts.find(({ outcome }) => outcome === 'allow') ??
    verdicts.find(({ outcome }) => outcome === 'unknown') ??
    verdicts[0];
  if (!found) throw new Error('a resolved request has at least one endpoint');
  return found;
}
