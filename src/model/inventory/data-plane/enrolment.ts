import { byOf } from '../../by.ts';
import { type PodSet, SIDECAR_STATUS } from '../pods/pod-set.ts';
import type { By, MeshNamespace } from '../types.ts';

const DATAPLANE_MODE = 'istio.io/dataplane-mode';

export interface Enrolment {
  /** `refused`: asked for, and yet not redirected. */
  readonly outcome: 'enrolled' | 'refused' | 'not-asked' | 'unknown';
  readonly why: string;
  readonly by?: By;
}

/** `cni.excludeNamespaces` of the chart. */
const EXCLUDED_NAMESPACES: ReadonlySet<string> = new Set(['kube-system']);

/**
 * Whether istio-cni redirects the pods to ztunnel, by their labels. Source: istio cni/pkg/util/podutil.go (PodRedirectionEnabled),
 * enablement_selector.go (reference §4.1).
 */
export function decideEnrolment(set: PodSet, namespace: MeshNamespace, labelsKnown: boolean): Enrolment {
  const where = `namespace \`${namespace.name}\``;
  const podMode = set.labels[DATAPLANE_MODE];
  const namespaceMode = namespace.labels[DATAPLANE_MODE];

  const asks = podMode === 'ambient' || namespaceMode === 'ambient';
  const onHost = set.spec.hostNetwork === true;
  const excluded = EXCLUDED_NAMESPACES.has(namespace.name);
  if (!asks) {
    const settled = labelsKnown || podMode === 'none' || onHost || excluded;
    return settled
      ? { outcome: 'not-asked', why: `neither ${where} nor its pods ask for ambient` }
      : { outcome: 'unknown', why: `the labels of ${where} are not in the input` };
  }
  const ofPod = byOf(set.resource, { path: [...set.templatePath, 'metadata', 'labels', DATAPLANE_MODE] });
  if (podMode === 'none') {
    return { outcome: 'refused', why: `its pod label \`${DATAPLANE_MODE}: none\` opts out of ambient`, by: ofPod };
  }
  if (onHost) {
    const by = byOf(set.resource, { path: [...set.templatePath, 'spec', 'hostNetwork'] });
    return { outcome: 'refused', why: 'it uses the host network, which ztunnel never captures', by };
  }
  if (excluded) return { outcome: 'refused', why: `istio-cni excludes ${where}` };
  if (set.annotations[SIDECAR_STATUS] !== undefined) {
    const by = byOf(set.resource, { path: [...set.templatePath, 'metadata', 'annotations', SIDECAR_STATUS] });
    return { outcome: 'refused', why: `its annotation \`${SIDECAR_STATUS}\` keeps istio-cni away`, by };
  }
  const ofNamespace = namespace.resource && byOf(namespace.resource, { path: ['metadata', 'labels', DATAPLANE_MODE] });
  return podMode === 'ambient'
    ? { outcome: 'enrolled', why: `its pod label \`${DATAPLANE_MODE}: ambient\` enrols it`, by: ofPod }
    : {
        outcome: 'enrolled',
        why: `${where} has \`${DATAPLANE_MODE}: ambient\``,
        ...(ofNamespace && { by: ofNamespace }),
      };
}
