import type { By } from '../../../result/location.ts';
import type { EvidenceStatus } from '../../../result/status.ts';
import type { Ask } from '../rbac/allows.ts';
import type { Facts } from '../../facts.ts';
import type { Foothold } from '../foothold.ts';

/** One way in which a foothold turns into another without a request through the mesh: by RBAC, by the node, by what a place can forge. */
export interface Pivot {
  /** `rbac/create-pods`; stable, it is named in results. */
  readonly id: string;
  /** What the attacker does, as a clause: `starts a pod with the service account`. */
  readonly title: string;
  /** MITRE ATT&CK for Containers or Enterprise: `T1610`. */
  readonly technique: string;
  /** Rights at the API server any of which it takes; absent: none. */
  readonly asks?: readonly Ask[];
  find(facts: Facts): Iterable<PivotEdge>;
}

export interface PivotEdge {
  /** Whose control it takes: mostly a workload; a node, or an identity whose token was minted, leads on too. */
  readonly from: Foothold;
  readonly to: Foothold;
  /** Absent: control of `to`. `reach`: its policies no longer stop a request, and control of it takes a breach as for any other reach. */
  readonly gives?: 'reach';
  /** The object that makes it possible, at the field that does: the RoleBinding, the pod template. */
  readonly cause: By;
  /** One sentence with the names in it. */
  readonly why: string;
  readonly status: EvidenceStatus;
  /** What it rests on that the input does not show. */
  readonly assumes: readonly string[];
  /** What the attacker must bring besides. */
  readonly requires: readonly string[];
}
