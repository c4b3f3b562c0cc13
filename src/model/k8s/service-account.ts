import { defineKind, type ResourceOf } from '../kind.ts';
import { boolean, object } from '../shape.ts';
/** Annotations carry cloud roles; names of Secrets are not read. */
export const serviceAccount = defineKind({
  name: 'ServiceAccount',
  kind: 'ServiceAccount',
  group: '',
  scope: 'Namespaced',
  reads: 'object',
  shape: object({ automountServiceAccountToken: boolean }),
});

export type ServiceAccount = ResourceOf<typeof serviceAccount>;
