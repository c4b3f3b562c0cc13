import { defineKind, type ResourceOf } from '../kind.ts';
import { boolean, ignored, type Infer, list, map, number, object, oneOf, string, text } from '../shape.ts';
import { portSelector } from './port.ts';
import { workloadSelector } from './selector.ts';

const strict = { strict: true } as const;

const clientTls = object(
  {
    mode: oneOf('DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'),
    clientCertificate: string,
    privateKey: string,
    caCertificates: string,
    credentialName: string,
    subjectAltNames: list(string),
    sni: string,
    insecureSkipVerify: boolean,
    caCrl: string,
  },
  strict,
);

const shared = {
  tls: clientTls,
  loadBalancer: object({ simple: string }),
  connectionPool: ignored,
  outlierDetection: ignored,
};

const trafficPolicy = object(
  {
    ...shared,
    portLevelSettings: list(object({ ...shared, port: portSelector }, strict)),
    tunnel: object({ protocol: string, targetHost: string, targetPort: number }, strict),
    proxyProtocol: ignored,
    retryBudget: ignored,
  },
  strict,
);

const subset = object({ name: string, labels: map(text), trafficPolicy }, strict);

/** What clients do: it decides how they connect, never who may. */
export const destinationRule = defineKind({
  name: 'DestinationRule',
  kind: 'DestinationRule',
  group: 'networking.istio.io',
  scope: 'Namespaced',
  shape: object(
    { host: string, trafficPolicy, subsets: list(subset), exportTo: list(string), workloadSelector },
    strict,
  ),
});

export type DestinationRule = ResourceOf<typeof destinationRule>;
export type TrafficPolicy = Infer<typeof trafficPolicy>;
export type ClientTlsSettings = Infer<typeof clientTls>;
