import { defineKind, type ResourceOf } from '../kind.ts';
import { type Infer, map, number, object, string, text } from '../shape.ts';

/** A WorkloadEntry's spec, an endpoint of a ServiceEntry, the template of a WorkloadGroup. */
export const workloadEntrySpec = object(
  {
    address: string,
    ports: map(number),
    labels: map(text),
    network: string,
    locality: string,
    weight: number,
    serviceAccount: string,
  },
  { strict: true },
);

export const workloadEntry = defineKind({
  name: 'WorkloadEntry',
  kind: 'WorkloadEntry',
  group: 'networking.istio.io',
  scope: 'Namespaced',
  shape: workloadEntrySpec,
});

export type WorkloadEntry = ResourceOf<typeof workloadEntry>;
export type WorkloadEntrySpec = Infer<typeof workloadEntrySpec>;
