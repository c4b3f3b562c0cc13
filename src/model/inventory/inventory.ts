import type { Diagnostic } from '../../result/diagnostic.ts';
import { readIstiodFlags } from '../istiod-flags.ts';
import type { MeshConfig } from '../mesh-config.ts';
import type { Resources } from '../resources.ts';
import { listAssumptions } from './assumptions.ts';
import { findClusters, findSharedIdentities, findUnread } from './clusters.ts';
import { findOpenedPorts } from './gateways/listeners.ts';
import { findTunnelledAddresses } from './gateways/tunnelled-addresses.ts';
import type { Member } from './member.ts';
import { findMembers } from './members.ts';
import { findNamespaces } from './namespaces.ts';
import type { OwnerRule } from './owner.ts';
import { findPodSets } from './pods/pod-sets.ts';
import { readScope } from './scope.ts';
import { findPorts, type ProtocolConflict } from './services/ports.ts';
import { findServices } from './services/services.ts';
import { readSidecarListeners } from './services/sidecar-listeners.ts';
import { type Mesh, namespaceKey, type Principal, type Version, type Workload } from './types.ts';
import { toWorkload } from './workload.ts';

/** What the inventory needs to know that is no object of the input. */
export interface MeshFacts {
  /** By revision; always has `default`. */
  readonly configs: ReadonlyMap<string, MeshConfig>;
  /** The same of each of several clusters whose mesh config is in the input. */
  readonly configsByCluster?: ReadonlyMap<string, ReadonlyMap<string, MeshConfig>>;
  readonly version?: Version;
  /** `scope.complete` of meshproof.yaml; a namespace of its list as `namespace:NAME`. */
  readonly scopeComplete: readonly string[];
  /** It was read off a cluster and is all that is complete. */
  readonly isScopeObserved?: boolean;
  readonly cni: Mesh['cni'];
  readonly owners?: OwnerRule;
  /** Stated by the user: wins over the mesh config. */
  readonly trustDomain?: string;
}

export interface Inventory {
  readonly mesh: Mesh;
  readonly diagnostics: Diagnostic[];
}

