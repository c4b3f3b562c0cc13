import type { Diagnostic } from '../../result/diagnostic.ts';
import type { MeshConfig } from '../mesh-config.ts';
import { KINDS, type KindName } from '../kinds.ts';
import type { KindDefinition } from '../kind.ts';
import type { WorkloadEntry } from '../istio/workload-entry.ts';
import type { Resources } from '../resources.ts';
import { type MeshCluster, type MeshNamespace, namespaceKey, type Principal, type Workload } from './types.ts';

export interface ClusterFacts {
  readonly names: readonly string[];
  /** Of clusters whose mesh config is in the input; others have that of the cluster that configures them. */
  readonly configs: ReadonlyMap<string, ReadonlyMap<string, MeshConfig>>;
  /** Where no cluster says anything else. */
  readonly standard: ReadonlyMap<string, MeshConfig>;
}

const NETWORK = 'topology.istio.io/network';

/**
 * The clusters of the mesh. One without istiod beside one that has it is remote: its proxies are configured from there. Without any istiod in
 * the input, each is taken to have its own. Reference §9.2.
 */
export function findClusters(
  resources: Resources,
  namespaces: ReadonlyMap<string, MeshNamespace>,
  { names, configs, standard }: ClusterFacts,
): ReadonlyMap<string, MeshCluster> {
  const primaries = [...new Set(istiodClusters(resources))].sort();
  const [written] = [...configs.keys()].sort();
  return new Map(
    names.map((name): [string, MeshCluster] => {
      const configCluster = primaries.length === 0 || primaries.includes(name) ? name : (primaries[0] ?? name);
      const own = configs.get(configCluster) ?? configs.get(name);
      const found = own ?? (written === undefined ? undefined : configs.get(written)) ?? standard;
      const config = found.get('default') ?? [...found.values()][0];
      if (!config) throw new TypeError('the mesh configs lack the revision `default`');
      const root = namespaces.get(namespaceKey(name, config.rootNamespace.value));
      const assumes = [
        ...(configCluster !== name && primaries.length > 1
          ? [`istiod of cluster \`${configCluster}\` configures cluster \`${name}\`, which has none in the input`]
          : []),
        ...(!own && written !== undefined
          ? [`cluster \`${name}\` has the mesh config of cluster \`${written}\`: none of its own is in the input`]
          : []),
      ];
      const network = root?.labels[NETWORK] ?? config.meshNetworks.value.get(name) ?? '';
      return [name, { name, configCluster, configs: found, config, network, assumes }];
    }),
  );
}

/** Clusters in which istiod runs. */
function istiodClusters(resources: Resources): readonly string[] {
  return (['Deployment', 'Pod', 'ReplicaSet'] as const).flatMap((kind) =>
    resources
      .of(kind)
      .filter(({ name, labels }) => labels.app === 'istiod' || /^istiod(-|$)/.test(name))
      .map(({ cluster }) => cluster),
  );
}

/** The cluster whose istiod configures the proxies of a cluster. */
export const configClusterOf = (
  { clusterByName }: { readonly clusterByName: ReadonlyMap<string, MeshCluster> },
  cluster: string,
): string => clusterByName.get(cluster)?.configCluster ?? cluster;

/** The network of a workload: what a WorkloadEntry says, or its own label, before that of its cluster. */
export function networkOf(
  clusters: ReadonlyMap<string, MeshCluster>,
  { cluster, labels, resource }: Pick<Workload, 'cluster' | 'labels' | 'resource'>,
): string {
  const stated = resource.kind === 'WorkloadEntry' ? (resource as WorkloadEntry).spec.network : undefined;
  return stated ?? labels[NETWORK] ?? clusters.get(cluster)?.network ?? '';
}

const READ_BY_ISTIOD: readonly KindName[] = KINDS.filter(
  ({ group, name }: KindDefinition) =>
    group.endsWith('.istio.io') && !['IstioOperator', 'WorkloadEntry', 'WorkloadGroup'].includes(name),
).map(({ name }) => name);

/** Objects of a remote cluster that no istiod reads. Reference §9.2. */
export function findUnread(resources: Resources, clusters: ReadonlyMap<string, MeshCluster>): readonly Diagnostic[] {
  const remote = new Map(
    [...clusters.values()].flatMap((each) => (each.configCluster === each.name ? [] : [[each.name, each]])),
  );
  if (remote.size === 0) return [];
  return READ_BY_ISTIOD.flatMap((kind) => resources.of(kind)).flatMap(({ cluster, kind, namespace, name, origin }) => {
    const found = remote.get(cluster);
    if (!found) return [];
    const message = `${kind} \`${cluster}:${namespace}/${name}\` is read by no istiod: that of cluster \`${found.configCluster}\` configures cluster \`${cluster}\``;
    const help = `apply it in cluster \`${found.configCluster}\``;
    return [{ severity: 'warning', file: origin.source, line: origin.line, message, help } as const];
  });
}

/** Identities that workloads of several clusters hold: no policy tells them apart. Reference §9.2. */
export function findSharedIdentities(identities: ReadonlyMap<Principal, readonly Workload[]>): readonly Diagnostic[] {
  return [...identities].flatMap(([identity, holders]) => {
    const clusters = [...new Set(holders.map(({ cluster }) => cluster))].sort();
    const [first] = holders;
    if (!first || clusters.length < 2) return [];
    const named = clusters.map((cluster) => `\`${cluster}\``).join(', ');
    const message = `\`${identity}\` is one identity in clusters ${named}: policies cannot tell its holders apart`;
    const help = 'give each cluster a trust domain, or the workloads different service accounts';
    const { source: file, line } = first.resource.origin;
    return [{ severity: 'info', file, line, message, help } as const];
  });
}
