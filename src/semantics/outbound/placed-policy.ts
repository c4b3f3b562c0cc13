import type { BackendTLSPolicy } from '../../model/gateway/backend-tls-policy.ts';
import type { DestinationRule, TrafficPolicy } from '../../model/istio/destination-rule.ts';
import type { Path } from '../../model/resource.ts';

/** A traffic policy and where it is written. */
export interface PlacedPolicy {
  readonly rule: DestinationRule | BackendTLSPolicy;
  readonly path: Path;
  readonly policy: TrafficPolicy;
}
