import type { Principal, Workload } from '../../model/inventory/types.ts';

/**
 * Where an attacker is and whom they can prove to be: a node of the attack graph (design §9). NetworkPolicy sees the place, Istio the
 * identity.
 */
export type Foothold =
  | { readonly kind: 'internet' }
  | { readonly kind: 'node-network' }
  | { readonly kind: 'pod-outside-mesh' }
  /** Code that runs in the workload: in its place, with its identity. */
  | { readonly kind: 'workload'; readonly workload: Workload }
  /** A certificate or token of somebody else, used from the place where the attacker already is. */
  | {
      readonly kind: 'identity';
      readonly principal: Principal;
      /** A workload that holds it by right, for people; undefined where none of the input does. */
      readonly holder?: Workload;
      readonly from: Workload;
    }
  /** Root on the node that a workload runs on. */
  | { readonly kind: 'node'; readonly name: string; readonly of: Workload }
  /** What a path ends at: whoever has it has the mesh. `name` says what it is: `istiod`, `may create pods in every namespace`. */
  | { readonly kind: 'tier0'; readonly name: string; readonly workload?: Workload };

/** Tells footholds apart. */
export function footholdId(foothold: Foothold): string {
  switch (foothold.kind) {
    case 'workload':
      return `workload ${foothold.workload.id}`;
    case 'identity':
      return `identity ${foothold.principal} from ${foothold.from.id}`;
    case 'node':
      return `node ${foothold.name}`;
    case 'tier0':
      return `tier0 ${foothold.name}`;
    default:
      return foothold.kind;
  }
}

/** The same for maps: quicker to make for workloads, which are what there is most of. */
export type FootholdKey = Workload | string;

export const footholdKey = (foothold: Foothold): FootholdKey =>
  foothold.kind === 'workload' ? foothold.workload : footholdId(foothold);
