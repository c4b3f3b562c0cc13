import type { AuthorizationPolicy } from '../model/istio/authorization-policy.ts';
import type { Workload } from '../model/inventory/types.ts';
import type { EnvoyDump } from '../model/observation/envoy-dump.ts';
import { isDryRun } from '../semantics/authz/dry-run.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import type { Difference } from './envoy/compare-port.ts';
import { policiesAtWaypoint } from './envoy/compare-waypoint.ts';
import type { DriftKind } from './evidence.ts';

const named = (list: readonly string[]): string => list.join(', ');

interface PolicyNames {
  readonly missing: readonly string[];
  /** Among the proxy's filters, and not attached. */
  readonly extra: readonly string[];
}

const nameOf = ({ namespace, name }: AuthorizationPolicy): string => `${namespace}/${name}`;

/** Attached and enforced by the configuration, and not among the proxy's filters. */
export function missingPolicies(
  enforcement: Enforcement,
  workload: Workload,
  held: readonly string[],
): readonly AuthorizationPolicy[] {
  return attachedTo(enforcement, workload).filter((policy) => !isDryRun(policy) && !held.includes(nameOf(policy)));
}

/** At a waypoint those of all services that it stands in front of. */
const attachedTo = (enforcement: Enforcement, workload: Workload): readonly AuthorizationPolicy[] =>
  workload.gateway?.kind === 'waypoint'
    ? policiesAtWaypoint(enforcement, workload)
    : enforcement.envoy(workload).authorization;

function compareNames(enforcement: Enforcement, workload: Workload, held: readonly string[]): PolicyNames {
  const attached = attachedTo(enforcement, workload).map(nameOf);
  return {
    missing: missingPolicies(enforcement, workload, held).map(nameOf).sort(),
    extra: held.filter((name) => !attached.includes(name)),
  };
}

/** In which way a proxy's filters differ from the policies. */
export function describePolicies(
  enforcement: Enforcement,
  workload: Workload,
  held: readonly string[],
  differences: readonly Difference[],
): string {
  const { missing, extra } = compareNames(enforcement, workload, held);
  const sides = new Set(differences.map(({ passes }) => passes));
  const effect =
    sides.size > 1
      ? 'lets some requests through that the policies refuse, and refuses some that they allow'
      : sides.has('proxy')
        ? 'lets requests through that the policies refuse'
        : 'refuses requests that the policies allow';
  const parts = [
    ...(missing.length > 0 ? [`it holds nothing of ${named(missing)}`] : []),
    ...(extra.length > 0 ? [`it holds ${named(extra)}, which the input does not attach`] : []),
  ];
  return `the proxy ${effect}: ${parts.length > 0 ? parts.join('; ') : 'its rules are others, under the same names'}`;
}

export const REFUSED =
  'what istiod sent is not valid for this build of Envoy: an EnvoyFilter, a plugin or a version that does not fit';

/** Likely causes of a difference, the likeliest first. */
export function causesOf(
  enforcement: Enforcement,
  workload: Workload,
  dump: EnvoyDump,
  kind: DriftKind,
  held: readonly string[] = [],
): readonly string[] {
  const causes: string[] = [];
  const { rejected, proxy } = dump;
  const inbound = rejected.find(({ what }) => what.startsWith('listener virtualInbound'));
  if (kind === 'rejected') causes.push(REFUSED);
  else if (inbound) causes.push(`Envoy rejected the newer configuration: ${inbound.details}`);
  const version = enforcement.mesh.version?.value;
  if (version !== undefined && proxy.istioVersion !== undefined && minor(version) !== minor(proxy.istioVersion)) {
    causes.push(`revision skew: the proxy is of Istio ${proxy.istioVersion}, the control plane of ${version}`);
  }
  const patches = enforcement
    .patchesOf(workload)
    .map(({ kind: patch, namespace, name }) => `${patch} ${namespace}/${name}`);
  if (patches.length > 0) causes.push(`a patch of the proxy: ${named([...new Set(patches)])}`);
  const labels = changedLabels(workload, dump);
  if (labels.length > 0) causes.push(`selection: the running pod has other labels than the input (${named(labels)})`);
  if (kind === 'policies') {
    const { missing, extra } = compareNames(enforcement, workload, held);
    if (missing.length > 0)
      causes.push(`${named(missing)} is not applied to the cluster, or is there with \`istio.io/dry-run\``);
    if (extra.length > 0) causes.push(`${named(extra)} is in the cluster and not in the input`);
  }
  if (kind === 'serving')
    causes.push(
      'the cluster holds other Gateways, routes or Services than the input, or the credential of a server is missing there',
    );
  if (kind === 'not-captured')
    causes.push('the pod was started with other annotations than the input has, or without its init container');
  if (kind !== 'rejected') causes.push('a stale proxy: it has not taken what is newest (see `istioctl proxy-status`)');
  return causes;
}

const minor = (version: string): string => version.split('.').slice(0, 2).join('.');

function changedLabels(workload: Workload, { proxy }: EnvoyDump): readonly string[] {
  return Object.entries(workload.labels)
    .filter(([key, value]) => proxy.labels[key] !== undefined && proxy.labels[key] !== value)
    .map(([key, value]) => `${key}=${proxy.labels[key]}, not ${value}`)
    .sort();
}
