import type { Workload } from '../../model/inventory/types.ts';
import { forwardedAddress } from '../authz/address.ts';
import type { View } from '../authz/view.ts';
import type { Enforcement } from '../enforcement.ts';
import type { Query } from '../query.ts';
import { viewAt } from '../sidecar.ts';

interface Arrived {
  readonly peer: View['peer'];
  readonly sni: string;
}

/** What a gateway's policies see. `path` is given on HTTP chains only. */
export function gatewayView(
  enforcement: Enforcement,
  query: Query,
  { peer, sni }: Arrived,
  path: string | undefined,
): Omit<View, 'claims'> {
  const { source, http } = query;
  const forwarded =
    http && path !== undefined ? clientAddress(enforcement, query.destination.workload, http.headers) : undefined;
  return { ...viewAt(query, peer, path), sni, remoteIp: source.remoteIp ?? forwarded ?? source.ip };
}

/**
 * With n trusted proxies the client is the n-th address of X-Forwarded-For from the right; with fewer addresses, or none trusted, it is the
 * connection's own. Reference §15.1, §17.5.
 */
function clientAddress(
  enforcement: Enforcement,
  workload: Workload,
  headers: readonly (readonly [string, string])[],
): string | undefined {
  const hops = trustedProxies(enforcement, workload);
  return hops > 0 ? forwardedAddress(headers, hops - 1) : undefined;
}

/** Of the mesh, or of the pods alone by their `proxy.istio.io/config`. */
export function trustedProxies(enforcement: Enforcement, workload: Workload): number {
  const own = /numTrustedProxies["']?\s*:\s*(\d+)/.exec(workload.annotations['proxy.istio.io/config'] ?? '')?.[1];
  return own === undefined ? enforcement.configOf(workload).numTrustedProxies.value : Number(own);
}
