import { parseYamlValue } from '../collect/yaml/parse-value.ts';
import { decodeObjects } from '../model/decode.ts';
import { buildMesh, type Inventory, type MeshFacts } from '../model/inventory/inventory.ts';
import type { Mesh, Version } from '../model/inventory/types.ts';
import { KINDS } from '../model/kinds.ts';
import { readIstioVersion } from '../model/read-istio-version.ts';
import type { ParseYaml } from '../model/mesh-config-layers.ts';
import { readMeshConfigs } from '../model/read-mesh-config.ts';
import type { RawObject } from '../model/resource.ts';
import type { Resources } from '../model/resources.ts';
import type { Diagnostic } from '../result/diagnostic.ts';

/** What the input does not show and the user said (design §3, `mesh:`). */
export interface StatedFacts {
  readonly defaultNamespace?: string;
  readonly complete?: readonly string[];
  /** `complete` says what could be read of a cluster: nothing is complete for being in the input. */
  readonly isScopeObserved?: boolean;
  readonly trustDomain?: string;
  readonly istioVersion?: string;
  /** By what proxies say of themselves: counts where neither the user nor the manifests tell. */
  readonly seenVersion?: Version;
  readonly cni?: Mesh['cni'];
  readonly owners?: { readonly label?: string; readonly annotation?: string };
}

export interface LoadedMesh {
  readonly mesh: Mesh;
  readonly diagnostics: readonly Diagnostic[];
  /** The inventory of other objects under the same stated facts; a changed mesh config or version counts. */
  readonly rebuild: (resources: Resources) => Mesh;
}

/** Raw objects to the inventory: decode, find the mesh config and version, then work out what exists. */
export function loadMesh(objects: Iterable<RawObject>, facts: StatedFacts = {}): LoadedMesh {
  const { defaultNamespace } = facts;
  const decoded = decodeObjects(objects, defaultNamespace === undefined ? {} : { defaultNamespace });
  const parse = remember(parseYamlValue);
  const { mesh, diagnostics } = build(decoded.resources, facts, parse);
  return {
    mesh,
    diagnostics: [...decoded.diagnostics, ...diagnostics],
    rebuild: (resources) => build(resources, facts, parse).mesh,
  };
}

/** An inventory is made again and again, and what stands in its ConfigMaps mostly stays. */
function remember(parse: ParseYaml): ParseYaml {
  const known = new Map<string, unknown>();
  return (text) => {
    if (!known.has(text)) known.set(text, parse(text));
    return known.get(text);
  };
}

/** Finds the mesh config and version, then works out what exists. */
function build(resources: Resources, facts: StatedFacts, parse: ParseYaml): Inventory {
  const { trustDomain, istioVersion } = facts;
  const { configs, configsByCluster, diagnostics } = readConfigs(resources, parse);
  const version =
    istioVersion === undefined
      ? (readIstioVersion(resources) ?? facts.seenVersion)
      : { value: istioVersion, by: 'meshproof.yaml' };
  const built = buildMesh(resources, {
    configs,
    ...(configsByCluster ? { configsByCluster } : {}),
    scopeComplete: facts.complete ?? [],
    isScopeObserved: facts.isScopeObserved ?? false,
    cni: facts.cni ?? 'enforces-network-policy',
    ...(version ? { version } : {}),
    ...(facts.owners ? { owners: facts.owners } : {}),
    ...(trustDomain === undefined ? {} : { trustDomain }),
  });
  return { mesh: built.mesh, diagnostics: [...diagnostics, ...built.diagnostics] };
}

/** The mesh config of each cluster; where there is one cluster, of all that is there. */
function readConfigs(
  resources: Resources,
  parse: ParseYaml,
): Pick<MeshFacts, 'configs' | 'configsByCluster'> & {
  readonly diagnostics: readonly Diagnostic[];
} {
  const found = new Set<string>();
  for (const { name } of KINDS) for (const { cluster } of resources.of(name)) found.add(cluster);
  const clusters = [...found].sort();
  if (clusters.length < 2) return readMeshConfigs(resources, parse);
  const read = clusters.map((cluster) => [cluster, readMeshConfigs(resources, parse, cluster)] as const);
  const written = read.filter(([, { isWritten }]) => isWritten);
  const [, first] = written[0] ?? read[0] ?? [];
  return {
    configs: first?.configs ?? new Map(),
    configsByCluster: new Map(written.map(([cluster, { configs }]) => [cluster, configs])),
    diagnostics: read.flatMap(([, { diagnostics }]) => diagnostics),
  };
}
