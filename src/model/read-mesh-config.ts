import type { Diagnostic } from '../result/diagnostic.ts';
import { DiagnosticLog } from './diagnostic-log.ts';
import { type ExtensionProvider, type MeshConfig, NO_MESH_CONFIG, type Setting } from './mesh-config.ts';
import { readProviders } from './read-extension-providers.ts';
import { findMeshConfigLayers, type MeshConfigLayer, type ParseYaml } from './mesh-config-layers.ts';
import type { WrittenMeshConfig } from './mesh-config-shape.ts';
import type { Path } from './resource.ts';
import type { Resources } from './resources.ts';

export interface MeshConfigs {
  /** By revision, sorted; always has `default`. */
  readonly configs: ReadonlyMap<string, MeshConfig>;
  /** Something in the input says what it is. */
  readonly isWritten: boolean;
  readonly diagnostics: Diagnostic[];
}

/**
 * The mesh config in force per revision, each value with its source (reference §10). `parseYaml` reads the text inside the ConfigMap and
 * may throw. `cluster` keeps to the objects of one. Without a configuration of the default revision, `default` is the revision that the tag `default` points to, or the only one.
 */
export function readMeshConfigs(resources: Resources, parseYaml: ParseYaml, cluster?: string): MeshConfigs {
  const log = new DiagnosticLog();
  const layers = findMeshConfigLayers(resources, parseYaml, log, cluster);
  const configs = new Map<string, MeshConfig>();
  for (const revision of [...layers.keys()].toSorted())
    configs.set(revision, resolve(revision, layers.get(revision) ?? []));
  if (!configs.has('default')) {
    const only = configs.size === 1 ? [...configs.keys()][0] : undefined;
    const revision = findDefaultTag(resources, cluster) ?? only;
    configs.set('default', (revision !== undefined && configs.get(revision)) || resolve('default', []));
  }
  return { configs, isWritten: layers.size > 0, diagnostics: log.list() };
}

/** The revision that `istioctl tag set default --revision R` made the default one. */
function findDefaultTag(resources: Resources, wanted: string | undefined): string | undefined {
  const tag = resources
    .of('MutatingWebhookConfiguration')
    .find(
      ({ labels, cluster }) => labels['istio.io/tag'] === 'default' && (wanted === undefined || wanted === cluster),
    );
  return tag?.labels['istio.io/rev'];
}

function resolve(revision: string, layers: readonly MeshConfigLayer[]): MeshConfig {
  const fallback = layers[0] ? `Istio default, ${layers[0].by} does not set it` : NO_MESH_CONFIG;
  const pick = <T>(standard: T, path: Path, get: (written: WrittenMeshConfig) => T | undefined): Setting<T> => {
    for (const layer of layers) {
      const value = get(layer.written);
      if (value !== undefined) return { value, from: 'object', by: layer.by, location: layer.locate(path) };
    }
    return { value: standard, from: 'default', by: fallback };
  };
  /** Lists and maps that istiod adds up over all layers. */
  const collect = <T extends object>(
    empty: T,
    path: Path,
    get: (written: WrittenMeshConfig) => T | undefined,
    join: (strong: T, weak: T) => T,
  ): Setting<T> => {
    const strongest = pick(empty, path, get);
    if (strongest.from === 'default') return strongest;
    let value = strongest.value;
    for (const { written } of layers) value = join(value, get(written) ?? empty);
    return { ...strongest, value };
  };

  return {
    revision,
    rootNamespace: pick('istio-system', ['rootNamespace'], (written) => written.rootNamespace || undefined),
    trustDomain: pick('cluster.local', ['trustDomain'], (written) => written.trustDomain || undefined),
    trustDomainAliases: collect<readonly string[]>(
      [],
      ['trustDomainAliases'],
      (written) => written.trustDomainAliases,
      (strong, weak) => [...new Set([...strong, ...weak])],
    ),
    caCertificates: pick<MeshConfig['caCertificates']['value']>([], ['caCertificates'], (written) =>
      written.caCertificates?.map(({ trustDomains = [] }) => ({ trustDomains })),
    ),
    meshNetworks: pick(NO_NETWORKS, ['meshNetworks'], readNetworks),
    enableAutoMtls: pick(true, ['enableAutoMtls'], (written) => written.enableAutoMtls),
    outboundTrafficPolicy: pick('ALLOW_ANY', ['outboundTrafficPolicy', 'mode'], readOutbound),
    pathNormalization: pick('BASE', ['pathNormalization', 'normalization'], readNormalization),
    extensionProviders: collect<readonly ExtensionProvider[]>(
      [],
      ['extensionProviders'],
      (written) => written.extensionProviders && readProviders(written.extensionProviders),
      (strong, weak) => [...strong, ...weak.filter(({ name }) => !strong.some((provider) => provider.name === name))],
    ),
    accessLogFile: pick('', ['accessLogFile'], (written) => written.accessLogFile),
    ingressClass: pick('istio', ['ingressClass'], (written) => written.ingressClass || undefined),
    ingressControllerMode: pick('STRICT', ['ingressControllerMode'], readControllerMode),
    numTrustedProxies: pick(
      0,
      ['defaultConfig', 'gatewayTopology', 'numTrustedProxies'],
      (written) => written.defaultConfig?.gatewayTopology?.numTrustedProxies,
    ),
    forwardClientCertDetails: pick(
      'SANITIZE_SET',
      ['defaultConfig', 'gatewayTopology', 'forwardClientCertDetails'],
      readCertDetails,
    ),
    interceptionMode: pick(
      'REDIRECT',
      ['defaultConfig', 'interceptionMode'],
      (written) => written.defaultConfig?.interceptionMode,
    ),
    clusterLocal: pick<MeshConfig['clusterLocal']['value']>([], ['serviceSettings'], (written) =>
      written.serviceSettings?.map(({ settings, hosts = [] }) => ({ hosts, isLocal: settings?.clusterLocal === true })),
    ),
    discoverySelectors: pick<readonly unknown[]>([], ['discoverySelectors'], (written) => written.discoverySelectors),
    proxyMetadata: collect<Readonly<Record<string, string>>>(
      {},
      ['defaultConfig', 'proxyMetadata'],
      (written) => written.defaultConfig?.proxyMetadata,
      (strong, weak) => ({ ...weak, ...strong }),
    ),
    defaultExportTo: pick(ALL_EXPORTED, [], readExportTo),
  };
}

