import type { Resources } from '../../resources.ts';

/** What istiod deploys for the Gateways of a class (istio pilot/pkg/config/kube/gatewaycommon/classinfo.go). */
export interface ClassInfo {
  readonly kind: 'kubernetes' | 'waypoint';
  /** Whether the Deployment is called `<gateway>-<class>`, or as the Gateway. */
  readonly suffixed: boolean;
  readonly serviceType: 'LoadBalancer' | 'ClusterIP';
  readonly managed: string;
}

const GATEWAY: ClassInfo = {
  kind: 'kubernetes',
  suffixed: true,
  serviceType: 'LoadBalancer',
  managed: 'istio.io-gateway-controller',
};
const WAYPOINT: ClassInfo = {
  kind: 'waypoint',
  suffixed: false,
  serviceType: 'ClusterIP',
  managed: 'istio.io-mesh-controller',
};
const EAST_WEST: ClassInfo = {
  kind: 'kubernetes',
  suffixed: false,
  serviceType: 'LoadBalancer',
  managed: 'istio.io-eastwest-controller',
};

const BY_CONTROLLER: ReadonlyMap<string, ClassInfo> = new Map([
  ['istio.io/gateway-controller', GATEWAY],
  ['istio.io/mesh-controller', WAYPOINT],
  ['istio.io/eastwest-controller', EAST_WEST],
]);
/** The classes that istiod makes itself. `istio-remote` is a gateway of another cluster: nothing is deployed. */
const BUILT_IN: ReadonlyMap<string, ClassInfo> = new Map([
  ['istio', GATEWAY],
  ['istio-waypoint', WAYPOINT],
  ['istio-east-west', EAST_WEST],
]);

/** Looks up a class by its GatewayClass object, else among the built-in ones; undefined for classes whose Gateways are not Envoys of Istio. */
export function readGatewayClasses(
  resources: Resources,
): (className: string, cluster: string) => ClassInfo | undefined {
  return (className, cluster) => {
    const controller = resources.find('GatewayClass', '', className, cluster)?.spec.controllerName;
    return controller === undefined ? BUILT_IN.get(className) : BY_CONTROLLER.get(controller);
  };
}
