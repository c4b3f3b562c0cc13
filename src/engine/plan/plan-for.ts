import type { Foothold } from '../../graph/attack/foothold.ts';
import { harden } from '../../remediate/harden.ts';
import { makePlan, type Plan } from '../../remediate/make-plan.ts';
import type { PlanResult } from '../../result/types.ts';
import { SearchLimit } from '../../semantics/algebra/strings/find-word.ts';
import type { FoundPaths } from '../paths/attack-result.ts';
import { type PlanParts, planResult } from '../result/plan.ts';
import type { ArrangedStep } from './arrange-steps.ts';

/** A plan with what its result was made of; without steps where it could not be made. */
export interface Planned {
  readonly plan: PlanResult;
  readonly steps: readonly ArrangedStep[];
  readonly made?: Plan;
}

/** The plan against the paths that were found. Where a search is given up there is none, and it says why. */
export function planFor(parts: PlanParts, found: FoundPaths, entries: readonly Foothold[], most?: number): Planned {
  if ('incomplete' in found) return nothing(found.incomplete);
  try {
    const { facts, stated, rebuild } = parts;
    const options = { stated, rebuild, entries, ...(most === undefined ? {} : { most }) };
    const closing = makePlan(facts, found.paths, options);
    const made = most === undefined ? harden(facts, closing, options) : closing;
    return { ...planResult(parts, made), made };
  } catch (error) {
    if (!(error instanceof SearchLimit)) throw error;
    return nothing(error.message);
  }
}

const nothing = (incomplete: string): Planned => ({ plan: { horizons: [], unclosed: [], incomplete }, steps: [] });
