import type { NetworkPolicy } from '../../model/k8s/network-policy.ts';
import type { Resource } from '../../model/resource.ts';
import type { Requirement } from '../verdict.ts';
import type { Labels } from '../../model/inventory/label-selection.ts';

export type Transport = 'TCP' | 'UDP' | 'SCTP';

/** The number of a container port by its name and protocol; undefined where the pod has no such port. */
export type NamedPorts = (name: string, transport: Transport) => number | undefined;

/** A pod as NetworkPolicy sees it. */
export interface NetworkPod {
  /** Empty where the input is one cluster. */
  readonly cluster: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly hostNetwork: boolean;
  /** Absent: the pod's ports are not known. */
  readonly namedPorts?: NamedPorts;
  readonly ip?: string;
}

/** The other end of a connection, as the policy of a pod sees it. */
export type NetworkPeer =
  | {
      readonly kind: 'pod';
      readonly cluster: string;
      readonly namespace: string;
      /** Null: the Namespace is not in the input. `kubernetes.io/metadata.name` is known in any case. */
      readonly namespaceLabels: Labels | null;
      readonly podLabels: Labels;
      readonly hostNetwork: boolean;
      readonly ip?: string;
      /** For named ports of egress rules. */
      readonly namedPorts?: NamedPorts;
    }
  /** An address outside the cluster; without `ip` any of them. */
  | { readonly kind: 'external'; readonly ip?: string }
  /** The network of a node; `sameNode` where it is known whether the pod runs there. */
  | { readonly kind: 'node'; readonly ip?: string; readonly sameNode?: boolean };

export interface NetworkDecision {
  readonly direction: 'ingress' | 'egress';
  readonly outcome: 'allow' | 'deny' | 'unknown';
  /** The policy, and of an `allow` the rule, that decided; null when nothing isolates the pod and no administrator's rule matches. */
  readonly by: { readonly policy: Resource; readonly rule?: number } | null;
  /** NetworkPolicies that isolate the pod in this direction, where they were asked. */
  readonly isolatedBy: readonly NetworkPolicy[];
  /** What an `allow` needs of the caller: an address in some range. */
  readonly requires: readonly Requirement[];
  readonly assumes: readonly string[];
  /** One sentence. */
  readonly reason: string;
}
