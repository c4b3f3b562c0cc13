import { byOf } from '../../model/by.ts';
import type { MutualTlsMode, PeerAuthentication } from '../../model/istio/peer-authentication.ts';
import type { By } from '../../result/location.ts';
import { hasSelector, type PolicyIndex } from '../policy-index.ts';

export type TransportMode = 'STRICT' | 'PERMISSIVE' | 'DISABLE';

export interface PortMode {
  readonly mode: TransportMode;
  /** The object and field that says so; null: nothing is set anywhere, Istio's default is PERMISSIVE. */
  readonly by: By | null;
  readonly level: 'port' | 'workload' | 'namespace' | 'mesh' | 'default';
}

/** What PeerAuthentication comes to for one workload. */
export interface EffectiveModes {
  readonly workload: PortMode;
  /** Ports that have an answer of their own. */
  readonly ports: ReadonlyMap<number, PortMode>;
  readonly assumes: readonly string[];
}

export const modeOfPort = (modes: EffectiveModes, port: number): PortMode => modes.ports.get(port) ?? modes.workload;

export const APPLIED_TOGETHER =
  'objects without a creationTimestamp are applied together, so that the first by name wins';

/**
 * Resolves mesh, namespace, workload and port level. Per level the oldest policy wins whole, equal ages by name, then namespace. A policy
 * with a selector in the root namespace is ignored; port entries count only in the winning workload-level policy.
 *
 * Source: istio pilot/pkg/model/authentication.go (getConfigsForWorkload), pilot/pkg/security/authn/policy_applier.go
 * (ComposePeerAuthentication), reference §1.1, §14.
 */
export function effectiveModes(
  index: PolicyIndex<PeerAuthentication>,
  workload: { readonly cluster: string; readonly namespace: string; readonly labels: Readonly<Record<string, string>> },
  rootNamespace: string,
): EffectiveModes {
  const root = index
    .selecting(workload.cluster, rootNamespace, workload.labels)
    .filter((policy) => !hasSelector(policy.spec));
  const own =
    workload.namespace === rootNamespace ? [] : index.selecting(workload.cluster, workload.namespace, workload.labels);
  const assumes = new Set<string>();
  const winner = (policies: readonly PeerAuthentication[]): PeerAuthentication | undefined => {
    const [first, ...rest] = [...policies].sort(byAge);
    if (first && rest.some((other) => !other.creationTimestamp || !first.creationTimestamp))
      assumes.add(APPLIED_TOGETHER);
    return first;
  };
  const mesh = winner(root);
  const namespace = winner(own.filter((policy) => !hasSelector(policy.spec)));
  const selected = winner(own.filter((policy) => hasSelector(policy.spec)));

  let mode: PortMode = { mode: 'PERMISSIVE', by: null, level: 'default' };
  for (const [level, policy] of [
    ['mesh', mesh],
    ['namespace', namespace],
    ['workload', selected],
  ] as const) {
    const set = explicit(policy?.spec.mtls?.mode);
    if (policy && set)
      mode = { mode: set, by: byOf(policy, { clause: 'mtls.mode', path: ['spec', 'mtls', 'mode'] }), level };
  }
  const ports = new Map<number, PortMode>();
  for (const [key, entry] of Object.entries(selected?.spec.portLevelMtls ?? {})) {
    const port = Number(key);
    if (!selected || !Number.isInteger(port)) continue;
    const set = explicit(entry.mode);
    const clause = `portLevelMtls[${key}]`;
    ports.set(
      port,
      set
        ? { mode: set, by: byOf(selected, { clause, path: ['spec', 'portLevelMtls', key, 'mode'] }), level: 'port' }
        : mode,
    );
  }
  return { workload: mode, ports, assumes: [...assumes] };
}

function explicit(mode: MutualTlsMode | undefined): TransportMode | undefined {
  return mode === undefined || mode === 'UNSET' ? undefined : mode;
}

/** Oldest first; objects without a time count as created together, after those that have one. */
function byAge(a: PeerAuthentication, b: PeerAuthentication): number {
  const left = a.creationTimestamp ?? '~';
  const right = b.creationTimestamp ?? '~';
  if (left !== right) return left < right ? -1 : 1;
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.namespace < b.namespace ? -1 : a.namespace > b.namespace ? 1 : 0;
}
