import { defineKind, type ResourceOf } from '../kind.ts';
import { any, boolean, list, map, object, string, text } from '../shape.ts';
import { installValues } from './install-values.ts';

const gateways = list(object({ name: string, namespace: string, enabled: boolean, label: map(text) }));
const component = object({ enabled: boolean });

/** The input of `istioctl install`: intent, which the ConfigMap of istiod overrules. */
export const istioOperator = defineKind({
  name: 'IstioOperator',
  kind: 'IstioOperator',
  group: 'install.istio.io',
  scope: 'Namespaced',
  shape: object({
    profile: string,
    hub: string,
    tag: any,
    revision: string,
    namespace: string,
    meshConfig: any,
    values: installValues,
    components: object({
      pilot: component,
      cni: component,
      ztunnel: component,
      ingressGateways: gateways,
      egressGateways: gateways,
    }),
  }),
});

export type IstioOperator = ResourceOf<typeof istioOperator>;
