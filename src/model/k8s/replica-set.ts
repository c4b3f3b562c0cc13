import { defineKind, type ResourceOf } from '../kind.ts';
import { number, object } from '../shape.ts';
import { labelSelector } from './label-selector.ts';
import { podTemplate } from './pod-template.ts';
export const replicaSet = defineKind({
  name: 'ReplicaSet',
  kind: 'ReplicaSet',
  group: 'apps',
  scope: 'Namespaced',
  shape: object({ replicas: number, selector: labelSelector, template: podTemplate }),
});

export type ReplicaSet = ResourceOf<typeof replicaSet>;
