import type { By } from '../result/location.ts';

/** What a request needs to have so that an `allow` holds. */
export type Requirement =
  | { readonly kind: 'jwt'; readonly issuer?: string; readonly claims?: Readonly<Record<string, string>> }
  | { readonly kind: 'ext-authz'; readonly provider: string; readonly by?: By }
  | { readonly kind: 'client-certificate'; readonly ca: string }
  | { readonly kind: 'identity'; readonly principal: string }
  | { readonly kind: 'source-ip'; readonly ranges: readonly string[] };

export type EnforcementPoint = 'network-policy' | 'ztunnel' | 'waypoint' | 'sidecar' | 'gateway' | 'none';

/** One step on the way of a request, in the order in which it is taken. */
export interface TraceStep {
  readonly point: EnforcementPoint;
  readonly stage:
    | 'capture'
    /** What the client's own proxy makes of it: whether it knows the destination, and how it connects. */
    | 'outbound'
    | 'network-policy'
    | 'transport'
    | 'custom'
    | 'jwt'
    | 'audit'
    | 'deny'
    | 'allow'
    | 'patch'
    | 'route'
    | 'resolve';
  readonly outcome: 'pass' | 'stop' | 'note';
  /** One sentence for a person. */
  readonly text: string;
  readonly by?: By;
}

/**
 * The answer to one request. `unknown` only if the outcome differs with a missing input and no assumption is reasonable; what the word
 * rests on is in `assumes`, what the attacker or caller must bring in `requires`.
 */
export interface Verdict {
  readonly outcome: 'allow' | 'deny' | 'unknown';
  readonly requires: readonly Requirement[];
  readonly assumes: readonly string[];
  /** The object that decided; null when it is the absence of one. */
  readonly by: By | null;
  /** One sentence: why. */
  readonly reason: string;
  readonly point: EnforcementPoint;
  readonly trace: readonly TraceStep[];
  /** At a gateway: `ns/service:port` that the request was routed to. */
  readonly routed?: string;
}
