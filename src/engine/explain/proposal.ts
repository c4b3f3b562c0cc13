import type { Change } from '../../model/change/change.ts';
import type { Resource } from '../../model/resource.ts';

/** One change of one object that might turn the verdict. */
export interface Proposal {
  /** ``add `cluster.local/ns/shop/sa/web` to principals of rules[0]``. */
  readonly summary: string;
  /** The object as it would be. */
  readonly resource: Resource;
  readonly change: Change;
  /** How many values or objects are written; of two that open the same, the smaller is proposed. */
  readonly size: number;
  /** Whole connections turn: methods and paths make no difference. */
  readonly perPort: boolean;
  /** In words, where the shape of the change alone proves what it lets in (or keeps out), whatever other rules say. */
  readonly limits?: string;
}
