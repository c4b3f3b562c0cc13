import { defineKind, type ResourceOf } from '../kind.ts';
import { list, object } from '../shape.ts';
import { policyRule } from './rbac.ts';
export const role = defineKind({
  name: 'Role',
  kind: 'Role',
  group: 'rbac.authorization.k8s.io',
  scope: 'Namespaced',
  reads: 'object',
  shape: object({ rules: list(policyRule) }),
});

export type Role = ResourceOf<typeof role>;
