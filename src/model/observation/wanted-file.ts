import type { Seen } from './seen.ts';

/** A file that `wanted --learn` wrote and somebody read: what of the traffic that was seen has to go on (method.md, rule 8). */
export interface WantedFile extends Seen {
  readonly kind: 'wanted';
  /** Who read it; absent: nobody yet, and nothing in it counts. */
  readonly reviewedBy?: string;
  readonly flows: readonly AcceptedFlow[];
}

export interface AcceptedFlow {
  readonly from: string;
  readonly to: string;
  readonly methods?: readonly string[];
  readonly paths?: readonly string[];
}
