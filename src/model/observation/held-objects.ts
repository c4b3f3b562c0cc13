import type { Seen } from './seen.ts';

/** The objects that istiod holds: `/debug/configz`, or of `/debug/authorizationz` the AuthorizationPolicies. */
export interface HeldObjects extends Seen {
  readonly kind: 'istiod-objects';
  /** As Kubernetes objects, without what only the server sets. */
  readonly objects: readonly Readonly<Record<string, unknown>>[];
  /** The only kind that it tells of; absent: all. */
  readonly only?: string;
}

/** Kinds by which istiod decides what proxies enforce, of which manifests are kept. Of the others nothing is compared. */
export const COMPARED_KINDS = [
  'AuthorizationPolicy',
  'DestinationRule',
  'EnvoyFilter',
  'PeerAuthentication',
  'RequestAuthentication',
  'ServiceEntry',
  'Sidecar',
  'VirtualService',
  'WasmPlugin',
] as const;
