import type { AuthorizationPolicy } from '../model/istio/authorization-policy.ts';
import type { RequestAuthentication } from '../model/istio/request-authentication.ts';
import { configClusterOf } from '../model/inventory/clusters.ts';
import {
  type Mesh,
  type MeshService,
  namespaceKey,
  type Principal,
  type Workload,
  type WorkloadId,
} from '../model/inventory/types.ts';
import type { ExtensionProvider, MeshConfig } from '../model/mesh-config.ts';
import { type AmbientIndex, compileForWorkload, indexAmbient, type ZtunnelPolicies } from './ambient/compile.ts';
import { withObservedModes } from './ambient/observed-modes.ts';
import { type AttachmentPoint, attachedPolicies } from './attachment.ts';
import { buildChain, type PolicyChain } from './authz/chain.ts';
import { checkProviderServices } from './authz/provider-services.ts';
import { type Naming, namingOf } from './authz/naming.ts';
import type { TrustBundle } from './authz/trust-domain.ts';
import { type JwtProvider, providersOf } from './jwt/authenticate.ts';
import { type EffectiveModes, effectiveModes, type PortMode } from './mtls/effective-mode.ts';
import { indexNetworkPolicies, type NetworkPolicyIndex } from './network-policy/policy-index.ts';
import { readsRequests } from './patches/decide-patched.ts';
import type { ProxyChange } from './patches/proxy-change.ts';
import { ProxyChanges } from './patches/proxy-changes.ts';
import { indexPolicies, type Policies } from './policy-index.ts';

const NO_CHANGES: readonly ProxyChange[] = [];

/** What one Envoy (sidecar, gateway or waypoint) holds for one workload or service. */
export interface EnvoyPolicies {
  readonly authorization: readonly AuthorizationPolicy[];
  readonly requestAuthentication: readonly RequestAuthentication[];
  readonly http: PolicyChain;
  readonly tcp: PolicyChain;
  readonly providers: readonly JwtProvider[];
  /** What it has in common with points that hold the same but for the callers that policies name; undefined: nothing can be said. */
  readonly naming: Naming | undefined;
}

/** By workload and port. */
export type ObservedModes = ReadonlyMap<WorkloadId, ReadonlyMap<number, PortMode['mode']>>;

interface EnforcementOptions {
  readonly patched?: boolean;
  readonly isolated?: boolean;
  readonly observed?: ObservedModes;
}

function withObserved(
  modes: EffectiveModes,
  observed: ReadonlyMap<number, PortMode['mode']> | undefined,
): EffectiveModes {
  if (!observed) return modes;
  const seen = [...observed].map(([port, mode]) => [port, { mode, by: null, level: 'port' }] as const);
  return { ...modes, ports: new Map<number, PortMode>([...modes.ports, ...seen]) };
}

/**
 * The mesh with what its proxies hold, worked out once per set of policies: workloads that the same policies select share one compiled
 * form. Nothing in it changes after it was asked for.
 */
export class Enforcement {
  readonly mesh: Mesh;
  readonly policies: Policies;
  readonly #envoys = new Map<string, EnvoyPolicies>();
  readonly #ofWorkload = new Map<Workload, EnvoyPolicies>();
  readonly #authorizers = new Map<MeshConfig, readonly ExtensionProvider[]>();
  readonly #modes = new Map<Workload, EffectiveModes>();
  readonly #namespaceModes = new Map<string, EffectiveModes>();
  readonly #base: Enforcement | undefined;
  readonly #observed: ObservedModes | undefined;
  readonly #patched: boolean;
  readonly #isolated: boolean;
  #identities: Map<string, Principal[]> | undefined;
  readonly #ztunnels = new Map<Workload, ZtunnelPolicies>();
  readonly #ambient = new Map<string, AmbientIndex>();
  #waypoints: Map<string, Workload> | undefined;
  #changes: ProxyChanges | undefined;
  #network: NetworkPolicyIndex | undefined;

  /**
   * `base`: the same mesh but for its security policies, whose answers to all else hold here too; `patched`: but for EnvoyFilters and the like;
   * `isolated`: but for NetworkPolicies. `observed`: modes that proxies were seen to hold, which win over what the configuration says
   * (method.md, rule 4).
   */
  constructor(
    mesh: Mesh,
    base?: Enforcement,
    { patched = false, isolated = false, observed }: EnforcementOptions = {},
  ) {
    this.mesh = mesh;
    this.#base = base;
    this.#patched = patched;
    this.#isolated = isolated;
    this.#observed = observed;
    this.policies = indexPolicies(mesh.resources, mesh.version?.value);
  }

