import type { EnvoyJson, LoadedCertificate } from './envoy-dump.ts';
import type { Seen } from './seen.ts';

/** What one ztunnel holds: its admin endpoint `/config_dump`. Each ztunnel holds all workloads of the mesh, whatever node they are on. */
export interface ZtunnelDump extends Seen, AmbientState {
  readonly kind: 'ztunnel-config-dump';
  /** Of ztunnel, as `1.29.0`. */
  readonly version?: string;
  /** The node that it serves. */
  readonly node?: string;
  /** Pods (`namespace/name`) in whose network it listens; absent: it does not say. */
  readonly served?: ReadonlySet<string>;
  /** Certificates that it holds for its pods: what they say, never the bytes. */
  readonly certificates: readonly LoadedCertificate[];
}

/** What istiod would send to every ztunnel: `/debug/ambientz`. That is the control plane's word, not what runs. */
export interface AmbientIndexDump extends Seen, AmbientState {
  readonly kind: 'istiod-ambientz';
}

export interface AmbientState {
  readonly workloads: readonly AmbientEntry[];
  /** Absent: the dump does not have that part. */
  readonly services?: readonly AmbientService[];
  /** As they stand in the dump: ztunnel and istiod write them differently. Absent: the dump does not have that part. */
  readonly policies?: readonly EnvoyJson[];
}

/** One address as ztunnel knows it: most often a pod. */
export interface AmbientEntry {
  readonly pod: string;
  readonly namespace: string;
  /** Of the controller. */
  readonly workload?: string;
  readonly protocol: 'HBONE' | 'TCP';
  /** It takes HBONE itself, as waypoints and sidecars do: ztunnel decides nothing for it. */
  readonly isNative: boolean;
  readonly hostNetwork: boolean;
  readonly node?: string;
  /** `namespace/name` of the policies that select it. */
  readonly policies: readonly string[];
  readonly waypoint?: AmbientAddress;
}

export interface AmbientService {
  readonly name: string;
  readonly namespace: string;
  readonly hostname: string;
  /** Virtual addresses, without their network. */
  readonly addresses: readonly string[];
  readonly waypoint?: AmbientAddress;
}

/** Of a waypoint: by name or by address, as the version has it. */
export type AmbientAddress = { readonly hostname: string } | { readonly address: string };
