import { defineKind, type ResourceOf } from '../kind.ts';
import { list, object } from '../shape.ts';
import { roleReference, subject } from './rbac.ts';
export const roleBinding = defineKind({
  name: 'RoleBinding',
  kind: 'RoleBinding',
  group: 'rbac.authorization.k8s.io',
  scope: 'Namespaced',
  reads: 'object',
  shape: object({ roleRef: roleReference, subjects: list(subject) }),
});

export type RoleBinding = ResourceOf<typeof roleBinding>;
