import type { Seen } from './seen.ts';

/** A part of Envoy's own configuration, as protobuf's JSON form with the field names of the `.proto` files. */
export type EnvoyJson = Readonly<Record<string, unknown>>;

/** What one Envoy holds: its admin endpoint `/config_dump`, without what nobody reads here (endpoints, routes of others, keys). */
export interface EnvoyDump extends Seen {
  readonly kind: 'envoy-config-dump';
  readonly proxy: EnvoyNode;
  /** When it last took something new, ISO 8601. A dump does not say when it was made. */
  readonly updated?: string;
  /** In use: inbound ones (`virtualInbound`), and those of gateways and waypoints. */
  readonly listeners: readonly LoadedListener[];
  /** Of gateways, the routes that their listeners name; absent: the dump does not have them. */
  readonly routes?: readonly LoadedRoutes[];
  /** What Envoy was sent and did not take. */
  readonly rejected: readonly RejectedConfig[];
  /** Certificates that it holds: what they say, never the bytes or keys. */
  readonly certificates: readonly LoadedCertificate[];
}

/** Whose Envoy it is: the node metadata that istio's agent writes into the bootstrap. */
export interface EnvoyNode {
  /** `sidecar~IP~POD.NAMESPACE~DOMAIN`. */
  readonly id: string;
  readonly type: 'sidecar' | 'router' | 'waypoint';
  readonly namespace: string;
  readonly pod: string;
  /** `WORKLOAD_NAME`: of the controller, where there is one. */
  readonly workload?: string;
  readonly serviceAccount?: string;
  readonly clusterId?: string;
  readonly istioVersion?: string;
  /** `1.40.0`. */
  readonly envoyVersion?: string;
  readonly interceptionMode?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
}

export interface LoadedListener {
  readonly name: string;
  readonly updated?: string;
  readonly config: EnvoyJson;
}

/** A route configuration: where requests may be led, by host. What each route matches is not kept. */
export interface LoadedRoutes {
  readonly name: string;
  readonly hosts: readonly LoadedHost[];
}

export interface LoadedHost {
  readonly name: string;
  readonly domains: readonly string[];
  /** Plain HTTP is redirected to HTTPS. */
  readonly redirects: boolean;
  /** Clusters, and `answer` where Envoy answers itself; each once, sorted. */
  readonly leads: readonly string[];
}

export interface RejectedConfig {
  /** `listener virtualInbound`. */
  readonly what: string;
  /** Envoy's own words. */
  readonly details: string;
  readonly at?: string;
  /** An older version of it is still in use. */
  readonly keepsOld: boolean;
}

export interface LoadedCertificate {
  /** Of the secret: `default` is the workload's own, `ROOTCA` what it trusts. */
  readonly name: string;
  /** URI names, as `spiffe://td/ns/N/sa/S`. */
  readonly identities: readonly string[];
  readonly validFrom?: string;
  readonly validTo?: string;
}
