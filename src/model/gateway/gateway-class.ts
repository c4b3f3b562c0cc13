import { defineKind, type ResourceOf } from '../kind.ts';
import { object, string } from '../shape.ts';

export const gatewayClass = defineKind({
  name: 'GatewayClass',
  kind: 'GatewayClass',
  group: 'gateway.networking.k8s.io',
  scope: 'Cluster',
  shape: object({
    controllerName: string,
    parametersRef: object({ group: string, kind: string, namespace: string, name: string }),
  }),
});

export type GatewayClass = ResourceOf<typeof gatewayClass>;
