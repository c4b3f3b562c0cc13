import type { SeenProxy } from '../evidence.ts';
import type { WaypointComparison } from './compare-waypoints.ts';
import type { ZtunnelComparison } from './compare-ztunnel.ts';
import type { SeenPod } from './match-pods.ts';

/** What one document shows of one pod. */
export interface SeenAtZtunnel extends SeenPod {
  readonly proxy: SeenProxy;
  /** It is the dump of the ztunnel that serves the pod, as far as it says; not that of another node, nor istiod's word. */
  readonly isOwn: boolean;
  /** Why its traffic does not pass ztunnel; undefined: it does. */
  readonly uncaptured: string | undefined;
  readonly ports: readonly ZtunnelComparison[];
  readonly waypoints: readonly WaypointComparison[];
}
