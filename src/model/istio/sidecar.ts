import { defineKind, type ResourceOf } from '../kind.ts';
import { ignored, type Infer, list, map, object, oneOf, string, text } from '../shape.ts';
import { destination } from './destination.ts';
import { serverPort } from './port.ts';
import { serverTls } from './server-tls.ts';

const strict = { strict: true } as const;
const captureMode = oneOf('DEFAULT', 'IPTABLES', 'NONE');

const ingressListener = object(
  { port: serverPort, bind: string, captureMode, defaultEndpoint: string, tls: serverTls, connectionPool: ignored },
  strict,
);

const egressListener = object({ port: serverPort, bind: string, captureMode, hosts: list(string) }, strict);

/** What a proxy is told about: visibility and listeners, not access. */
export const sidecar = defineKind({
  name: 'Sidecar',
  kind: 'Sidecar',
  group: 'networking.istio.io',
  scope: 'Namespaced',
  shape: object(
    {
      workloadSelector: object({ labels: map(text) }, strict),
      ingress: list(ingressListener),
      egress: list(egressListener),
      outboundTrafficPolicy: object({ mode: oneOf('REGISTRY_ONLY', 'ALLOW_ANY'), egressProxy: destination }, strict),
      inboundConnectionPool: ignored,
    },
    strict,
  ),
});

export type Sidecar = ResourceOf<typeof sidecar>;
export type SidecarIngressListener = Infer<typeof ingressListener>;
export type SidecarEgressListener = Infer<typeof egressListener>;
