import type { Diagnostic } from '../../../result/diagnostic.ts';
import { byOf } from '../../by.ts';
import type { KubernetesGateway } from '../../gateway/gateway.ts';
import type { GatewayListener } from '../../gateway/listener.ts';
import type { Resources } from '../../resources.ts';
import { LISTENS_ITSELF } from '../capture.ts';
import { REVISION } from '../data-plane/webhooks.ts';
import type { Member } from '../member.ts';
import type { PodSet } from '../pods/pod-set.ts';
import { convertProtocol } from '../protocol.ts';
import { isInternalLoadBalancer } from '../services/load-balancer.ts';
import { type DataPlane, type MeshService, namespaceKey, serviceId, workloadId } from '../types.ts';
import type { ClassInfo } from './classes.ts';
import { GATEWAY_CLASS_NAME, GATEWAY_MANAGED, GATEWAY_NAME, gatewayNameOf } from './role.ts';

export interface ManagedGateway {
  readonly member: Member;
  /** The Service beside it, for inputs that do not hold it. */
  readonly service: MeshService;
}

export interface ManagedGateways {
  readonly gateways: readonly ManagedGateway[];
  readonly diagnostics: readonly Diagnostic[];
}

const NAME_OVERRIDE = 'gateway.istio.io/name-override';
const SERVICE_ACCOUNT = 'gateway.istio.io/service-account';
const SERVICE_TYPE = 'networking.istio.io/service-type';
const SERVICE_TYPES = ['ClusterIP', 'NodePort', 'LoadBalancer'] as const;

/**
 * What istiod deploys for the Gateways whose pods are not in the input: a Deployment, a Service and a ServiceAccount of one name.
 * Source: istio pilot/pkg/config/kube/gatewaycommon/deploymentcontroller.go (reference §4.3, §8.3).
 */
export function deployManagedGateways(
  resources: Resources,
  pods: readonly PodSet[],
  classOf: (className: string, cluster: string) => ClassInfo | undefined,
): ManagedGateways {
  const deployed = new Set(
    pods.flatMap((set) => {
      const name = gatewayNameOf(set);
      return name === undefined ? [] : [`${namespaceKey(set.cluster, set.namespace)}/${name}`];
    }),
  );
  const gateways: ManagedGateway[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const gateway of resources.of('KubernetesGateway')) {
    const className = gateway.spec.gatewayClassName ?? '';
    const info = classOf(className, gateway.cluster);
    if (!info) {
      if (className.startsWith('istio-agentgateway')) diagnostics.push(notModelled(gateway, className));
      continue;
    }
    const found = deployed.has(`${namespaceKey(gateway.cluster, gateway.namespace)}/${gateway.name}`);
    if (!found && isManaged(gateway)) gateways.push(deploy(gateway, className, info));
  }
  return { gateways, diagnostics };
}

/** With a host name for an address, the Gateway is served by what stands behind that Service. */
function isManaged({ spec: { addresses = [] } }: KubernetesGateway): boolean {
  const [only] = addresses;
  return addresses.length < 2 && (only?.type ?? 'IPAddress') === 'IPAddress';
}

function deploy(gateway: KubernetesGateway, className: string, info: ClassInfo): ManagedGateway {
  const { cluster, namespace, spec, annotations } = gateway;
  const usual = info.suffixed ? `${gateway.name}-${className}` : gateway.name;
  const name = annotations[NAME_OVERRIDE] || usual;
  const labels = {
    ...(spec.infrastructure?.labels ?? gateway.labels),
    [GATEWAY_NAME]: gateway.name,
    [GATEWAY_CLASS_NAME]: className,
    [GATEWAY_MANAGED]: info.managed,
    'istio.io/dataplane-mode': 'none',
    'sidecar.istio.io/inject': 'false',
    'service.istio.io/canonical-name': name,
  };
  const what = info.kind === 'waypoint' ? 'waypoint' : 'Gateway';
  const dataPlane: DataPlane = {
    kind: 'gateway',
    status: 'INFERRED',
    why: `istiod deploys it for ${what} \`${namespace}/${gateway.name}\` of class \`${className}\``,
    by: byOf(gateway),
    assumes: ['managed gateways and waypoints are ready'],
    revision: gateway.labels[REVISION] ?? 'default',
    capture: LISTENS_ITSELF,
  };
  return {
    member: {
      id: workloadId(cluster, namespace, name),
      cluster,
      namespace,
      name,
      kind: 'Gateway',
      resource: gateway,
      templatePath: [],
      labels,
      annotations: spec.infrastructure?.annotations ?? annotations,
      spec: {},
      pods: [],
      decision: { dataPlane },
      gateway: { kind: info.kind, gatewayName: gateway.name, className },
      serviceAccount: annotations[SERVICE_ACCOUNT] || usual,
      addresses: [],
      declared: [],
    },
    service: serviceOf(gateway, name, labels, info),
  };
}

function serviceOf(
  gateway: KubernetesGateway,
  name: string,
  labels: MeshService['labels'],
  info: ClassInfo,
): MeshService {
  const { cluster, namespace, spec } = gateway;
  const written = gateway.annotations[SERVICE_TYPE];
  const annotations = spec.infrastructure?.annotations ?? gateway.annotations;
  return {
    id: serviceId(cluster, namespace, name),
    cluster,
    namespace,
    name,
    labels,
    annotations,
    type: SERVICE_TYPES.find((type) => type === written) ?? info.serviceType,
    headless: false,
    externalIPs: [],
    loadBalancerSourceRanges: [],
    internal: isInternalLoadBalancer({ annotations, spec: {} }),
    ports: servicePorts(spec.listeners ?? []),
    workloads: [],
    resource: gateway,
  };
}

/** One port per number, as its pods listen on it; the status port is left out. */
function servicePorts(listeners: readonly GatewayListener[]): MeshService['ports'] {
  const byNumber = new Map<number, GatewayListener>();
  for (const listener of listeners) {
    if (listener.port !== undefined && !byNumber.has(listener.port)) byNumber.set(listener.port, listener);
  }
  return [...byNumber].map(([port, { name, protocol = '' }]) => ({
    port,
    ...(name !== undefined && { name }),
    transport: protocol === 'UDP' ? 'UDP' : 'TCP',
    ...convertProtocol({ port, name, appProtocol: protocol.toLowerCase() }),
    targetPort: port,
  }));
}

function notModelled({ origin, namespace, name }: KubernetesGateway, className: string): Diagnostic {
  return {
    severity: 'warning',
    file: origin.source,
    line: origin.line,
    message: `Gateway \`${namespace}/${name}\` is of class \`${className}\`, whose data plane is not modelled: nothing is concluded about it`,
    help: '',
  };
}
