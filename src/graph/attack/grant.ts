import type { Principal, Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import type { Region } from '../../semantics/algebra/region.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import type { Witness } from '../reach/sources.ts';

/** Who may send something to a port that wanted traffic does not need, by one opening: many edges of the attack graph in one. */
export interface Grant {
  readonly workload: Workload;
  readonly port: WorkloadPort;
  readonly region: Region;
  readonly witness: Witness;
  readonly who:
    | { readonly kind: 'anyone' }
    | { readonly kind: 'any-identity'; readonly except: ReadonlySet<Principal> }
    | { readonly kind: 'workloads'; readonly sources: readonly Workload[] };
  /** The source has to be somebody whose call is wanted; it is more than what is wanted. */
  readonly beyondWanted: boolean;
  /** Decided for one caller, NetworkPolicy aside. */
  readonly verdict: Verdict;
  /** The object to change. */
  readonly cause: By;
}

/** Somebody who acts: where from, and as whom. */
export interface Actor {
  readonly place: Workload;
  readonly identity: Principal | null;
  /** The identity belongs to somebody else. */
  readonly isBorrowed: boolean;
}

/** Whether an actor is among those whom a grant lets in, as far as identity goes. */
export function isGranted({ who, workload }: Grant, { place, identity, isBorrowed }: Actor): boolean {
  if (place === workload) return false;
  switch (who.kind) {
    case 'anyone':
      return true;
    case 'any-identity':
      return identity !== null && !who.except.has(identity);
    case 'workloads':
      return who.sources.some((known) => (isBorrowed ? known.identity === identity : known === place));
  }
}
