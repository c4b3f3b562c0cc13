import type { EvidenceStatus } from '../result/status.ts';

/** One subject of a measure, judged. */
export interface Judged {
  readonly covered: boolean;
  readonly status: EvidenceStatus;
  /** It rests on an assumption about what the input does not show, beyond that a workload's data plane is what labels ask for. */
  readonly assumed: boolean;
  /** Of a critical or high asset. */
  readonly sensitive: boolean;
  /** Reachable from the internet. */
  readonly exposed: boolean;
}

/** How many subjects there are and how many are covered. */
export interface Count {
  of: number;
  /** Covered, for all that is known. */
  have: number;
  unknown: number;
  /** Covered if everything that is unknown or assumed turns out bad. */
  low: number;
  /** Covered if it turns out good. */
  high: number;
}

export const scopes = ['all', 'sensitive', 'exposed'] as const;
export type Scope = (typeof scopes)[number];

/** Coverage of one thing that is measured, over all subjects and over those where it matters most. */
export interface Tally {
  readonly counts: Readonly<Record<Scope, Count>>;
  /** Of all subjects. */
  readonly verified: number;
}

const empty = (): Count => ({ of: 0, have: 0, unknown: 0, low: 0, high: 0 });

/** Adds up judged subjects; undefined ones are not counted. */
export function tally(subjects: Iterable<Judged | undefined>): Tally {
  const counts = { all: empty(), sensitive: empty(), exposed: empty() };
  let verified = 0;
  for (const subject of subjects) {
    if (!subject) continue;
    add(counts.all, subject);
    if (subject.sensitive) add(counts.sensitive, subject);
    if (subject.exposed) add(counts.exposed, subject);
    if (subject.status === 'VERIFIED') verified += 1;
  }
  return { counts, verified };
}

function add(count: Count, { covered, status, assumed }: Judged): void {
  const unknown = status === 'UNKNOWN';
  count.of += 1;
  if (unknown) count.unknown += 1;
  else if (covered) count.have += 1;
  if (covered && !unknown && !assumed) count.low += 1;
  if (covered || unknown || assumed) count.high += 1;
}
