import { defineKind, type ResourceOf } from '../kind.ts';
import { list, object, oneOf, string } from '../shape.ts';
import { adminPort, egressPeer, subject } from './admin-policy-parts.ts';

const action = oneOf('Allow', 'Deny');

/**
 * Decides for pods that no NetworkPolicy isolates. The API server takes one of them, named `default`.
 * Source: network-policy-api apis/v1alpha1/baselineadminnetworkpolicy_types.go.
 */
export const baselineAdminNetworkPolicy = defineKind({
  name: 'BaselineAdminNetworkPolicy',
  kind: 'BaselineAdminNetworkPolicy',
  group: 'policy.networking.k8s.io',
  versions: ['v1alpha1'],
  scope: 'Cluster',
  decisive: true,
  onlyName: 'default',
  shape: object(
    {
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
    { strict: true, required: ['subject'] },
  ),
});

export type BaselineAdminNetworkPolicy = ResourceOf<typeof baselineAdminNetworkPolicy>;
