import type { Principal, Workload } from '../../model/inventory/types.ts';
import type { ShadowResult } from '../../model/observation/access-log.ts';

/** What telemetry shows of traffic in the mesh. It proves that something happened, never that nothing else can (method.md, Evidence). */
export interface TrafficSeen {
  readonly flows: readonly SeenFlow[];
  /** One per file. */
  readonly windows: readonly SeenWindow[];
  /** Seen, and of no workload of the input. */
  readonly unplaced: readonly Unplaced[];
  readonly shadows: readonly SeenShadow[];
  to(workload: Workload): readonly SeenFlow[];
  from(workload: Workload): readonly SeenFlow[];
}

export interface SeenWindow {
  readonly file: string;
  readonly kind: 'metrics' | 'access-log';
  readonly from?: string;
  readonly to?: string;
  /** How much of all requests it shows, in words. */
  readonly sampling: string;
}

export type Security = 'mutual_tls' | 'none' | 'unknown';

/** Calls of one caller to one workload, over one kind of connection. */
export interface SeenFlow extends Tally {
  readonly from: Caller;
  readonly to: Workload;
  /** Ports of the workload; several: one of these, since metrics name the service only; empty: not known. */
  readonly ports: readonly number[];
  /** The service by which it was called, where that is known. */
  readonly service?: string;
  readonly protocol: 'http' | 'tcp';
  readonly security: Security;
  /** Who saw it: the destination's own proxy is believed before the caller's. */
  readonly reporter: 'destination' | 'waypoint' | 'source';
  /** By HTTP status, or by flags where there is none. */
  readonly codes: Readonly<Record<string, number>>;
  /** What access logs show of it; metrics name neither method nor path (reference §15.11). */
  readonly operations: readonly SeenOperation[];
  /** Whether metrics saw it: then `count` is that of all requests, else of the lines of logs. */
  readonly counted: boolean;
  readonly files: readonly string[];
}

export interface SeenOperation extends Tally {
  /** Absent: bytes, or a log that does not say. */
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly port: number;
  /** The first line that shows it. */
  readonly file: string;
  readonly line: number;
}

export interface Tally {
  readonly count: number;
  /** Reached the application and was answered with success (HTTP below 400, gRPC 0, a connection that was taken). */
  readonly passed: number;
  /** Refused, by the mesh or with 401 or 403 by the application: metrics do not tell these apart. */
  readonly refused: number;
  /** Days in UTC on which it passed, sorted, as far as the telemetry tells days. */
  readonly days: readonly string[];
}

export interface Caller {
  /** For people: `checkout/checkout-api`, an identity, an address, `somebody without an identity`. */
  readonly name: string;
  readonly workload?: Workload;
  /** As it was seen, proven by mutual TLS. */
  readonly principal?: Principal;
  /** It came from outside, through a gateway. */
  readonly outside?: true;
}

export interface Unplaced {
  readonly file: string;
  readonly what: string;
  readonly count: number;
}

export interface SeenShadow extends ShadowResult {
  readonly file: string;
  /** `allow` or `deny`: the shadow of which policies, where it is told. */
  readonly action?: 'allow' | 'deny';
  /** The pod, of metrics. */
  readonly pod?: string;
  readonly namespace?: string;
}
