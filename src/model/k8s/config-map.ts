import { defineKind, type ResourceOf } from '../kind.ts';
import { object, string } from '../shape.ts';

/**
 * Only those that istiod and its injector read: `istio`, `istio-<revision>`, `istio-sidecar-injector[-<revision>]`. Of their data, the mesh
 * config, the mesh networks and the injector's settings; everything else may be anything.
 */
export const configMap = defineKind({
  name: 'ConfigMap',
  kind: 'ConfigMap',
  group: '',
  scope: 'Namespaced',
  reads: 'object',
  wanted: ({ name }) => (name === 'istio' || name.startsWith('istio-')) && name !== 'istio-ca-root-cert',
  shape: object({ data: object({ mesh: string, meshNetworks: string, config: string, values: string }) }),
});

export type ConfigMap = ResourceOf<typeof configMap>;
