import { defineKind, type ResourceOf } from '../kind.ts';
import { object, string } from '../shape.ts';
import { installValues } from './install-values.ts';

/** The `Istio` of the Sail operator: intent, which the ConfigMap of istiod overrules. */
export const sailIstio = defineKind({
  name: 'SailIstio',
  kind: 'Istio',
  group: 'sailoperator.io',
  scope: 'Cluster',
  keepsStatus: true,
  shape: object({
    version: string,
    namespace: string,
    profile: string,
    updateStrategy: object({ type: string }),
    values: installValues,
  }),
});

export type SailIstio = ResourceOf<typeof sailIstio>;
