import { defineKind, type ResourceOf } from '../kind.ts';
import { ignored, map, object, text } from '../shape.ts';
import { workloadEntrySpec } from './workload-entry.ts';

const strict = { strict: true } as const;

export const workloadGroup = defineKind({
  name: 'WorkloadGroup',
  kind: 'WorkloadGroup',
  group: 'networking.istio.io',
  scope: 'Namespaced',
  shape: object(
    {
      metadata: object({ labels: map(text), annotations: map(text) }, strict),
      template: workloadEntrySpec,
      probe: ignored,
    },
    strict,
  ),
});

export type WorkloadGroup = ResourceOf<typeof workloadGroup>;
