import { defineKind, type ResourceOf } from '../kind.ts';
import { list, object } from '../shape.ts';
import { listener } from './listener.ts';
import { parentReference } from './reference.ts';

/** Adds listeners to a Gateway of, possibly, another namespace, if its `allowedListeners` permit. */
export const listenerSet = defineKind({
  name: 'ListenerSet',
  kind: 'ListenerSet',
  group: 'gateway.networking.k8s.io',
  scope: 'Namespaced',
  shape: object({ parentRef: parentReference, listeners: list(listener) }),
});

export type ListenerSet = ResourceOf<typeof listenerSet>;
