import { defineKind, type ResourceOf } from '../kind.ts';
import { number, object, string } from '../shape.ts';
import { labelSelector } from './label-selector.ts';
import { podTemplate } from './pod-template.ts';
export const statefulSet = defineKind({
  name: 'StatefulSet',
  kind: 'StatefulSet',
  group: 'apps',
  scope: 'Namespaced',
  shape: object({ replicas: number, serviceName: string, selector: labelSelector, template: podTemplate }),
});

export type StatefulSet = ResourceOf<typeof statefulSet>;
