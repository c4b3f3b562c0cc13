import type { Facts } from '../../graph/facts.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Candidate } from '../candidate.ts';

/** The part of the mesh that a candidate touches, without it and with it. */
export interface Touched {
  readonly before: Enforcement;
  readonly after: Enforcement;
}

/** What is worth doing beside the paths. It proposes; that no wanted call breaks and nothing opens is proven for all alike. */
export interface Hardening {
  readonly id: string;
  /** Candidates, by what the mesh is before the plan; of what the plan has changed none are taken. */
  propose(facts: Facts): readonly Candidate[];
  /** Whether it comes to what it is there for. */
  holds(facts: Facts, candidate: Candidate, touched: Touched): boolean;
}
