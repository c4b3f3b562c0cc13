import type { Principal, Workload, WorkloadId, WorkloadPort } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import type { Region } from '../../semantics/algebra/region.ts';
import type { Query } from '../../semantics/query.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import type { Witness } from '../reach/sources.ts';

/** Who may send something to a port that wanted traffic does not need, by one opening: many edges of the attack graph in one. */
export type Grant = DirectGrant | GatewayGrant;

/** To the port itself, or through its waypoint. */
export interface DirectGrant extends Opening {
  readonly region: Region;
  readonly witness: Witness;
}

/** By having a gateway ask, which is let in where the caller is not: a confused deputy. */
export interface GatewayGrant extends Opening {
  readonly through: Passage;
}

/** A route of a gateway, as somebody inside the cluster takes it. */
export interface Passage {
  readonly gateway: Workload;
  /** Sent to the gateway from no place in particular; with the certificate of some member of the mesh where the gateway asks for one. */
  readonly query: Query;
  /** What leads on from the gateway, as a clause. */
  readonly why: string;
  /** Openings by which callers get to the same port themselves: they need no gateway. */
  readonly direct: readonly DirectGrant[];
}

interface Opening {
  readonly workload: Workload;
  readonly port: WorkloadPort;
  readonly who:
    | { readonly kind: 'anyone' }
    | { readonly kind: 'any-identity'; readonly except: ReadonlySet<Principal> }
    | { readonly kind: 'workloads'; readonly sources: readonly Workload[] };
  /** The source has to be somebody whose call is wanted; it is more than what is wanted. */
  readonly beyondWanted: boolean;
  /** Callers whose calls are wanted, whatever they send: they are no excess, and stay when the opening is closed. */
  readonly meant: ReadonlySet<WorkloadId>;
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
