import { defineKind, type ResourceOf } from '../kind.ts';
import { type Infer, list, number, object, oneOf, string } from '../shape.ts';
import { egressPeer, subject } from './admin-policy-parts.ts';

const action = oneOf('Accept', 'Deny', 'Pass');

const portMatch = object(
  {
    destinationPort: object(
      { number, range: object({ start: number, end: number }, { strict: true, required: ['start', 'end'] }) },
      { strict: true },
    ),
  },
  { strict: true },
);

/** Exactly one of the fields. */
const protocol = object(
  { tcp: portMatch, udp: portMatch, sctp: portMatch, destinationNamedPort: string },
  { strict: true },
);

/** What became of AdminNetworkPolicy and its baseline. Source: network-policy-api apis/v1alpha2/clusternetworkpolicy_types.go. */
export const clusterNetworkPolicy = defineKind({
  name: 'ClusterNetworkPolicy',
  kind: 'ClusterNetworkPolicy',
  group: 'policy.networking.k8s.io',
  versions: ['v1alpha2', 'v1beta1'],
  scope: 'Cluster',
  decisive: true,
  shape: object(
    {
      tier: oneOf('Admin', 'Baseline'),
      priority: number,
      subject,
      ingress: list(
        object(
          { name: string, action, from: list(subject), protocols: list(protocol) },
          { strict: true, required: ['action', 'from'] },
        ),
      ),
      egress: list(
        object(
          { name: string, action, to: list(egressPeer), protocols: list(protocol) },
          { strict: true, required: ['action', 'to'] },
        ),
      ),
    },
    { strict: true, required: ['tier', 'priority', 'subject'] },
  ),
});

export type ClusterNetworkPolicy = ResourceOf<typeof clusterNetworkPolicy>;
export type ClusterPolicyProtocol = Infer<typeof protocol>;
