import type { Principal, Workload } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import type { Request } from '../../result/request.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';

/** Two states of a mesh, in the order of the question: what passes in `after` that was refused in `before`? */
export interface States {
  readonly before: Enforcement;
  readonly after: Enforcement;
}

/** Who may newly send something. */
export type Opener =
  /** With a gateway: whoever gets to it, where nothing leads there from outside the cluster. */
  | { readonly kind: 'anyone'; readonly gateway?: Workload }
  | { readonly kind: 'any-identity' }
  | { readonly kind: 'identities'; readonly identities: readonly Principal[] }
  | { readonly kind: 'workload'; readonly workload: Workload }
  | { readonly kind: 'pod-outside-mesh' }
  | { readonly kind: 'internet' | 'node-network'; readonly gateway?: Workload };

/** Requests that were refused and now pass, with one of them, decided in both states. */
export interface Opened {
  readonly workload: Workload;
  readonly port: number;
  readonly who: Opener;
  readonly witness: Request;
  /** In `after`. */
  readonly verdict: Verdict;
  /** What refused it in `before`. */
  readonly was: { readonly by: By | null; readonly reason: string };
}

const RANK = { deny: 0, unknown: 1, allow: 2 } as const;

/** Whether a request that is decided like this before and after passes where it did not: for certain, or where it was certain to be refused. */
export const isWider = (was: Pick<Verdict, 'outcome'>, now: Pick<Verdict, 'outcome'>): boolean =>
  RANK[now.outcome] > RANK[was.outcome];
