import type { Request } from '../../result/request.ts';
import type { Seen } from './seen.ts';

/** What somebody saw of a workload and wrote into `observations` of `meshproof.yaml`. What it shows is worked out in `evidence`. */
export interface Testimony extends Seen {
  readonly kind: 'testimony';
  /** Of the entry, in `file`. */
  readonly line: number;
  readonly answer: 'allowed' | 'denied';
  readonly request: Request;
  /** In the words of who wrote it. */
  readonly saw: string;
  readonly by?: string;
  readonly how?: string;
}
