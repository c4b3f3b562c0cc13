import { defineKind, type ResourceOf } from '../kind.ts';
import { list, object } from '../shape.ts';
import { roleReference, subject } from './rbac.ts';
export const clusterRoleBinding = defineKind({
  name: 'ClusterRoleBinding',
  kind: 'ClusterRoleBinding',
  group: 'rbac.authorization.k8s.io',
  scope: 'Cluster',
  reads: 'object',
  shape: object({ roleRef: roleReference, subjects: list(subject) }),
});

export type ClusterRoleBinding = ResourceOf<typeof clusterRoleBinding>;
