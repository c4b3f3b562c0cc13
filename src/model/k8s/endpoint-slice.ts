import { defineKind, type ResourceOf } from '../kind.ts';
import { boolean, list, number, object, string } from '../shape.ts';
/** Belongs to the Service that its label `kubernetes.io/service-name` names. */
export const endpointSlice = defineKind({
  name: 'EndpointSlice',
  kind: 'EndpointSlice',
  group: 'discovery.k8s.io',
  scope: 'Namespaced',
  reads: 'object',
  shape: object({
    addressType: string,
    endpoints: list(
      object({
        addresses: list(string),
        conditions: object({ ready: boolean, serving: boolean, terminating: boolean }),
        hostname: string,
        nodeName: string,
        targetRef: object({ kind: string, namespace: string, name: string }),
      }),
    ),
    ports: list(object({ name: string, port: number, protocol: string, appProtocol: string })),
  }),
});

export type EndpointSlice = ResourceOf<typeof endpointSlice>;
