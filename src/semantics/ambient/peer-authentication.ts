import type { PeerAuthentication } from '../../model/istio/peer-authentication.ts';
import { matchesLabels, type Labels } from '../../model/inventory/label-selection.ts';
import { WITHOUT_IDENTITY, type ZtunnelAuthorization } from './authorization.ts';
import {
  attach,
  convertPorts,
  type LevelMode,
  modeOf,
  type WorkloadModes,
  workloadModes,
} from './convert-peer-authentication.ts';

/** PeerAuthentications that may win a level: one, or several where their age is equal or not known. */
export interface Levels {
  readonly mesh: readonly PeerAuthentication[];
  readonly namespace: readonly PeerAuthentication[];
  readonly workload: readonly PeerAuthentication[];
}

/** What a workload's ztunnel enforces of PeerAuthentication, for one choice of winners. */
export interface TransportVariant {
  readonly winners: {
    readonly mesh: PeerAuthentication | null;
    readonly namespace: PeerAuthentication | null;
    readonly workload: PeerAuthentication | null;
  };
  /** DENY policies for connections without identity. */
  readonly authorizations: readonly ZtunnelAuthorization[];
  /** The workload names a policy that istiod never sends: ztunnel skips it and lets everything pass. */
  readonly neverSent: boolean;
}

export interface Transport {
  /** As all objects there at istiod's start give it; several only where policies compete by age. */
  readonly variants: readonly TransportVariant[];
  /** What is enforced instead if a namespace or mesh policy reached istiod after the workload's (reference §16.1). */
  readonly late: readonly TransportVariant[];
  /** Levels at which several policies compete by age, in words. */
  readonly competing: readonly (readonly PeerAuthentication[])[];
  /** What the documentation promises, for comparison: the levels as sidecars read them. */
  readonly documented: Levels;
}

export interface TransportInput {
  /** Of the root namespace and the workload's own. */
  readonly policies: readonly PeerAuthentication[];
  readonly rootNamespace: string;
  readonly workload: { readonly namespace: string; readonly labels: Labels };
  /** Istio's; absent: the one that was recorded. */
  readonly version?: string | undefined;
}

/**
 * Resolves PeerAuthentication as istiod's ambient index does.
 *
 * Source: istio pilot/pkg/serviceregistry/ambient/{workloads,policies,authorization}.go (reference §1.6, §16).
 */
export function resolveTransport({ policies, rootNamespace, workload, version }: TransportInput): Transport {
  const { namespace, labels } = workload;
  const inRoot = policies.filter((policy) => policy.namespace === rootNamespace);
  const own = namespace === rootNamespace ? [] : policies.filter((policy) => policy.namespace === namespace);
  const selecting = own.filter(
    (policy) => !isUnselective(policy) && matchesLabels(policy.spec.selector?.matchLabels, labels),
  );
  // Attach side: `selector: {}` in the root namespace is seen by workloads of the root namespace only.
  const attached: Levels = {
    mesh: oldest(
      inRoot.filter((policy) => !policy.spec.selector || (namespace === rootNamespace && isUnselective(policy))),
    ),
    namespace: oldest(own.filter(isUnselective)),
    workload: oldest(selecting),
  };
  const documented: Levels = {
    mesh: oldest(inRoot.filter(isUnselective)),
    namespace: attached.namespace,
    workload: attached.workload,
  };
  // Convert side: only policies without any selector are in its index.
  const seen = {
    mesh: oldest(inRoot.filter((policy) => !policy.spec.selector)),
    namespace: oldest(own.filter((policy) => !policy.spec.selector)),
  };
  const views = product(modesOf(seen.namespace), modesOf(seen.mesh));
  const lateViews = product([...modesOf(seen.namespace), null], [...modesOf(seen.mesh), null]);
  const build = (list: typeof views) => buildVariants(attached, list, { rootNamespace, version });
  const variants = build(views);
  return {
    variants,
    late: attached.workload.some(hasPorts)
      ? build(lateViews).filter((late) => !variants.some((variant) => sameEffect(variant, late)))
      : [],
    competing: [attached.mesh, attached.namespace, attached.workload].filter((level) => level.length > 1),
    documented,
  };
}

const isUnselective = ({ spec }: PeerAuthentication): boolean =>
  Object.keys(spec.selector?.matchLabels ?? {}).length === 0;
const hasPorts = ({ spec }: PeerAuthentication): boolean => Object.keys(spec.portLevelMtls ?? {}).length > 0;

