import type { Tally } from './tally.ts';

/** One figure that a dimension is rated by. */
export interface Measure {
  /** What is counted: `workload ports`. */
  readonly subjects: string;
  /** What counts as covered, after the subjects: `STRICT`. */
  readonly covered: string;
  readonly tally: Tally;
  /** Nothing to cover is as good as all covered: it is known that there is nothing. Else no subject says nothing. */
  readonly satisfiedWhenEmpty?: boolean;
  /** What the input lacks, where it is unknown: a sentence that says how to supply it. */
  readonly missing: string;
}
