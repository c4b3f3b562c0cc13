import type { Path, Resource } from '../../model/resource.ts';
import type { Cidr } from '../../util/cidr.ts';

/** What istiod sends to ztunnel for one policy (istio pkg/workloadapi/security/authorization.proto). */
export interface ZtunnelAuthorization {
  /** As ztunnel names it: `istio_converted_static_strict` and `converted_peer_authentication_…` for what PeerAuthentication became. */
  readonly name: string;
  readonly namespace: string;
  readonly scope: 'GLOBAL' | 'NAMESPACE' | 'WORKLOAD_SELECTOR';
  readonly action: 'ALLOW' | 'DENY';
  /** OR-ed; none: never matches. */
  readonly groups: readonly Group[];
  /** The object that it was made from. */
  readonly source: Resource;
}

/** One rule: all clauses must match; no clauses match everything. */
export interface Group {
  /** The rule in the source; undefined for what PeerAuthentication became. */
  readonly rule?: number;
  readonly clauses: readonly Clause[];
}

/** `to`, `from` or one `when`: OR of matches, of which empty ones never match. */
export interface Clause {
  /** In the source object. */
  readonly path: Path;
  readonly matches: readonly Match[];
}

/** AND of fields; a field is an OR of values, a `not…` field a NOT(OR). Absent: no condition. */
export interface Match {
  readonly namespaces?: readonly StringMatch[];
  readonly notNamespaces?: readonly StringMatch[];
  readonly serviceAccounts?: readonly ServiceAccountMatch[];
  readonly notServiceAccounts?: readonly ServiceAccountMatch[];
  readonly principals?: readonly StringMatch[];
  readonly notPrincipals?: readonly StringMatch[];
  readonly sourceIps?: readonly AddressMatch[];
  readonly notSourceIps?: readonly AddressMatch[];
  readonly destinationIps?: readonly AddressMatch[];
  readonly notDestinationIps?: readonly AddressMatch[];
  readonly destinationPorts?: readonly number[];
  readonly notDestinationPorts?: readonly number[];
}

export type StringMatch =
  | { readonly exact: string }
  | { readonly prefix: string }
  | { readonly suffix: string }
  | { readonly presence: true };

export interface ServiceAccountMatch {
  readonly namespace: string;
  readonly serviceAccount: string;
}

export interface AddressMatch {
  readonly cidr: Cidr;
  /** As written. */
  readonly text: string;
}

export function isEmptyMatch(match: Match): boolean {
  for (const _ in match) return false;
  return true;
}

/** How PeerAuthentication is said to ztunnel: deny who proves no identity. */
export const WITHOUT_IDENTITY: Match = { notPrincipals: [{ presence: true }] };