/**
 * The oldest wins; equal ages are decided at random (no tie-break by name in ambient, reference §16.2), unknown ones could be any. What
 * comes out has no two policies of the same effect.
 */
function oldest(policies: readonly PeerAuthentication[]): readonly PeerAuthentication[] {
  if (policies.length < 2) return policies;
  const ages = policies.map((policy) => Date.parse(policy.creationTimestamp ?? ''));
  const least = Math.min(...ages.filter((age) => !Number.isNaN(age)));
  const candidates = policies.filter((_, i) => Number.isNaN(ages[i]) || ages[i] === least);
  const distinct = new Map<string, PeerAuthentication>();
  for (const policy of [...candidates].sort(byName)) {
    // A port map is read of the workload-level winner only, and names the policy that is sent.
    const effect = isUnselective(policy)
      ? `${modeOf(policy)} ${policy.spec.selector !== undefined}`
      : JSON.stringify(workloadModes(policy));
    if (!distinct.has(effect)) distinct.set(effect, policy);
  }
  return [...distinct.values()];
}

const byName = (a: PeerAuthentication, b: PeerAuthentication): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
const modesOf = (policies: readonly PeerAuthentication[]): readonly LevelMode[] =>
  policies.length > 0 ? policies.map(modeOf) : [null];
const orNull = <T>(list: readonly T[]): readonly (T | null)[] => (list.length > 0 ? list : [null]);

interface ConvertView {
  readonly namespace: LevelMode;
  readonly mesh: LevelMode;
}

function product(namespaces: readonly LevelMode[], meshes: readonly LevelMode[]): readonly ConvertView[] {
  return namespaces.flatMap((namespace) => meshes.map((mesh) => ({ namespace, mesh })));
}

function buildVariants(
  levels: Levels,
  views: readonly ConvertView[],
  settings: Pick<TransportInput, 'rootNamespace' | 'version'>,
): readonly TransportVariant[] {
  const found: TransportVariant[] = [];
  for (const mesh of orNull(levels.mesh)) {
    for (const namespace of orNull(levels.namespace)) {
      for (const workload of orNull(levels.workload)) {
        for (const view of views) {
          const variant = buildVariant({ mesh, namespace, workload }, view, settings);
          if (!found.some((other) => sameEffect(other, variant))) found.push(variant);
        }
      }
    }
  }
  return found;
}

function buildVariant(
  winners: TransportVariant['winners'],
  view: ConvertView,
  { rootNamespace, version }: Pick<TransportInput, 'rootNamespace' | 'version'>,
): TransportVariant {
  const { mesh, namespace, workload } = winners;
  const modes: WorkloadModes | null = workload && workloadModes(workload);
  const { staticStrict, portPolicy } = attach(mesh && modeOf(mesh), namespace && modeOf(namespace), modes);
  const authorizations: ZtunnelAuthorization[] = [];
  const strictBy = effectiveSource(winners);
  if (staticStrict && strictBy) {
    authorizations.push({
      name: 'istio_converted_static_strict',
      namespace: rootNamespace,
      scope: 'WORKLOAD_SELECTOR',
      action: 'DENY',
      groups: [{ clauses: [{ path: ['spec', 'mtls', 'mode'], matches: [WITHOUT_IDENTITY] }] }],
      source: strictBy,
    });
  }
  const groups = portPolicy && modes ? convertPorts(modes, view.namespace, view.mesh, version) : null;
  if (groups && workload) {
    const name = `converted_peer_authentication_${workload.name}`;
    authorizations.push({
      name,
      namespace: workload.namespace,
      scope: 'WORKLOAD_SELECTOR',
      action: 'DENY',
      groups,
      source: workload,
    });
  }
  return { winners, authorizations, neverSent: portPolicy && !groups };
}

/** The policy whose mode the workload has, by the documented levels; null where none sets one. */
export function effectiveSource({ mesh, namespace, workload }: TransportVariant['winners']): PeerAuthentication | null {
  for (const policy of [workload, namespace, mesh]) if (policy && modeOf(policy) !== 'UNSET') return policy;
  return null;
}

function sameEffect(a: TransportVariant, b: TransportVariant): boolean {
  return (
    a.neverSent === b.neverSent &&
    JSON.stringify(a.authorizations.map(effectKey)) === JSON.stringify(b.authorizations.map(effectKey))
  );
}

const effectKey = ({ namespace, name, groups }: ZtunnelAuthorization): unknown => [namespace, name, groups];
