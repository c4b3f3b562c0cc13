import { defineKind, type ResourceOf } from '../kind.ts';
import { podSpec } from './pod-template.ts';
export const pod = defineKind({
  name: 'Pod',
  kind: 'Pod',
  group: '',
  scope: 'Namespaced',
  keepsStatus: true,
  shape: podSpec,
});

export type Pod = ResourceOf<typeof pod>;
