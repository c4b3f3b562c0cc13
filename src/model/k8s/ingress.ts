import { defineKind, type ResourceOf } from '../kind.ts';
import { type Infer, intOrString, list, number, object, string } from '../shape.ts';

const backend = object({
  service: object({ name: string, port: object({ number, name: string }) }),
  resource: object({ apiGroup: string, kind: string, name: string }),
  /** v1beta1. */
  serviceName: string,
  /** v1beta1. */
  servicePort: intOrString,
});

const path = object({ path: string, pathType: string, backend });

/** Any class; which ones are Istio's is decided with the mesh config. */
export const ingress = defineKind({
  name: 'Ingress',
  kind: 'Ingress',
  group: 'networking.k8s.io',
  scope: 'Namespaced',
  keepsStatus: true,
  shape: object({
    ingressClassName: string,
    defaultBackend: backend,
    /** v1beta1 name of `defaultBackend`. */
    backend,
    rules: list(object({ host: string, http: object({ paths: list(path) }) })),
    tls: list(object({ hosts: list(string), secretName: string })),
  }),
});

export type Ingress = ResourceOf<typeof ingress>;
export type IngressBackend = Infer<typeof backend>;
