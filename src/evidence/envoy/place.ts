import type { Viewpoint } from '../../semantics/algebra/clause-formula.ts';

/** What nobody here reads, by the name that Envoy gives it. A set with one of these in it is not what it seems. */
export type Unread = Set<string>;

/** Where an RBAC filter stands. */
export interface Place {
  readonly viewpoint: Viewpoint;
  readonly unread: Unread;
  /** The names of all filters of the chain: what none of them writes is not there. */
  readonly filters: ReadonlySet<string>;
}