/** Works out what exists: namespaces, workloads with data plane and identity, services, gateways, and what that rests on. */
export function buildMesh(resources: Resources, facts: MeshFacts): Inventory {
  const configs = withTrustDomain(facts.configs, facts.trustDomain);
  const config = defaultOf(configs);
  const complete = facts.scopeComplete.includes('all');

  const sets = findPodSets(resources);
  const others = (['Service', 'WorkloadEntry', 'WorkloadGroup', 'KubernetesGateway'] as const).flatMap((kind) =>
    resources.of(kind),
  );
  const namespaces = findNamespaces(resources, [...sets, ...others]);
  const clusters = [...new Set([...namespaces.values()].map(({ cluster }) => cluster))].sort();
  const clusterByName = findClusters(resources, namespaces, {
    names: clusters,
    configs: new Map(
      [...(facts.configsByCluster ?? [])].map(([name, own]) => [name, withTrustDomain(own, facts.trustDomain)]),
    ),
    standard: configs,
  });
  const configOf = (cluster: string, revision: string): MeshConfig => {
    const found = clusterByName.get(cluster);
    return found?.configs.get(revision) ?? found?.config ?? config;
  };
  const flags = readIstiodFlags(resources);
  const found = findMembers(sets, namespaces, { resources, configOf, flags, version: facts.version?.value, complete });
  const services = findServices(
    resources,
    found.members,
    found.gateways.map(({ service }) => service),
  );
  const opened = findOpenedPorts(resources, found.members);
  const listenersOf = readSidecarListeners(resources, config.rootNamespace.value);

  const diagnostics: Diagnostic[] = [...found.diagnostics, ...services.diagnostics];
  const workloads = found.members.map((member) => {
    const { dataPlane, contradiction } = member.decision;
    const { ports, conflicts } = findPorts(member, {
      claims: services.claims.get(member) ?? [],
      opened: opened.get(member) ?? [],
      listeners: dataPlane.kind === 'sidecar' ? listenersOf(member) : undefined,
    });
    diagnostics.push(...conflicts.map((conflict) => describeConflict(member, conflict)));
    if (contradiction) diagnostics.push(describeContradiction(member, contradiction));
    return toWorkload({
      member,
      ports,
      services: [...(services.selecting.get(member) ?? [])].sort(),
      namespace: namespaces.get(namespaceKey(member.cluster, member.namespace)),
      trustDomain: configOf(member.cluster, dataPlane.revision).trustDomain.value,
      owners: facts.owners,
    });
  });

  const scope = facts.isScopeObserved
    ? readScope(facts.scopeComplete, [], [])
    : readScope(facts.scopeComplete, namespaces.values(), workloads);
  const identities = groupBy<Principal, Workload>(workloads, ({ identity }) => (identity ? [identity] : []));
  diagnostics.push(
    ...findUnread(resources, clusterByName),
    ...findSharedIdentities(identities),
    ...findTunnelledAddresses(resources),
  );
  const sortedServices = [...services.services].sort((a, b) => (a.id < b.id ? -1 : 1));
  const mesh: Mesh = {
    resources,
    clusters,
    clusterByName,
    configs,
    config,
    ...(facts.version && { version: facts.version }),
    cni: facts.cni,
    flags,
    namespaces,
    workloads,
    workloadById: new Map(workloads.map((workload) => [workload.id, workload])),
    workloadsByNamespace: groupBy(workloads, ({ cluster, namespace }) => [namespaceKey(cluster, namespace)]),
    services: sortedServices,
    serviceById: new Map(sortedServices.map((service) => [service.id, service])),
    identities,
    scope,
    assumptions: listAssumptions(resources, { config, cni: facts.cni, scope, workloads, clusterByName }),
  };
  return { mesh, diagnostics: diagnostics.sort(byPlace) };
}

function withTrustDomain(configs: MeshFacts['configs'], stated: string | undefined): MeshFacts['configs'] {
  if (stated === undefined) return configs;
  const trustDomain = { value: stated, from: 'config', by: '`mesh.trustDomain` of meshproof.yaml' } as const;
  return new Map([...configs].map(([revision, config]) => [revision, { ...config, trustDomain }]));
}

function defaultOf(configs: MeshFacts['configs']): MeshConfig {
  const config = configs.get('default');
  if (!config) throw new TypeError('the mesh configs lack the revision `default`');
  return config;
}

function describeConflict({ id, resource: { origin } }: Member, { port, claims }: ProtocolConflict): Diagnostic {
  const [first, second] = claims.map(
    ({ source, port: number, protocol }) => `\`${source}\` port ${number} as ${protocol}`,
  );
  return {
    severity: 'warning',
    file: origin.source,
    line: origin.line,
    message: `port ${port} of \`${id}\` is read in two ways, ${first} and ${second}: the older one wins, and the input does not tell which that is`,
    help: 'give both ports one protocol (`appProtocol`, or the start of the name)',
  };
}

function describeContradiction({ id, decision, resource: { origin } }: Member, words: string): Diagnostic {
  return {
    severity: 'warning',
    file: origin.source,
    line: origin.line,
    message: `\`${id}\`: ${words}; what runs counts`,
    help:
      decision.dataPlane.kind === 'none' ? 'restart its pods, or find out why they were not injected or enrolled' : '',
  };
}

const byPlace = (a: Diagnostic, b: Diagnostic): number =>
  compare(a.file, b.file) || a.line - b.line || compare(a.message, b.message);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function groupBy<K, T>(items: readonly T[], keysOf: (item: T) => readonly K[]): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    for (const key of keysOf(item)) {
      const group = groups.get(key);
      if (group) group.push(item);
      else groups.set(key, [item]);
    }
  }
  return groups;
}
