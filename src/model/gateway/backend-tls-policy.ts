import { defineKind, type ResourceOf } from '../kind.ts';
import { list, object, string } from '../shape.ts';
import { secretReference } from './reference.ts';

/** TLS from gateways to a backend: Istio turns it into a DestinationRule of mode SIMPLE. */
export const backendTlsPolicy = defineKind({
  name: 'BackendTLSPolicy',
  kind: 'BackendTLSPolicy',
  group: 'gateway.networking.k8s.io',
  scope: 'Namespaced',
  shape: object({
    targetRefs: list(object({ group: string, kind: string, name: string, sectionName: string })),
    validation: object({
      hostname: string,
      wellKnownCACertificates: string,
      caCertificateRefs: list(secretReference),
      subjectAltNames: list(object({ type: string, hostname: string, uri: string })),
    }),
  }),
});

export type BackendTLSPolicy = ResourceOf<typeof backendTlsPolicy>;
