import type { Path, Resource } from '../../model/resource.ts';

/**
 * Where ztunnel enforces something else than the object says, or than a sidecar would. The ids are stable, for findings to build on.
 *
 * Source: reference §1.6, §2.2, §2.9, §2.10, §16.
 */
export type AnomalyId =
  /** CUSTOM and AUDIT do not exist at ztunnel. */
  | 'action-not-enforced'
  /** An AuthorizationPolicy with `selector: {}` attaches to nothing; at a sidecar it selects all. */
  | 'empty-selector-selects-nothing'
  /** An ALLOW rule with HTTP attributes does not exist at ztunnel. */
  | 'http-rule-removed'
  /** A DENY rule of which nothing is left that can match: it denies nothing. */
  | 'http-rule-without-effect'
  /** An entry of a DENY rule that had only HTTP attributes: it denies nothing, the other entries stay. */
  | 'http-entry-without-effect'
  /** HTTP attributes of a DENY entry are dropped, the rest of the entry denies more. */
  | 'http-attributes-dropped'
  /** `trustDomains` is dropped in silence (to 1.31). */
  | 'trust-domain-dropped'
  /** A principal of an alias or of `cluster.local`: sidecars read it as the mesh's trust domain, ztunnel literally. */
  | 'trust-domain-not-expanded'
  /** A star inside a namespace is a wildcard at sidecars, a literal star at ztunnel. */
  | 'inner-star-is-literal'
  /** A bad address or port is dropped. */
  | 'bad-value-dropped'
  /** An IPv4-mapped IPv6 block never matches an IPv4 client. */
  | 'mapped-address-never-matches'
  /** An entry without any condition never matches; at a sidecar it matches all. */
  | 'empty-entry-never-matches'
  /** A dry-run policy is not sent: ztunnel logs nothing about it. */
  | 'dry-run-not-sent'
  /** The workload names a port-level policy that istiod never sends: no port demands an identity. */
  | 'port-policy-never-sent'
  /** A DISABLE port under an inherited STRICT demands an identity all the same. */
  | 'disable-not-honoured'
  /** A PeerAuthentication with `selector: {}` in the root namespace is not mesh-wide in ambient. */
  | 'empty-selector-not-mesh-wide'
  /** What is enforced depends on which policy reached istiod first. */
  | 'order-of-arrival'
  /** Policies of one level compete by age, and their age is equal or not known. */
  | 'competing-by-age';

export interface Anomaly {
  readonly id: AnomalyId;
  /** Against what was written: lets more through, less, or neither. */
  readonly effect: 'opens' | 'closes' | 'none';
  readonly policy: Resource;
  readonly path: Path;
  readonly rule?: number;
  /** For PeerAuthentication: the port that it concerns; undefined: all ports without an entry. */
  readonly port?: number;
  /** One sentence. */
  readonly text: string;
}

/** A rule that matches less (more) than written: what that does to an ALLOW and to a DENY. */
export function effectOf(action: 'ALLOW' | 'DENY', matches: 'less' | 'more'): 'opens' | 'closes' {
  return (action === 'ALLOW') === (matches === 'less') ? 'closes' : 'opens';
}
