import { defineKind, type ResourceOf } from '../kind.ts';
import { list, object, string } from '../shape.ts';

/** Lets objects of other namespaces refer to objects of its own. */
export const referenceGrant = defineKind({
  name: 'ReferenceGrant',
  kind: 'ReferenceGrant',
  group: 'gateway.networking.k8s.io',
  scope: 'Namespaced',
  shape: object({
    from: list(object({ group: string, kind: string, namespace: string })),
    to: list(object({ group: string, kind: string, name: string })),
  }),
});

export type ReferenceGrant = ResourceOf<typeof referenceGrant>;
