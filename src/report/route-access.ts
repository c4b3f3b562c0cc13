import type { GatewayResult } from '../result/types.ts';

const texts: Readonly<Record<GatewayResult['routes'][number]['access'], string>> = {
  open: 'anyone who reaches the gateway',
  token: 'with a valid token',
  'ext-authz': 'if the external authorizer approves',
  'client-certificate': 'with a client certificate',
  denied: 'nobody: refused on the way',
  external: 'leads out of the mesh',
  unknown: 'unknown',
};

/** Who gets to the workload behind a route. */
export const routeAccess = (access: GatewayResult['routes'][number]['access']): string => texts[access];
