import { defineKind, type ResourceOf } from '../kind.ts';
import { object } from '../shape.ts';
import { labelSelector } from './label-selector.ts';
import { podTemplate } from './pod-template.ts';
export const daemonSet = defineKind({
  name: 'DaemonSet',
  kind: 'DaemonSet',
  group: 'apps',
  scope: 'Namespaced',
  shape: object({ selector: labelSelector, template: podTemplate }),
});

export type DaemonSet = ResourceOf<typeof daemonSet>;
