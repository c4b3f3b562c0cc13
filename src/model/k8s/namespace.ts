import { defineKind, type ResourceOf } from '../kind.ts';
import { object } from '../shape.ts';
/** Labels and annotations are what counts. */
export const namespace = defineKind({
  name: 'Namespace',
  kind: 'Namespace',
  group: '',
  scope: 'Cluster',
  shape: object({}),
});

export type Namespace = ResourceOf<typeof namespace>;
