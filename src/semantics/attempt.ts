import type { Principal, Workload } from '../model/inventory/types.ts';

/**
 * Who chooses how a request is sent (design §2). `app`: the source through its own proxy, as configured; `attacker`: whatever code in
 * that place could choose (plaintext or mTLS, any SNI, Host, forged headers).
 */
export type Client = 'app' | 'attacker';

/**
 * What a connection carries: the client's certificate of the mesh in mutual TLS, or the same over HBONE; `tls`: TLS of the client's own, without
 * one; nothing.
 */
export type Transport = 'mtls' | 'hbone' | 'tls' | 'plaintext';

/** Whether the client proves its identity. */
export const isIdentified = (transport: Transport): boolean => transport === 'mtls' || transport === 'hbone';

/** A place on the network that a request comes from. NetworkPolicy sees this, Istio does not. */
export type Position =
  | { readonly kind: 'workload'; readonly workload: Workload }
  | { readonly kind: 'pod-outside-mesh' }
  /** A node; `sameNode`: whether it is the one that the destination runs on, where that is known. */
  | { readonly kind: 'node-network'; readonly sameNode?: boolean }
  | { readonly kind: 'internet' }
  /** A stated peer whose place is not known (a principal in a test): NetworkPolicy is not asked. */
  | { readonly kind: 'unstated' };

/** A connection as it arrives at an enforcement point. */
export interface Connection {
  /** Proven by the client certificate; null in plaintext. */
  readonly peer: Principal | null;
  /** Direct peer address, if stated. */
  readonly sourceIp?: string;
  /** What Envoy takes for the client after X-Forwarded-For, if stated apart from the headers. */
  readonly remoteIp?: string;
  readonly destinationIp?: string;
  /** The workload's own port (service port at a waypoint for service traffic). */
  readonly port: number;
  readonly sni?: string;
  readonly http?: HttpRequest;
  readonly jwt?: { readonly claims: Readonly<Record<string, unknown>>; readonly valid: boolean };
  readonly transport: 'TCP' | 'UDP' | 'SCTP';
}

export interface HttpRequest {
  readonly method: string;
  /** As sent: with query, before normalisation. */
  readonly path: string;
  readonly host: string;
  /** Lower-case names, in order, repeated ones kept. */
  readonly headers: readonly (readonly [string, string])[];
}
