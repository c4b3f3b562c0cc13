import { defineKind, type ResourceOf } from '../kind.ts';
import { boolean, number, object } from '../shape.ts';
import { podTemplate } from './pod-template.ts';
export const jobSpec = object({ parallelism: number, completions: number, suspend: boolean, template: podTemplate });

export const job = defineKind({
  name: 'Job',
  kind: 'Job',
  group: 'batch',
  scope: 'Namespaced',
  shape: jobSpec,
});

export type Job = ResourceOf<typeof job>;
