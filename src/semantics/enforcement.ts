import type { AuthorizationPolicy } from '../model/istio/authorization-policy.ts';
import type { RequestAuthentication } from '../model/istio/request-authentication.ts';
import type { Mesh, Principal, Workload } from '../model/inventory/types.ts';
import type { ExtensionProvider, MeshConfig } from '../model/mesh-config.ts';
import type { Resource } from '../model/resource.ts';
import { type AmbientIndex, compileForWorkload, indexAmbient, type ZtunnelPolicies } from './ambient/compile.ts';
import { type AttachmentPoint, attachedPolicies } from './attachment.ts';
import { buildChain, type PolicyChain } from './authz/chain.ts';
import { checkProviderServices } from './authz/provider-services.ts';
import type { TrustBundle } from './authz/trust-domain.ts';
import { type JwtProvider, providersOf } from './jwt/authenticate.ts';
import { type EffectiveModes, effectiveModes } from './mtls/effective-mode.ts';
import { indexNetworkPolicies, type NetworkPolicyIndex } from './network-policy/policy-index.ts';
import { ProxyPatches } from './proxy-patches.ts';
import { indexPolicies, type Policies } from './policy-index.ts';

/** What one Envoy (sidecar, gateway or waypoint) holds for one workload or service. */
export interface EnvoyPolicies {
  readonly authorization: readonly AuthorizationPolicy[];
  readonly requestAuthentication: readonly RequestAuthentication[];
  readonly http: PolicyChain;
  readonly tcp: PolicyChain;
  readonly providers: readonly JwtProvider[];
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
  readonly #base: Enforcement | undefined;
  #identities: Map<string, Principal[]> | undefined;
  readonly #ztunnels = new Map<Workload, ZtunnelPolicies>();
  #ambient: AmbientIndex | undefined;
  #waypoints: Map<string, Workload> | undefined;
  #patches: ProxyPatches | undefined;
  #network: NetworkPolicyIndex | undefined;

  /** `base`: the same mesh but for its security policies, whose answers to all else hold here too. */
  constructor(mesh: Mesh, base?: Enforcement) {
    this.mesh = mesh;
    this.#base = base;
    this.policies = indexPolicies(mesh.resources);
  }

  /** The first state of the mesh that this one was derived from. */
  get root(): Enforcement {
    return this.#base?.root ?? this;
  }

  get network(): NetworkPolicyIndex {
    this.#network ??= this.#base?.network ?? indexNetworkPolicies(this.mesh.resources);
    return this.#network;
  }

  /** What the workload's ztunnel evaluates. */
  ztunnel(workload: Workload): ZtunnelPolicies {
    let policies = this.#ztunnels.get(workload);
    if (!policies) {
      policies = compileForWorkload(this.#indexAmbient(), workload);
      this.#ztunnels.set(workload, policies);
    }
    return policies;
  }

  #indexAmbient(): AmbientIndex {
    const { trustDomain, trustDomainAliases } = this.mesh.config;
    this.#ambient ??= indexAmbient({
      policies: this.mesh.resources.of('AuthorizationPolicy'),
      peerAuthentications: this.mesh.resources.of('PeerAuthentication'),
      rootNamespace: this.rootNamespace,
      trustDomain: trustDomain.value,
      trustDomainAliases: trustDomainAliases.value,
      ...(this.mesh.version ? { version: this.mesh.version.value } : {}),
    });
    return this.#ambient;
  }

  /** EnvoyFilters and the like that may change what a workload's proxy enforces (reference §9.1, §15.9). */
  patchesOf(workload: Workload): readonly Resource[] {
    if (this.#base) return this.#base.patchesOf(workload);
    this.#patches ??= new ProxyPatches(this.mesh.resources, this.rootNamespace);
    return this.#patches.of(workload);
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

  configOf(workload: Workload): MeshConfig {
    return this.mesh.configs.get(workload.dataPlane.revision) ?? this.mesh.config;
  }

  bundleOf(config: MeshConfig): TrustBundle {
    return [config.trustDomain.value, ...config.trustDomainAliases.value];
  }

  modes(workload: Workload): EffectiveModes {
    let modes = this.#modes.get(workload);
    if (!modes) {
      modes = effectiveModes(this.policies.peerAuthentication, workload, this.rootNamespace);
      this.#modes.set(workload, modes);
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
      policies = this.envoyAt(attachmentPoint(workload, this.rootNamespace), this.configOf(workload));
      this.#ofWorkload.set(workload, policies);
    }
    return policies;
  }

  #authorizersOf(config: MeshConfig): readonly ExtensionProvider[] {
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
    const key = [
      config.revision,
      authorization.map((policy) => this.policies.authorization.orderOf(policy)),
      requestAuthentication.map((policy) => this.policies.requestAuthentication.orderOf(policy)),
    ].join('|');
    let policies = this.#envoys.get(key);
    if (!policies) {
      policies = new LazyPolicies(
        authorization,
        requestAuthentication,
        this.bundleOf(config),
        this.#authorizersOf(config),
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
  #http: PolicyChain | undefined;
  #tcp: PolicyChain | undefined;

  constructor(
    authorization: readonly AuthorizationPolicy[],
    requestAuthentication: readonly RequestAuthentication[],
    bundle: TrustBundle,
    authorizers: readonly ExtensionProvider[],
  ) {
    this.authorization = authorization;
    this.requestAuthentication = requestAuthentication;
    this.providers = providersOf(requestAuthentication);
    this.#bundle = bundle;
    this.#authorizers = authorizers;
  }

  get http(): PolicyChain {
    this.#http ??= buildChain(this.authorization, 'http', this.#bundle, this.#authorizers);
    return this.#http;
  }

  get tcp(): PolicyChain {
    this.#tcp ??= buildChain(this.authorization, 'tcp', this.#bundle, this.#authorizers);
    return this.#tcp;
  }
}

/** How policies attach to the workload's own proxy. */
function attachmentPoint(workload: Workload, rootNamespace: string): AttachmentPoint {
  const { cluster, namespace, labels } = workload;
  const base = { cluster, namespace, labels, rootNamespace, revision: workload.dataPlane.revision };
  const gateway = workload.gateway;
  if (gateway?.kind === 'waypoint')
    return { ...base, kind: 'waypoint', gatewayName: gateway.gatewayName ?? workload.name };
  if (gateway?.kind === 'kubernetes' && gateway.gatewayName) {
    return { ...base, kind: 'kubernetes-gateway', gatewayName: gateway.gatewayName };
  }
  return { ...base, kind: gateway ? 'gateway' : 'sidecar' };
}
