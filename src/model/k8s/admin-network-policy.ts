import { defineKind, type ResourceOf } from '../kind.ts';
import { list, number, object, oneOf, string } from '../shape.ts';
import { adminPort, egressPeer, subject } from './admin-policy-parts.ts';

const action = oneOf('Allow', 'Deny', 'Pass');

/** Decided before NetworkPolicy, in the order of `priority`. Source: network-policy-api apis/v1alpha1/adminnetworkpolicy_types.go. */
export const adminNetworkPolicy = defineKind({
  name: 'AdminNetworkPolicy',
  kind: 'AdminNetworkPolicy',
  group: 'policy.networking.k8s.io',
  versions: ['v1alpha1'],
  scope: 'Cluster',
  decisive: true,
  shape: object(
    {
      priority: number,
      subject,
      ingress: list(
        object(
          { name: string, action, from: list(subject), ports: list(adminPort) },
          { strict: true, required: ['action', 'from'] },
        ),
      ),
      egress: list(
        object(
          { name: string, action, to: list(egressPeer), ports: list(adminPort) },
          { strict: true, required: ['action', 'to'] },
        ),
      ),
    },
    { strict: true, required: ['priority', 'subject'] },
  ),
});

export type AdminNetworkPolicy = ResourceOf<typeof adminNetworkPolicy>;
