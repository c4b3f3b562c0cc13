import { defineKind, type ResourceOf } from '../kind.ts';
import { list, map, number, object, string, text } from '../shape.ts';
import { listener, routeNamespaces } from './listener.ts';
import { secretReference } from './reference.ts';

const validation = object({ caCertificateRefs: list(secretReference), mode: string });

/** The Gateway of the Kubernetes Gateway API; also a managed waypoint (class `istio-waypoint`). */
export const kubernetesGateway = defineKind({
  name: 'KubernetesGateway',
  kind: 'Gateway',
  group: 'gateway.networking.k8s.io',
  scope: 'Namespaced',
  keepsStatus: true,
  shape: object({
    gatewayClassName: string,
    listeners: list(listener),
    addresses: list(object({ type: string, value: string })),
    infrastructure: object({
      labels: map(text),
      annotations: map(text),
      parametersRef: object({ group: string, kind: string, name: string }),
    }),
    allowedListeners: object({ namespaces: routeNamespaces }),
    tls: object({
      frontend: object({
        default: object({ validation }),
        perPort: list(object({ port: number, tls: object({ validation }) })),
      }),
    }),
  }),
});

export type KubernetesGateway = ResourceOf<typeof kubernetesGateway>;
