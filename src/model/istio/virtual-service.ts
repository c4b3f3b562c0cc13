import { defineKind, type ResourceOf } from '../kind.ts';
import { type Infer, list, map, number, object, string, text } from '../shape.ts';
import { destination } from './destination.ts';
import { httpRoute } from './http-route.ts';

const strings = list(string);
const strict = { strict: true } as const;
const routes = list(object({ destination, weight: number }, strict));

const tlsMatch = object(
  {
    sniHosts: strings,
    destinationSubnets: strings,
    port: number,
    sourceLabels: map(text),
    gateways: strings,
    sourceNamespace: string,
  },
  strict,
);

const tcpMatch = object(
  {
    destinationSubnets: strings,
    port: number,
    sourceSubnet: string,
    sourceLabels: map(text),
    gateways: strings,
    sourceNamespace: string,
  },
  strict,
);

const tlsRoute = object({ match: list(tlsMatch), route: routes }, strict);
const tcpRoute = object({ match: list(tcpMatch), route: routes }, strict);

/** Without `gateways` it is for sidecars (`mesh`) only. */
export const virtualService = defineKind({
  name: 'VirtualService',
  kind: 'VirtualService',
  group: 'networking.istio.io',
  scope: 'Namespaced',
  shape: object(
    {
      hosts: strings,
      gateways: strings,
      http: list(httpRoute),
      tls: list(tlsRoute),
      tcp: list(tcpRoute),
      exportTo: strings,
    },
    strict,
  ),
});

export type VirtualService = ResourceOf<typeof virtualService>;
export type VirtualServiceTlsRoute = Infer<typeof tlsRoute>;
export type VirtualServiceTcpRoute = Infer<typeof tcpRoute>;
