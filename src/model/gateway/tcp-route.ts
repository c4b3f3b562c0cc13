import { defineKind, type ResourceOf } from '../kind.ts';
import { list, object, string } from '../shape.ts';
import { backendReference, parentReference } from './reference.ts';

export const tcpRoute = defineKind({
  name: 'TCPRoute',
  kind: 'TCPRoute',
  group: 'gateway.networking.k8s.io',
  scope: 'Namespaced',
  shape: object({
    parentRefs: list(parentReference),
    rules: list(object({ name: string, backendRefs: list(backendReference) })),
  }),
});

export type TCPRoute = ResourceOf<typeof tcpRoute>;
