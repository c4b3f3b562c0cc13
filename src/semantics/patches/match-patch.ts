import type { EnvoyFilterPatch } from '../../model/istio/envoy-filter.ts';

export type ProxyKind = 'sidecar' | 'gateway' | 'waypoint';

export interface PatchMatch {
  /** False: it depends on what is not in the input, or matches some of the filter chains. */
  readonly certain: boolean;
  /** Null: all ports. */
  readonly port: number | null;
}

const CONTEXTS: Readonly<Record<ProxyKind, readonly string[]>> = {
  sidecar: ['ANY', 'SIDECAR_INBOUND'],
  gateway: ['ANY', 'GATEWAY'],
  waypoint: ['ANY', 'WAYPOINT'],
};
/** Before waypoints had a context of their own. */
const PERHAPS_AT_WAYPOINTS: readonly string[] = ['SIDECAR_INBOUND', 'GATEWAY'];

/**
 * Whether a patch is for inbound traffic of a kind of proxy; undefined: it is not.
 *
 * Source: istio pilot/pkg/networking/core/envoyfilter/listener_patch.go (listenerMatch, filterChainMatch), pilot/pkg/model/envoyfilter.go
 * (proxyMatch).
 */
export function matchPatch(
  { match = {} }: EnvoyFilterPatch,
  kind: ProxyKind,
  version?: string,
): PatchMatch | undefined {
  const { context = 'ANY', proxy, listener, waypoint } = match;
  let certain = true;
  if (!CONTEXTS[kind].includes(context)) {
    if (kind !== 'waypoint' || !PERHAPS_AT_WAYPOINTS.includes(context)) return undefined;
    certain = false;
  }
  if (proxy?.proxyVersion) {
    const matches = matchesVersion(proxy.proxyVersion, version);
    if (matches === false) return undefined;
    if (matches === undefined) certain = false;
  }
  if (Object.keys(proxy?.metadata ?? {}).length > 0) certain = false;
  let port = listener?.portNumber || waypoint?.portNumber || null;
  if (listener?.name) {
    // All inbound traffic of a sidecar comes in by one listener.
    if (kind === 'sidecar' && listener.name !== 'virtualInbound') return undefined;
    const named = Number(/_(\d+)$/.exec(listener.name)?.[1] ?? Number.NaN);
    if (kind === 'gateway' && named > 0) port ??= named;
    else if (kind !== 'sidecar') certain = false;
  }
  const { name, sni, transportProtocol, applicationProtocols, transportSocket, destinationPort } =
    listener?.filterChain ?? {};
  if (name || sni || transportProtocol || applicationProtocols || transportSocket || waypoint?.route) certain = false;
  return { certain, port: port ?? (destinationPort || null) };
}

/** Of the usual form `^1\.31.*`; undefined where the version or the expression leaves it open. */
function matchesVersion(pattern: string, version: string | undefined): boolean | undefined {
  const minor = /^\^?1\\?\.(\d+)((\\?\.|\.)\*|\.\*|\\\.\.\*)?\$?$/.exec(pattern)?.[1];
  const own = /^1\.(\d+)/.exec(version ?? '')?.[1];
  if (minor === undefined || own === undefined) return undefined;
  // Without an end, `^1\.3.*` is for 1.31 too.
  return pattern.includes(`${minor}\\.`) ? own === minor : own.startsWith(minor);
}
