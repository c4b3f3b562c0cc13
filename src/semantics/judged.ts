import type { MeshService, Workload } from '../model/inventory/types.ts';
import type { AuthorizationPolicy } from '../model/istio/authorization-policy.ts';
import type { PolicyChain } from './authz/chain.ts';
import type { View } from './authz/view.ts';
import type { JwtProvider } from './jwt/authenticate.ts';
import type { EnforcementPoint } from './verdict.ts';

/** What one point put its rules to: for whoever wants to know which of them came near, and by what they missed. */
export interface Judged {
  readonly point: EnforcementPoint;
  /** Whose proxy it is. */
  readonly workload: Workload;
  /** At a waypoint: the service that is addressed. */
  readonly service?: MeshService;
  readonly chain: PolicyChain;
  readonly providers: readonly JwtProvider[];
  readonly view: View;
}

/** Told of each point on the way, as it is asked. */
export type Watch = (judged: Judged) => void;

interface Asking {
  readonly explain?: boolean;
  readonly watch?: Watch;
}

/** How `decideChain` is to speak about one point of a request that somebody wants explained; empty for a search. */
export function explaining(
  { explain, watch }: Asking,
  where: Omit<Judged, 'view'>,
  attached: readonly AuthorizationPolicy[] = [],
): { explain?: true; watch?: (view: View) => void; attached?: readonly AuthorizationPolicy[] } {
  return {
    ...(explain ? { explain, attached } : {}),
    ...(watch ? { watch: (view: View) => watch({ ...where, view }) } : {}),
  };
}
