import type { KubernetesGateway } from '../../../model/gateway/gateway.ts';
import type { Mesh } from '../../../model/inventory/types.ts';

export type Controller = 'gateway' | 'waypoint' | 'east-west' | 'remote' | 'foreign';

const BY_NAME: Readonly<Record<string, Controller>> = {
  'istio.io/gateway-controller': 'gateway',
  'istio.io/mesh-controller': 'waypoint',
  'istio.io/eastwest-controller': 'east-west',
  'istio.io/unmanaged-gateway': 'remote',
};
/** Classes that istiod makes itself, so that they need not be in the input. */
const BUILT_IN: Readonly<Record<string, Controller>> = {
  istio: 'gateway',
  'istio-waypoint': 'waypoint',
  'istio-east-west': 'east-west',
  'istio-remote': 'remote',
};

/** Who serves a Gateway. Source: istio pilot/pkg/config/kube/gatewaycommon/classinfo.go, reference §8.3. */
export function controllerOf(mesh: Mesh, { spec, cluster }: KubernetesGateway): Controller {
  const name = spec.gatewayClassName ?? '';
  const written = mesh.resources.find('GatewayClass', '', name, cluster)?.spec.controllerName;
  if (written !== undefined) return (Object.hasOwn(BY_NAME, written) ? BY_NAME[written] : undefined) ?? 'foreign';
  return (Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined) ?? 'foreign';
}
