import { type Infer, list, map, number, object, string, text } from '../shape.ts';
import { labelSelector } from '../k8s/label-selector.ts';
import { secretReference } from './reference.ts';

const routeNamespaces = object({ from: string, selector: labelSelector });

/** A listener of a Gateway or ListenerSet. */
export const listener = object({
  name: string,
  hostname: string,
  port: number,
  protocol: string,
  tls: object({
    mode: string,
    certificateRefs: list(secretReference),
    /** `gateway.istio.io/tls-terminate-mode` among them. */
    options: map(text),
    frontendValidation: object({ caCertificateRefs: list(secretReference), mode: string }),
  }),
  allowedRoutes: object({ namespaces: routeNamespaces, kinds: list(object({ group: string, kind: string })) }),
});

export { routeNamespaces };
export type GatewayListener = Infer<typeof listener>;
