import type { Resource } from '../model/resource.ts';
import type { PolicyIndex } from './policy-index.ts';

/** Where policies are evaluated, as far as attachment goes. */
export type AttachmentPoint = {
  readonly cluster: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly rootNamespace: string;
  /** Revision of the control plane that configures the proxy. */
  readonly revision: string;
} & (
  | { readonly kind: 'sidecar' | 'gateway' }
  | { readonly kind: 'kubernetes-gateway'; readonly gatewayName: string }
  | {
      readonly kind: 'waypoint';
      readonly gatewayName: string;
      /** The service whose chain it is; absent for traffic addressed to a pod. */
      readonly service?: {
        readonly kind: 'Service' | 'ServiceEntry';
        readonly namespace: string;
        readonly name: string;
      };
    }
);

type Attachable = Resource<{
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly targetRef?: { readonly kind?: string; readonly name?: string };
  readonly targetRefs?: readonly { readonly kind?: string; readonly name?: string }[];
}>;

/**
 * The AuthorizationPolicies or RequestAuthentications that act at a point. Root-namespace policies with a selector act in every namespace.
 * A waypoint takes only targetRefs; sidecars and classic gateways take none of them.
 *
 * Source: istio pilot/pkg/model/policyattachment.go, authorization.go (reference §2.2).
 */
export function attachedPolicies<P extends Attachable>(index: PolicyIndex<P>, point: AttachmentPoint): readonly P[] {
  const { cluster, namespace, rootNamespace, labels } = point;
  const found: P[] = [];
  if (point.kind === 'waypoint') {
    found.push(...index.targeting(cluster, rootNamespace, 'GatewayClass', 'istio-waypoint'));
    found.push(...index.targeting(cluster, namespace, 'Gateway', point.gatewayName));
    if (point.service)
      found.push(...index.targeting(cluster, point.service.namespace, point.service.kind, point.service.name));
  } else {
    found.push(...index.selecting(cluster, rootNamespace, labels));
    if (namespace !== rootNamespace) found.push(...index.selecting(cluster, namespace, labels));
    if (point.kind === 'kubernetes-gateway')
      found.push(...index.targeting(cluster, namespace, 'Gateway', point.gatewayName));
  }
  return found.filter((policy) => isReadBy(policy, point.revision));
}

/** A policy labelled with a revision is read by that revision's istiod alone. */
export function isReadBy(policy: Resource, revision: string): boolean {
  const wanted = policy.labels['istio.io/rev'];
  return wanted === undefined || wanted === '' || wanted === revision;
}
