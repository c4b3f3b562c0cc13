import { findProxy, type PodSet } from '../pods/pod-set.ts';
import type { GatewayRole } from '../types.ts';
import type { ClassInfo } from './classes.ts';

export const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name';
export const GATEWAY_CLASS_NAME = 'gateway.networking.k8s.io/gateway-class-name';
export const GATEWAY_MANAGED = 'gateway.istio.io/managed';
/** What istiod called `gateway-name` before 1.24. */
const OLD_GATEWAY_NAME = 'istio.io/gateway-name';

export const gatewayNameOf = ({ labels }: Pick<PodSet, 'labels'>): string | undefined =>
  labels[GATEWAY_NAME] ?? labels[OLD_GATEWAY_NAME];

/**
 * What shows that a proxy in these pods is a gateway and no sidecar; undefined for a sidecar. Labels that Gateways select by
 * (`istio: ingressgateway`) show nothing: what they select may be a sidecar.
 */
export function findGatewayMark(set: PodSet, templates: readonly string[] = []): string | undefined {
  const named = set.annotations['inject.istio.io/templates']?.split(',').map((name) => name.trim()) ?? templates;
  if (named.includes('gateway')) return 'its inject template is `gateway`';
  const mode = findProxy(set.spec)?.args?.find((arg) => ['router', 'waypoint', 'sidecar'].includes(arg));
  if (mode === 'sidecar') return undefined;
  if (mode) return `its proxy container runs as \`${mode}\``;
  if (gatewayNameOf(set) !== undefined) return `its pods are labelled \`${GATEWAY_NAME}: ${gatewayNameOf(set)}\``;
  const others = (set.spec.containers ?? []).filter((container) => container !== findProxy(set.spec));
  return findProxy(set.spec) && others.length === 0 ? 'its pods hold nothing but the proxy' : undefined;
}

/**
 * What kind of gateway it is. `className` is the class of the Gateway API object that its `gateway-name` label names, `classInfo`
 * what istiod makes for that class, as far as the input tells.
 */
export function gatewayRoleOf(
  set: PodSet,
  className: string | undefined,
  classInfo: ClassInfo | undefined,
): GatewayRole {
  const gatewayName = gatewayNameOf(set);
  if (gatewayName === undefined) {
    const words = [set.labels.istio, set.labels.app];
    return { kind: words.some((word) => word?.includes('egress')) ? 'egress' : 'istio' };
  }
  return {
    kind: classInfo?.kind ?? (isWaypoint(set, className) ? 'waypoint' : 'kubernetes'),
    gatewayName,
    ...(className !== undefined && { className }),
  };
}

/** East-west gateways of ambient run the same program as waypoints. */
function isWaypoint(set: PodSet, className: string | undefined): boolean {
  if (className !== undefined) return className.includes('waypoint');
  const managed = set.labels[GATEWAY_MANAGED];
  if (managed !== undefined) return managed === 'istio.io-mesh-controller';
  return findProxy(set.spec)?.args?.includes('waypoint') ?? false;
}