const NO_NETWORKS: MeshConfig['meshNetworks']['value'] = new Map();
const EVERYWHERE: readonly string[] = ['*'];
const ALL_EXPORTED: MeshConfig['defaultExportTo']['value'] = {
  service: EVERYWHERE,
  virtualService: EVERYWHERE,
  destinationRule: EVERYWHERE,
};

function readOutbound(written: WrittenMeshConfig): MeshConfig['outboundTrafficPolicy']['value'] | undefined {
  return written.outboundTrafficPolicy?.mode;
}

function readNormalization(written: WrittenMeshConfig): MeshConfig['pathNormalization']['value'] | undefined {
  const normalization = written.pathNormalization?.normalization;
  return normalization === 'DEFAULT' ? 'BASE' : normalization;
}

function readControllerMode(written: WrittenMeshConfig): MeshConfig['ingressControllerMode']['value'] | undefined {
  return written.ingressControllerMode === 'UNSPECIFIED' ? undefined : written.ingressControllerMode;
}

function readCertDetails(written: WrittenMeshConfig): MeshConfig['forwardClientCertDetails']['value'] | undefined {
  const details = written.defaultConfig?.gatewayTopology?.forwardClientCertDetails;
  return details === 'UNDEFINED' ? undefined : details;
}

function readNetworks({ meshNetworks }: WrittenMeshConfig): MeshConfig['meshNetworks']['value'] | undefined {
  if (!meshNetworks) return undefined;
  const entries = Object.entries(meshNetworks.networks ?? {});
  return new Map(
    entries.flatMap(([name, { endpoints = [] }]) =>
      endpoints.flatMap(({ fromRegistry }): readonly [string, string][] =>
        fromRegistry ? [[fromRegistry, name]] : [],
      ),
    ),
  );
}

function readExportTo(written: WrittenMeshConfig): MeshConfig['defaultExportTo']['value'] | undefined {
  const { defaultServiceExportTo, defaultVirtualServiceExportTo, defaultDestinationRuleExportTo } = written;
  if (!defaultServiceExportTo && !defaultVirtualServiceExportTo && !defaultDestinationRuleExportTo) return undefined;
  return {
    service: defaultServiceExportTo ?? EVERYWHERE,
    virtualService: defaultVirtualServiceExportTo ?? EVERYWHERE,
    destinationRule: defaultDestinationRuleExportTo ?? EVERYWHERE,
  };
}
