import { byOf } from '../../model/by.ts';
import type { Workload } from '../../model/inventory/types.ts';
import type { Sidecar } from '../../model/istio/sidecar.ts';
import type { By } from '../../result/location.ts';
import type { Enforcement } from '../enforcement.ts';
import { compareAge, isAgeUnknown } from '../gateway/age.ts';
import { APPLIED_TOGETHER } from '../mtls/effective-mode.ts';
import { matchesLabels } from '../../model/inventory/label-selection.ts';

/** What a workload's proxy does with destinations that it does not know. */
export interface OutboundPolicy {
  /** `none`: nothing of the kind acts here (outside the mesh, ztunnel, gateways). */
  readonly mode: 'ALLOW_ANY' | 'REGISTRY_ONLY' | 'none';
  /** The Sidecar that says so; null: mesh config, see `from`. */
  readonly by: By | null;
  /** The one that applies, whether it sets a policy or not. */
  readonly sidecar: Sidecar | null;
  readonly from: 'sidecar' | 'mesh-config' | 'default';
  /** Which object or default, in words. */
  readonly why: string;
  /** Which of several Sidecars is the oldest, where the input does not tell. */
  readonly assumes: readonly string[];
}

/**
 * `outboundTrafficPolicy` per workload: of the one Sidecar that applies, else of the mesh config. Neither gateways nor ztunnel know it.
 *
 * Source: istio pilot/pkg/model/push_context.go (getSidecarScope), sidecar.go (reference §7). One Sidecar per workload: of its namespace with
 * a selector that matches, of its namespace without, of the root namespace without; the oldest of several.
 */
export function outboundPolicies(enforcement: Enforcement): (workload: Workload) => OutboundPolicy {
  const ofNamespace = new Map<string, readonly Sidecar[]>();
  const sidecarsIn = (cluster: string, namespace: string): readonly Sidecar[] => {
    const key = `${cluster}\n${namespace}`;
    let list = ofNamespace.get(key);
    if (!list) {
      list = enforcement.mesh.resources.inNamespace('Sidecar', namespace, cluster).toSorted(compareAge);
      ofNamespace.set(key, list);
    }
    return list;
  };
  return (workload) => {
    const { kind } = workload.dataPlane;
    if (kind !== 'sidecar')
      return { mode: 'none', by: null, sidecar: null, from: 'default', why: reasons[kind], assumes: [] };
    const { cluster, namespace, labels } = workload;
    const own = sidecarsIn(cluster, namespace);
    const [sidecar, ...younger] =
      [
        own.filter((each) => hasSelector(each) && matchesLabels(each.spec.workloadSelector?.labels, labels)),
        own.filter((each) => !hasSelector(each)),
        sidecarsIn(cluster, enforcement.rootNamespace).filter((each) => !hasSelector(each)),
      ].find((candidates) => candidates.length > 0) ?? [];
    const assumes = sidecar && younger.some((each) => isAgeUnknown(sidecar, each)) ? [APPLIED_TOGETHER] : [];
    const written = sidecar?.spec.outboundTrafficPolicy;
    if (sidecar && written) {
      // The enum's zero value in Sidecar, unlike in the mesh config.
      const mode = written.mode ?? 'REGISTRY_ONLY';
      const by = byOf(sidecar, {
        clause: 'outboundTrafficPolicy.mode',
        path: ['spec', 'outboundTrafficPolicy', 'mode'],
      });
      return { mode, by, sidecar, from: 'sidecar', why: `Sidecar ${sidecar.namespace}/${sidecar.name}`, assumes };
    }
    const { value, from, by } = enforcement.configOf(workload).outboundTrafficPolicy;
    const mode = value === 'REGISTRY_ONLY' ? 'REGISTRY_ONLY' : 'ALLOW_ANY';
    return {
      mode,
      by: null,
      sidecar: sidecar ?? null,
      from: from === 'default' ? 'default' : 'mesh-config',
      why: by,
      assumes,
    };
  };
}

const reasons = {
  none: 'it has no proxy',
  ambient: 'ztunnel does not enforce an outbound policy',
  gateway: 'an outbound policy does not apply to gateways',
} as const;

const hasSelector = ({ spec }: Sidecar): boolean => Object.keys(spec.workloadSelector?.labels ?? {}).length > 0;
