import type { Location } from '../result/location.ts';

/** A value in force and where it comes from: an object, or Istio's own default. */
export interface Setting<T> {
  readonly value: T;
  readonly from: 'default' | 'object' | 'config';
  /** The object, as `ConfigMap istio-system/istio`, or why the default holds. */
  readonly by: string;
  readonly location?: Location;
}

/** `by` of every setting where nothing in the input configures the mesh. */
export const NO_MESH_CONFIG = 'Istio default, no mesh config in the input';

export type PathNormalization = 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES';

export interface ExtensionProvider {
  readonly name: string;
  /** `http` and `grpc` are external authorizers; anything else cannot be used by CUSTOM. */
  readonly kind: 'ext-authz-http' | 'ext-authz-grpc' | 'other';
  readonly service?: string;
  readonly port?: number;
  readonly failOpen: boolean;
  /** Why istiod cannot use the authorizer; policies that name it refuse what they match. */
  readonly problem?: string;
}

/** The mesh config of one revision (reference/istio-semantics.md §10). */
export interface MeshConfig {
  /** `default` for the unnamed revision. */
  readonly revision: string;
  readonly rootNamespace: Setting<string>;
  readonly trustDomain: Setting<string>;
  readonly trustDomainAliases: Setting<readonly string[]>;
  /** `caCertificates`: roots beside the mesh's own, with the trust domains that each is of. */
  readonly caCertificates: Setting<readonly { readonly trustDomains: readonly string[] }[]>;
  /** The networks of `meshNetworks` by the clusters (registries) whose endpoints are in them. */
  readonly meshNetworks: Setting<ReadonlyMap<string, string>>;
  readonly enableAutoMtls: Setting<boolean>;
  readonly outboundTrafficPolicy: Setting<'ALLOW_ANY' | 'REGISTRY_ONLY' | 'ALLOW_ANY_DYNAMIC_DNS'>;
  readonly pathNormalization: Setting<PathNormalization>;
  readonly extensionProviders: Setting<readonly ExtensionProvider[]>;
  readonly accessLogFile: Setting<string>;
  readonly ingressClass: Setting<string>;
  readonly ingressControllerMode: Setting<'OFF' | 'DEFAULT' | 'STRICT'>;
  /** `defaultConfig.gatewayTopology.numTrustedProxies`. */
  readonly numTrustedProxies: Setting<number>;
  /** `defaultConfig.gatewayTopology.forwardClientCertDetails`: what gateways make of `X-Forwarded-Client-Cert`. */
  readonly forwardClientCertDetails: Setting<
    'SANITIZE' | 'FORWARD_ONLY' | 'APPEND_FORWARD' | 'SANITIZE_SET' | 'ALWAYS_FORWARD_ONLY'
  >;
  /** `defaultConfig.interceptionMode`. */
  readonly interceptionMode: Setting<'REDIRECT' | 'TPROXY' | 'NONE'>;
  /** `serviceSettings`: hosts whose endpoints are those of the client's own cluster. */
  readonly clusterLocal: Setting<readonly { readonly hosts: readonly string[]; readonly isLocal: boolean }[]>;
  readonly discoverySelectors: Setting<readonly unknown[]>;
  /** `defaultConfig.proxyMetadata`. */
  readonly proxyMetadata: Setting<Readonly<Record<string, string>>>;
  readonly defaultExportTo: Setting<{
    readonly service: readonly string[];
    readonly virtualService: readonly string[];
    readonly destinationRule: readonly string[];
  }>;
}
