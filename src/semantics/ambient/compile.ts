import type { AuthorizationPolicy } from '../../model/istio/authorization-policy.ts';
import type { PeerAuthentication } from '../../model/istio/peer-authentication.ts';
import type { Resource } from '../../model/resource.ts';
import { type Labels, matchesLabels } from '../../model/inventory/label-selection.ts';
import { labelProjection } from '../selector.ts';
import type { ZtunnelAuthorization } from './authorization.ts';
import { convertAuthorizationPolicy } from './convert-policy.ts';
import { resolveTransport, type Transport } from './peer-authentication.ts';
import { buildSourceSpace, type SourceSpace } from './source-address.ts';
import { trustDomainsAtZtunnel } from './versions.ts';

export interface AmbientInput {
  readonly policies: readonly AuthorizationPolicy[];
  readonly peerAuthentications: readonly PeerAuthentication[];
  readonly rootNamespace: string;
  /** Of the mesh; absent: not compared with that of peers. Aliases are not admitted by ztunnel (reference §1.6). */
  readonly trustDomain?: string;
  readonly trustDomainAliases?: readonly string[];
  /** Istio's, as `1.31`; absent: the one that the vectors were recorded with. */
  readonly version?: string;
}

export interface AmbientWorkload {
  readonly namespace: string;
  readonly labels: Labels;
}

/** All that one workload's ztunnel evaluates for inbound connections. */
export interface ZtunnelPolicies {
  readonly deny: readonly ZtunnelAuthorization[];
  readonly allow: readonly ZtunnelAuthorization[];
  readonly transport: Transport;
  /** By port: modes that a ztunnel was seen to hold where the configuration says otherwise; `transport` is as they are. */
  readonly observed?: ReadonlyMap<number, 'STRICT' | 'PERMISSIVE'>;
  /** AuthorizationPolicies of the workload's own and the root namespace that select it, or that would at a sidecar: for anomalies. */
  readonly considered: readonly AuthorizationPolicy[];
  /** What policies look at of source addresses; built when first asked for. */
  readonly sourceSpace: () => SourceSpace;
  readonly input: AmbientInput;
}

interface Converted {
  readonly policy: AuthorizationPolicy;
  readonly authorization: ZtunnelAuthorization | null;
}

type Convert = (policy: AuthorizationPolicy) => Converted;

interface NamespaceIndex {
  readonly project: (labels: Labels) => string;
  readonly memo: Map<string, ZtunnelPolicies>;
  readonly policies: readonly Converted[];
  readonly peerAuthentications: readonly PeerAuthentication[];
}

/** Policies by namespace, each converted once for whom it may select; what a workload compiles to is remembered per namespace and the labels that matter there. */
export interface AmbientIndex {
  readonly input: AmbientInput;
  readonly namespaces: Map<string, NamespaceIndex>;
  readonly policies: ReadonlyMap<string, readonly AuthorizationPolicy[]>;
  readonly convert: Convert;
  readonly peerAuthentications: ReadonlyMap<string, readonly PeerAuthentication[]>;
}

export function indexAmbient(input: AmbientInput): AmbientIndex {
  const context = {
    rootNamespace: input.rootNamespace,
    trustDomains: trustDomainsAtZtunnel(input.version),
    ...(input.version === undefined ? {} : { version: input.version }),
  };
  const known = new Map<AuthorizationPolicy, Converted>();
  const convert: Convert = (policy) => {
    let converted = known.get(policy);
    if (!converted) {
      converted = { policy, authorization: convertAuthorizationPolicy(policy, context) };
      known.set(policy, converted);
    }
    return converted;
  };
  return {
    input,
    namespaces: new Map(),
    policies: byNamespace(input.policies),
    convert,
    peerAuthentications: byNamespace(input.peerAuthentications),
  };
}

/**
 * What applies to one workload. Root policies without selector are global, others of the root namespace select in every namespace.
 *
 * Source: istio pilot/pkg/serviceregistry/ambient/workloads.go (buildWorkloadPolicies), ztunnel src/state.rs (assert_rbac); reference §2.2.
 */
export function compileForWorkload(index: AmbientIndex, workload: AmbientWorkload): ZtunnelPolicies {
  const here = index.namespaces.get(workload.namespace) ?? indexNamespace(index, workload.namespace);
  const key = here.project(workload.labels);
  let compiled = here.memo.get(key);
  if (!compiled) {
    compiled = compile(index.input, here, workload);
    here.memo.set(key, compiled);
  }
  return compiled;
}

/** For a single workload; for many, index the policies once. */
export function compileZtunnel(input: AmbientInput & { readonly workload: AmbientWorkload }): ZtunnelPolicies {
  return compileForWorkload(indexAmbient(input), input.workload);
}

function indexNamespace(
  { input, namespaces, policies: all, convert, peerAuthentications }: AmbientIndex,
  namespace: string,
): NamespaceIndex {
  const places = namespace === input.rootNamespace ? [namespace] : [namespace, input.rootNamespace];
  const policies = places.flatMap((place) => all.get(place) ?? []).map(convert);
  const peers = places.flatMap((place) => peerAuthentications.get(place) ?? []);
  const project = labelProjection([
    ...policies.map(({ policy }) => policy.spec.selector),
    ...peers.map(({ spec }) => spec.selector),
  ]);
  const here: NamespaceIndex = { project, memo: new Map(), policies, peerAuthentications: peers };
  namespaces.set(namespace, here);
  return here;
}

function compile(input: AmbientInput, here: NamespaceIndex, workload: AmbientWorkload): ZtunnelPolicies {
  const selected = here.policies.filter(({ policy }) =>
    matchesLabels(policy.spec.selector?.matchLabels, workload.labels),
  );
  const attached = selected.flatMap(({ policy, authorization }) =>
    authorization && !selectsNothing(policy) ? [authorization] : [],
  );
  const transport = resolveTransport({
    policies: here.peerAuthentications,
    rootNamespace: input.rootNamespace,
    workload,
    version: input.version,
  });
  let space: SourceSpace | undefined;
  return {
    deny: attached.filter(({ action }) => action === 'DENY'),
    allow: attached.filter(({ action }) => action === 'ALLOW'),
    transport,
    considered: selected.map(({ policy }) => policy),
    sourceSpace: () => {
      space ??= buildSourceSpace(attached);
      return space;
    },
    input,
  };
}

/** `selector: {}` attaches to nothing in ambient (reference §2.2). */
const selectsNothing = ({ spec }: AuthorizationPolicy): boolean =>
  spec.selector !== undefined && Object.keys(spec.selector.matchLabels ?? {}).length === 0;

/** In the order of names, so that which of several policies is named does not depend on the order of the input. */
function byNamespace<T extends Pick<Resource, 'namespace' | 'name'>>(
  items: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const map = new Map<string, T[]>();
  for (const item of items) {
    const list = map.get(item.namespace);
    if (list) list.push(item);
    else map.set(item.namespace, [item]);
  }
  for (const list of map.values()) list.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return map;
}
