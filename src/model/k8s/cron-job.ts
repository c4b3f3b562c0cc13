import { defineKind, type ResourceOf } from '../kind.ts';
import { boolean, object, string } from '../shape.ts';
import { jobSpec } from './job.ts';
export const cronJob = defineKind({
  name: 'CronJob',
  kind: 'CronJob',
  group: 'batch',
  scope: 'Namespaced',
  shape: object({ schedule: string, suspend: boolean, jobTemplate: object({ spec: jobSpec }) }),
});

export type CronJob = ResourceOf<typeof cronJob>;
