import type { Workload } from '../../model/inventory/types.ts';
import type { Request } from '../../result/request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';

/** The mesh as it is and with one fault in it. */
export interface Faulty {
  readonly before: Enforcement;
  readonly after: Enforcement;
}

/** A request that one of the two lets pass and the other refuses. */
export interface Turned {
  /** `opens`: refused as it is, and passes with the fault. */
  readonly effect: 'opens' | 'refuses';
  readonly request: Request;
  /** Where it leads; absent: out of the mesh. */
  readonly to?: { readonly workload: Workload; readonly port: number };
}

/** What keeps a search without a result from being a proof that there is none. */
export type Doubt = (why: string) => void;
