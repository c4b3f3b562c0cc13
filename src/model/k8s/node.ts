import { defineKind, type ResourceOf } from '../kind.ts';
import { boolean, list, object, string } from '../shape.ts';
export const node = defineKind({
  name: 'Node',
  kind: 'Node',
  group: '',
  scope: 'Cluster',
  keepsStatus: true,
  shape: object({
    podCIDR: string,
    podCIDRs: list(string),
    providerID: string,
    unschedulable: boolean,
    taints: list(object({ key: string, value: string, effect: string })),
  }),
});

export type Node = ResourceOf<typeof node>;
