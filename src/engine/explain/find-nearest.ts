import type { Request } from '../../result/request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import { type Answered, answerRequest } from '../answer-request.ts';
import { DIMENSIONS, type Edit } from './edit.ts';
import { suggestEdits } from './suggest-edits.ts';

/** The request with the other verdict that differs least, as far as the search went. */
export interface Nearest {
  readonly request: Request;
  readonly verdict: Verdict;
  readonly edits: readonly Edit[];
}

interface Attempt {
  readonly request: Request;
  readonly edits: readonly Edit[];
}

const MOST_EDITS = 4;
const MOST_DECIDED = 400;

/**
 * Searches by the number of changes, each candidate decided. Every candidate is made from the clauses of the rules that the one before met,
 * so that several points on the way are overcome one after the other. Finds nothing rather than guess.
 */
export function findNearest(enforcement: Enforcement, request: Request, answered: Answered): Nearest | null {
  const wanted = answered.decisive.verdict.outcome === 'allow' ? 'deny' : 'allow';
  const seen = new Set([keyOf(request)]);
  const waiting: Attempt[][] = [];
  const expand = (attempt: Attempt, { decisive }: Answered): void => {
    for (const combination of suggestEdits(enforcement, attempt.request, decisive, wanted)) {
      const edits = merge(attempt.edits, combination);
      if (!edits || edits.length > MOST_EDITS) continue;
      const changed = combination.reduce((before, edit) => edit.apply(before), attempt.request);
      const key = keyOf(changed);
      if (seen.has(key)) continue;
      seen.add(key);
      waiting[edits.length] ??= [];
      waiting[edits.length]?.push({ request: changed, edits });
    }
  };
  expand({ request, edits: [] }, answered);
  let left = MOST_DECIDED;
  for (let size = 1; size <= MOST_EDITS; size++) {
    const hits: Nearest[] = [];
    const missed: { readonly attempt: Attempt; readonly answer: Answered }[] = [];
    for (const attempt of waiting[size] ?? []) {
      if (left-- <= 0) break;
      const answer = answerRequest(enforcement, attempt.request, { watch: true });
      if ('error' in answer) continue;
      const { verdict } = answer.decisive;
      if (verdict.outcome === wanted) hits.push({ ...attempt, verdict });
      else missed.push({ attempt, answer });
    }
    const best = hits.sort((a, b) => costOf(a) - costOf(b))[0];
    if (best) return best;
    for (const { attempt, answer } of missed) expand(attempt, answer);
  }
  return null;
}

const keyOf = (request: Request): string => JSON.stringify(request);

/** Undefined where an attribute would be changed twice. */
function merge(before: readonly Edit[], more: readonly Edit[]): readonly Edit[] | undefined {
  const taken = new Set(before.filter(({ dimension }) => dimension !== 'header').map(({ dimension }) => dimension));
  return more.some(({ dimension }) => taken.has(dimension)) ? undefined : [...before, ...more];
}

/** Of as many changes, those that need nothing of others, then those of what is asked before those of who asks. */
function costOf({ verdict, edits }: Nearest): number {
  const places = edits.reduce((sum, { dimension }) => sum + DIMENSIONS.indexOf(dimension), 0);
  return 100 * verdict.requires.length + places;
}
