import { any, boolean, type Infer, intOrString, list, map, number, object, oneOf, string, text } from './shape.ts';

const names = list(string);
const service = object({
  service: string,
  // Protobuf's JSON takes numbers as text too.
  port: intOrString,
  failOpen: boolean,
  statusOnError: string,
  pathPrefix: string,
  includeHeadersInCheck: names,
  includeRequestHeadersInCheck: names,
  headersToDownstreamOnDeny: names,
  headersToDownstreamOnAllow: names,
  headersToUpstreamOnAllow: names,
});

/** What the audit reads of `meshConfig`: the YAML in the ConfigMap, and the same object in IstioOperator and Helm values. */
export const meshConfigShape = object({
  rootNamespace: string,
  trustDomain: string,
  trustDomainAliases: list(string),
  // Public certificates; who they are of is all that is asked.
  caCertificates: list(object({ trustDomains: list(string) })),
  // From beside the mesh config in the ConfigMap.
  meshNetworks: object({ networks: map(object({ endpoints: list(object({ fromRegistry: string })) })) }),
  enableAutoMtls: boolean,
  outboundTrafficPolicy: object({ mode: oneOf('ALLOW_ANY', 'REGISTRY_ONLY', 'ALLOW_ANY_DYNAMIC_DNS') }),
  pathNormalization: object({
    normalization: oneOf('DEFAULT', 'NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'),
  }),
  extensionProviders: list(object({ name: string, envoyExtAuthzHttp: service, envoyExtAuthzGrpc: service })),
  accessLogFile: string,
  ingressClass: string,
  ingressControllerMode: oneOf('UNSPECIFIED', 'OFF', 'DEFAULT', 'STRICT'),
  defaultConfig: object({
    gatewayTopology: object({
      numTrustedProxies: number,
      forwardClientCertDetails: oneOf(
        'UNDEFINED',
        'SANITIZE',
        'FORWARD_ONLY',
        'APPEND_FORWARD',
        'SANITIZE_SET',
        'ALWAYS_FORWARD_ONLY',
      ),
    }),
    interceptionMode: oneOf('REDIRECT', 'TPROXY', 'NONE'),
    proxyMetadata: map(text),
  }),
  serviceSettings: list(object({ settings: object({ clusterLocal: boolean }), hosts: list(string) })),
  discoverySelectors: list(any),
  defaultServiceExportTo: list(string),
  defaultVirtualServiceExportTo: list(string),
  defaultDestinationRuleExportTo: list(string),
});

export type WrittenMeshConfig = Infer<typeof meshConfigShape>;
