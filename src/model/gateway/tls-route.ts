import { defineKind, type ResourceOf } from '../kind.ts';
import { list, object, string } from '../shape.ts';
import { backendReference, parentReference } from './reference.ts';

export const tlsRoute = defineKind({
  name: 'TLSRoute',
  kind: 'TLSRoute',
  group: 'gateway.networking.k8s.io',
  scope: 'Namespaced',
  shape: object({
    parentRefs: list(parentReference),
    hostnames: list(string),
    rules: list(object({ name: string, backendRefs: list(backendReference) })),
  }),
});

export type TLSRoute = ResourceOf<typeof tlsRoute>;
