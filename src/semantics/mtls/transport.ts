import type { ChainKind } from '../../model/inventory/types.ts';
import { isIdentified, type Transport } from '../attempt.ts';
import type { TransportMode } from './effective-mode.ts';

export interface Arrival {
  /** `mtls`: a client certificate of the mesh and an Istio ALPN; `tls`: TLS without either; `plaintext`: no TLS. */
  readonly transport: Transport;
  readonly speaksHttp: boolean;
  /** Over mutual TLS the client's proxy names an ALPN of TCP, whatever is inside. */
  readonly asBytes?: true;
}

export type TransportOutcome =
  | { readonly accepted: true; readonly chain: 'http' | 'tcp'; readonly identified: boolean }
  | { readonly accepted: false; readonly why: string };

/**
 * Which filter chain of a sidecar takes a connection. TLS without a certificate of the mesh passes through PERMISSIVE and DISABLE opaque on
 * ports that are not HTTP. HBONE ends before any of it, whatever the mode.
 *
 * Source: istio pilot/pkg/networking/core/filterchain_options.go (reference §1.3).
 */
export function acceptConnection(mode: TransportMode, port: ChainKind, arrival: Arrival): TransportOutcome {
  if (arrival.transport === 'plaintext' && mode === 'STRICT')
    return { accepted: false, why: 'STRICT refuses plaintext' };
  if (arrival.transport === 'tls') {
    if (mode === 'STRICT')
      return { accepted: false, why: 'STRICT refuses TLS without a client certificate of the mesh' };
    if (port === 'http')
      return { accepted: false, why: 'the port is declared HTTP and gets TLS that is not of the mesh' };
    return { accepted: true, chain: 'tcp', identified: false };
  }
  if (arrival.transport === 'mtls' && mode === 'DISABLE') {
    return { accepted: false, why: 'DISABLE does not terminate TLS, so the handshake cannot complete' };
  }
  // Bytes are looked into only where no ALPN says what they are.
  const isNamedTcp = arrival.asBytes === true && isIdentified(arrival.transport);
  const chain = port === 'auto' ? (arrival.speaksHttp && !isNamedTcp ? 'http' : 'tcp') : port;
  if (chain === 'http' && !arrival.speaksHttp)
    return { accepted: false, why: 'the port is declared HTTP and the bytes are not' };
  return { accepted: true, chain, identified: isIdentified(arrival.transport) };
}

/**
 * Trust domains whose certificates a sidecar accepts. Source: istio pilot/pkg/networking/plugin/authn/util.go (reference §1.3).
 */
export function isTrusted(peer: string, bundle: readonly string[]): boolean {
  const trustDomain = peer.slice(0, peer.indexOf('/'));
  return bundle.includes(trustDomain);
}
