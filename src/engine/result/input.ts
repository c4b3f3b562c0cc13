import type { Collected } from '../../collect/collect.ts';
import type { Facts } from '../../graph/facts.ts';
import type { MeshConfig, Setting } from '../../model/mesh-config.ts';
import type { AuditResult } from '../../result/types.ts';

/** Where the input came from. */
export type Provenance = Pick<Collected, 'sources' | 'skippedKinds'>;

/** What was read, what it is complete for, and the mesh config in force. */
export function inputResult(facts: Facts, collected: Provenance): AuditResult['input'] {
  const { mesh } = facts;
  const counts = new Map(Object.entries(mesh.resources.counts));
  for (const [kind, count] of Object.entries(collected.skippedKinds)) counts.set(kind, (counts.get(kind) ?? 0) + count);
  return {
    sources: collected.sources.map(({ name, kind, documents, sha256 }) => ({ name, kind, documents, sha256 })),
    counts: Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    scope: { complete: [...mesh.scope.complete].sort(), namespaces: [...mesh.scope.namespaces].sort() },
    ...(mesh.version ? { istioVersion: { value: mesh.version.value, by: mesh.version.by } } : {}),
    meshConfig: [...mesh.configs.values()].flatMap((config) => settings(config, mesh.configs.size > 1)),
    assumptions: mesh.assumptions,
  };
}

const SHOWN = [
  'rootNamespace',
  'trustDomain',
  'trustDomainAliases',
  'caCertificates',
  'meshNetworks',
  'enableAutoMtls',
  'outboundTrafficPolicy',
  'pathNormalization',
  'extensionProviders',
  'accessLogFile',
  'numTrustedProxies',
  'forwardClientCertDetails',
] as const satisfies readonly (keyof MeshConfig)[];

function settings(config: MeshConfig, named: boolean): AuditResult['input']['meshConfig'] {
  return SHOWN.map((field) => {
    const setting: Setting<unknown> = config[field];
    return {
      field: named ? `${config.revision}: ${field}` : field,
      value: shown(config, field),
      from: setting.from === 'default' ? `default (${setting.by})` : setting.by,
      ...(setting.location ? { location: setting.location } : {}),
    };
  });
}

function shown(config: MeshConfig, field: (typeof SHOWN)[number]): string {
  switch (field) {
    case 'extensionProviders':
      return providers(config);
    case 'meshNetworks':
      return JSON.stringify(Object.fromEntries(config.meshNetworks.value));
    default:
      return JSON.stringify(config[field].value);
  }
}

const providers = ({ extensionProviders }: MeshConfig): string =>
  extensionProviders.value
    .map(({ name, kind, failOpen }) => `${name} (${kind}${failOpen ? ', fails open' : ''})`)
    .join(', ') || 'none';
