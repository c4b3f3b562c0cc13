import type { Tally } from './tally.ts';

/** One figure that a dimension is rated by. */
export interface Measure {
  /** What is counted: `workload ports`. */
  readonly subjects: string;
  /** What counts as covered, after the subjects: `STRICT`. */
  readonly covered: string;
  readonly tally: Tally;
  /**
   * Nothing to cover is as good as all covered: it is stated that the input is complete for it, or assumed since the input would show it.
   * Absent: no subject says nothing.
   */
  readonly whenEmpty?: 'known' | 'assumed';
  /** What would bring subjects into the input, where there is none. */
  readonly absent: string;
  /** What would settle those that are unknown. */
  readonly unsettled: string;
}
