import { defineKind, type ResourceOf } from '../kind.ts';
import { list, object } from '../shape.ts';
import { labelSelector } from './label-selector.ts';
import { policyRule } from './rbac.ts';
export const clusterRole = defineKind({
  name: 'ClusterRole',
  kind: 'ClusterRole',
  group: 'rbac.authorization.k8s.io',
  scope: 'Cluster',
  reads: 'object',
  shape: object({
    rules: list(policyRule),
    /** Rules of all ClusterRoles that one of these selects are added. */
    aggregationRule: object({ clusterRoleSelectors: list(labelSelector) }),
  }),
});

export type ClusterRole = ResourceOf<typeof clusterRole>;