  /** The first state of the mesh that this one was derived from. */
  get root(): Enforcement {
    return this.#base?.root ?? this;
  }

  get network(): NetworkPolicyIndex {
    this.#network ??= this.#base && !this.#isolated ? this.#base.network : indexNetworkPolicies(this.mesh.resources);
    return this.#network;
  }

  /** What the workload's ztunnel evaluates. */
  ztunnel(workload: Workload): ZtunnelPolicies {
    let policies = this.#ztunnels.get(workload);
    if (!policies) {
      policies = compileForWorkload(this.#indexAmbient(workload), workload);
      const observed = this.#observed?.get(workload.id);
      if (observed) policies = withObservedModes(policies, observed);
      this.#ztunnels.set(workload, policies);
    }
    return policies;
  }

  #indexAmbient(workload: Workload): AmbientIndex {
    const cluster = this.policyCluster(workload);
    // Clusters that one istiod configures may have mesh configs of their own.
    const { trustDomain, trustDomainAliases } =
      this.mesh.clusterByName.get(workload.cluster)?.config ?? this.mesh.config;
    const key = `${cluster} ${trustDomain.value}`;
    const known = this.#ambient.get(key);
    if (known) return known;
    const isHere = (policy: { readonly cluster: string }): boolean => policy.cluster === cluster;
    const index = indexAmbient({
      policies: this.mesh.resources.of('AuthorizationPolicy').filter(isHere),
      peerAuthentications: this.mesh.resources.of('PeerAuthentication').filter(isHere),
      rootNamespace: this.rootNamespace,
      trustDomain: trustDomain.value,
      trustDomainAliases: trustDomainAliases.value,
      ...(this.mesh.version ? { version: this.mesh.version.value } : {}),
    });
    this.#ambient.set(key, index);
    return index;
  }

