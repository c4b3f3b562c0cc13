import { defineKind, type ResourceOf } from '../kind.ts';
import { object, string } from '../shape.ts';
export const ingressClass = defineKind({
  name: 'IngressClass',
  kind: 'IngressClass',
  group: 'networking.k8s.io',
  scope: 'Cluster',
  shape: object({ controller: string }),
});

export type IngressClass = ResourceOf<typeof ingressClass>;