  /** What EnvoyFilters and the like change in the verdicts of a workload's own Envoy; of a waypoint, for a service. */
  changesAt(workload: Workload, service?: MeshService): readonly ProxyChange[] {
    if (this.#base && !this.#patched) return this.#base.changesAt(workload, service);
    this.#changes ??= new ProxyChanges(this.mesh);
    if (!this.#changes.mayTouch(workload)) return NO_CHANGES;
    return this.#changes.of(workload, this.#pointOf(workload, service), service);
  }

  /** The objects that may change what policies come to at a workload's proxy (reference §9.1, §15.9). */
  patchesOf(workload: Workload): readonly ProxyChange['object'][] {
    const changes = this.changesAt(workload);
    if (changes.length === 0) return [];
    const { http } = this.envoy(workload);
    const counts = ({ effect }: ProxyChange): boolean =>
      effect.kind === 'rewrites' ? readsRequests(http) : effect.kind !== 'rewrites-later';
    return [...new Set(changes.filter(counts).map(({ object }) => object))];
  }

  /** The waypoint of that name, if its workload exists. */
  waypoint(cluster: string, namespace: string, name: string): Workload | undefined {
    if (this.#base) return this.#base.waypoint(cluster, namespace, name);
    if (!this.#waypoints) {
      this.#waypoints = new Map();
      for (const workload of this.mesh.workloads) {
        if (workload.gateway?.kind !== 'waypoint') continue;
        const key = `${workload.cluster}:${workload.namespace}/${workload.gateway.gatewayName ?? workload.name}`;
        this.#waypoints.set(key, workload);
      }
    }
    return this.#waypoints.get(`${cluster}:${namespace}/${name}`);
  }

  get rootNamespace(): string {
    return this.mesh.config.rootNamespace.value;
  }

  /** The mesh config that the workload's proxy has: of its revision, in the cluster that configures it. */
  configOf({ cluster, dataPlane }: Pick<Workload, 'cluster' | 'dataPlane'>): MeshConfig {
    const found = this.mesh.clusterByName.get(cluster);
    if (found) return found.configs.get(dataPlane.revision) ?? found.config;
    return this.mesh.configs.get(dataPlane.revision) ?? this.mesh.config;
  }

  /** The cluster whose policies a workload's proxy gets (reference §9.2). */
  policyCluster({ cluster }: Pick<Workload, 'cluster'>): string {
    return configClusterOf(this.mesh, cluster);
  }

  bundleOf(config: MeshConfig): TrustBundle {
    return [config.trustDomain.value, ...config.trustDomainAliases.value];
  }

  /**
   * Trust domains whose certificates sidecars accept, if they are of a root that is trusted. Source: istio
   * pilot/pkg/networking/plugin/authn/util.go (TrustDomainsForValidation; reference §1.3).
   */
  trustedDomains(config: MeshConfig): readonly string[] {
    const bundle = this.bundleOf(config);
    const others = config.caCertificates.value.flatMap(({ trustDomains }) => trustDomains);
    return others.length === 0 ? bundle : [...new Set([...bundle, ...others])];
  }

  modes(workload: Workload): EffectiveModes {
    let modes = this.#modes.get(workload);
    if (!modes) {
      modes = withObserved(this.#modesIn(this.policyCluster(workload), workload), this.#observed?.get(workload.id));
      this.#modes.set(workload, modes);
    }
    return modes;
  }

  /** The same as a client's istiod has it: by the policies of its own cluster, also for endpoints of others (reference §9.2). */
  modesAsSeenBy(client: Workload, workload: Workload): EffectiveModes {
    const cluster = this.policyCluster(client);
    return cluster === this.policyCluster(workload) ? this.modes(workload) : this.#modesIn(cluster, workload);
  }

  #modesIn(cluster: string, { namespace, labels }: Workload): EffectiveModes {
    const { peerAuthentication } = this.policies;
    if (!peerAuthentication.isSelective(cluster, namespace)) return this.#modesOfNamespace(cluster, namespace);
    return effectiveModes(peerAuthentication, { cluster, namespace, labels }, this.rootNamespace);
  }

  /** What PeerAuthentication says of a namespace as a whole: all that clients know of a service before they choose an endpoint. */
  namespaceMode(cluster: string, namespace: string): PortMode {
    return this.#modesOfNamespace(cluster, namespace).workload;
  }

  /** The modes of a workload that no selector selects. */
  #modesOfNamespace(cluster: string, namespace: string): EffectiveModes {
    const key = namespaceKey(cluster, namespace);
    let modes = this.#namespaceModes.get(key);
    if (!modes) {
      modes = effectiveModes(this.policies.peerAuthentication, { cluster, namespace, labels: {} }, this.rootNamespace);
      this.#namespaceModes.set(key, modes);
    }
    return modes;
  }

  /** Identities of the workloads of a namespace, sorted. */
  identitiesOf(namespace: string): readonly Principal[] {
    if (this.#base) return this.#base.identitiesOf(namespace);
    if (!this.#identities) {
      this.#identities = new Map();
      for (const [identity, [holder]] of this.mesh.identities) {
        if (!holder) continue;
        const list = this.#identities.get(holder.namespace);
        if (list) list.push(identity);
        else this.#identities.set(holder.namespace, [identity]);
      }
      for (const list of this.#identities.values()) list.sort((a, b) => (a < b ? -1 : 1));
    }
    return this.#identities.get(namespace) ?? [];
  }

  /** Workloads that can prove a principal as it is written in a policy: `cluster.local` stands for the mesh's trust domain. */
  holdersOf(written: Principal): readonly Workload[] {
    const exact = this.mesh.identities.get(written);
    if (exact || !written.startsWith('cluster.local/')) return exact ?? [];
    const own = `${this.mesh.config.trustDomain.value}/${written.slice('cluster.local/'.length)}`;
    return this.mesh.identities.get(own as Principal) ?? [];
  }

  /** What the workload's own Envoy (sidecar or gateway) holds. */
  envoy(workload: Workload): EnvoyPolicies {
    let policies = this.#ofWorkload.get(workload);
    if (!policies) {
      policies = this.envoyAt(this.#pointOf(workload), this.configOf(workload));
      this.#ofWorkload.set(workload, policies);
    }
    return policies;
  }

  #pointOf(workload: Workload, service?: MeshService): AttachmentPoint {
    return attachmentPoint(workload, this.policyCluster(workload), this.rootNamespace, service);
  }

  #authorizersOf(config: MeshConfig): readonly ExtensionProvider[] {
    if (this.#base) return this.#base.#authorizersOf(config);
    let authorizers = this.#authorizers.get(config);
    if (!authorizers) {
      authorizers = checkProviderServices(config.extensionProviders.value, this.mesh);
      this.#authorizers.set(config, authorizers);
    }
    return authorizers;
  }

  envoyAt(point: AttachmentPoint, config: MeshConfig): EnvoyPolicies {
    const authorization = attachedPolicies(this.policies.authorization, point);
    const requestAuthentication = attachedPolicies(this.policies.requestAuthentication, point);
    let key = `${config.revision}|`;
    for (const policy of authorization) key += `${this.policies.authorization.orderOf(policy)},`;
    key += '|';
    for (const policy of requestAuthentication) key += `${this.policies.requestAuthentication.orderOf(policy)},`;
    let policies = this.#envoys.get(key);
    if (!policies) {
      policies = new LazyPolicies(
        authorization,
        requestAuthentication,
        this.bundleOf(config),
        this.#authorizersOf(config),
        this.mesh.version?.value,
      );
      this.#envoys.set(key, policies);
    }
    return policies;
  }
}

/** Compiles each kind of chain when it is first asked for: most proxies are asked about one of them. */
class LazyPolicies implements EnvoyPolicies {
  readonly authorization: readonly AuthorizationPolicy[];
  readonly requestAuthentication: readonly RequestAuthentication[];
  readonly providers: readonly JwtProvider[];
  readonly #bundle: TrustBundle;
  readonly #authorizers: readonly ExtensionProvider[];
  readonly #version: string | undefined;
  #http: PolicyChain | undefined;
  #tcp: PolicyChain | undefined;
  #naming: Naming | null | undefined;

  constructor(
    authorization: readonly AuthorizationPolicy[],
    requestAuthentication: readonly RequestAuthentication[],
    bundle: TrustBundle,
    authorizers: readonly ExtensionProvider[],
    version: string | undefined,
  ) {
    this.authorization = authorization;
    this.requestAuthentication = requestAuthentication;
    this.providers = providersOf(requestAuthentication);
    this.#bundle = bundle;
    this.#authorizers = authorizers;
    this.#version = version;
  }

  get http(): PolicyChain {
    this.#http ??= this.#build('http');
    return this.#http;
  }

  get tcp(): PolicyChain {
    this.#tcp ??= this.#build('tcp');
    return this.#tcp;
  }

  get naming(): Naming | undefined {
    this.#naming ??= this.#findNaming() ?? null;
    return this.#naming ?? undefined;
  }

  #findNaming(): Naming | undefined {
    const naming = namingOf(this.authorization, this.#bundle);
    if (!naming) return undefined;
    const tokens = this.requestAuthentication.map(({ cluster, namespace, name, creationTimestamp, spec }) => [
      `${cluster}:${namespace}/${name}`,
      creationTimestamp,
      spec.jwtRules,
    ]);
    const authorizers = this.authorization.some(({ spec }) => spec.action === 'CUSTOM') ? this.#authorizers : [];
    return { ...naming, shape: `${naming.shape} ${JSON.stringify([this.#bundle, tokens, authorizers])}` };
  }

  #build(type: PolicyChain['type']): PolicyChain {
    return buildChain(this.authorization, type, this.#bundle, this.#authorizers, this.#version);
  }
}

/** How policies attach to the workload's own proxy. */
function attachmentPoint(
  workload: Workload,
  cluster: string,
  rootNamespace: string,
  service?: MeshService,
): AttachmentPoint {
  const { namespace, labels } = workload;
  const { gateway, dataPlane } = workload;
  const { revision } = dataPlane;
  // Of most workloads, and of every one of them: without a spread.
  if (!gateway) return { cluster, namespace, labels, rootNamespace, revision, kind: 'sidecar' };
  const base = { cluster, namespace, labels, rootNamespace, revision };
  if (gateway.kind === 'waypoint')
    return {
      ...base,
      kind: 'waypoint',
      gatewayName: gateway.gatewayName ?? workload.name,
      ...(service ? { service: { kind: 'Service', namespace: service.namespace, name: service.name } } : {}),
    };
  if (gateway.kind === 'kubernetes' && gateway.gatewayName) {
    return { ...base, kind: 'kubernetes-gateway', gatewayName: gateway.gatewayName };
  }
  return { ...base, kind: 'gateway' };
}
