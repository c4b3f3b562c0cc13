import { loadAll } from 'js-yaml';
import type { Value } from '../live/fake-api-server.ts';

/** Something with an address of its own on the bridge. */
export interface Host {
  readonly name: string;
  readonly ip: string;
  /** More addresses that it may send from. */
  readonly others?: readonly string[];
}

/** A pod of the test. */
export interface MeshPod extends Host {
  readonly namespace: string;
  /** The Envoy in it, as pilot-agent calls it. */
  readonly proxy?: 'sidecar' | 'router' | 'waypoint';
  /** Inbound ports that are not redirected to the sidecar. */
  readonly excludedPorts?: string;
  /** What the pod says of its proxy; the injector would hand it on. */
  readonly proxyConfig?: Readonly<Record<string, unknown>>;
}

/** The bridge, as pods and as the world outside see it. */
export const NODE = '10.244.0.1';
export const NODE_OUTSIDE = '203.0.113.1';
export const SERVER: MeshPod = {
  name: 'server',
  namespace: 'demo',
  ip: '10.244.0.11',
  proxy: 'sidecar',
  excludedPorts: '7000',
};
export const CLIENTS: readonly MeshPod[] = [
  { name: 'client-a', namespace: 'demo', ip: '10.244.0.12', proxy: 'sidecar' },
  { name: 'client-b', namespace: 'other', ip: '10.244.0.13', proxy: 'sidecar' },
  { name: 'plain', namespace: 'legacy', ip: '10.244.0.14' },
];
export const INGRESS: MeshPod = { name: 'ingress', namespace: 'edge', ip: '10.244.0.15', proxy: 'router' };
/** What a waypoint stands in front of. There is no ztunnel here: the waypoint reaches it in plaintext. */
export const WEB: MeshPod = { name: 'web', namespace: 'ambient', ip: '10.244.0.16' };
export const WAYPOINT: MeshPod = { name: 'waypoint', namespace: 'ambient', ip: '10.244.0.17', proxy: 'waypoint' };
export const PODS: readonly MeshPod[] = [SERVER, ...CLIENTS, INGRESS, WEB, WAYPOINT];

/** What is no pod, and comes through the gateway. */
export const OUTSIDE: Host = { name: 'outside', ip: '203.0.113.5', others: ['203.0.113.77'] };

/** The ports of the Service, and those that the application listens on. */
export const SERVICE_PORTS = [
  { name: 'http', port: 80, targetPort: 8080 },
  { name: 'http-second', port: 81, targetPort: 8081 },
  { name: 'tcp', port: 9000, targetPort: 9000 },
  { name: 'http-excluded', port: 7000, targetPort: 7000 },
  // No protocol that Istio knows: it is detected.
  { name: 'any', port: 9100, targetPort: 9100 },
] as const;
/** Where the application listens though no Service says so. */
export const UNDECLARED_PORT = 9400;
export const SERVICE_IP = '10.96.0.50';
export const SERVICE_HOST = 'server.demo.svc.cluster.local';

/** The ports of the gateway's Service, and those that its pod listens on. */
const INGRESS_PORTS = [
  { name: 'http', port: 80, targetPort: 8080 },
  { name: 'https', port: 443, targetPort: 8443 },
  { name: 'tcp', port: 9000, targetPort: 9000 },
] as const;
const INGRESS_IP = '10.96.0.60';

const WEB_PORTS = [
  { name: 'http', port: 80, targetPort: 8080 },
  { name: 'tcp', port: 9000, targetPort: 9000 },
] as const;
/** Where a waypoint takes tunnels. */
export const HBONE = 15008;

export interface MeshService {
  readonly pod: MeshPod;
  readonly ip: string;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort: number }[];
  readonly type?: string;
  readonly labels?: Readonly<Record<string, string>>;
}
/** Each has the name of its only pod. */
export const SERVICES: readonly MeshService[] = [
  { pod: SERVER, ip: SERVICE_IP, ports: SERVICE_PORTS },
  { pod: INGRESS, ip: INGRESS_IP, ports: INGRESS_PORTS, type: 'LoadBalancer' },
  { pod: WEB, ip: '10.96.0.70', ports: WEB_PORTS, labels: { 'istio.io/use-waypoint': WAYPOINT.name } },
  { pod: WAYPOINT, ip: '10.96.0.71', ports: [{ name: 'hbone', port: HBONE, targetPort: HBONE }] },
];

/** As clients write it: the port where it is not that of the scheme. */
export const hostAt = (port: number): string => (port === 80 ? SERVICE_HOST : `${SERVICE_HOST}:${port}`);

export const MESH_CONFIG = `rootNamespace: istio-system
trustDomain: cluster.local
enablePrometheusMerge: false
defaultProviders: { metrics: [] }
accessLogFile: ./access.log
`;

/** Objects of a YAML text, of whatever kind. */
export const parseObjects = (text: string): readonly Value[] =>
  (loadAll(text) as readonly (Value | null)[]).filter((value) => value !== null && value !== undefined);

/** What is there in every scene. */
export function worldObjects(): readonly Value[] {
  return [...parseObjects(PLATFORM), ...PODS.flatMap(podObjects), ...SERVICES.flatMap(serviceObjects)];
}

// A new connection for each request: an established one keeps the policies that it began with.
const PLATFORM = `
apiVersion: v1
kind: Namespace
metadata: { name: demo, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Namespace
metadata: { name: other, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Namespace
metadata: { name: legacy }
---
apiVersion: v1
kind: Namespace
metadata: { name: edge }
---
apiVersion: v1
kind: Namespace
metadata: { name: ambient }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: waypoint, namespace: ambient, labels: { istio.io/waypoint-for: service } }
spec: { gatewayClassName: istio-waypoint, listeners: [{ name: mesh, port: ${HBONE}, protocol: HBONE }] }
---
# What only Istio's own build of Envoy has, and decides nothing.
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: stock-envoy, namespace: ambient }
spec:
  targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: waypoint }]
  configPatches:
    - applyTo: HTTP_FILTER
      match: { context: SIDECAR_INBOUND, listener: { filterChain: { filter: { name: envoy.filters.network.http_connection_manager, subFilter: { name: waypoint_downstream_peer_metadata } } } } }
      patch: { operation: REMOVE }
    - applyTo: HTTP_FILTER
      match: { context: SIDECAR_INBOUND, listener: { filterChain: { filter: { name: envoy.filters.network.http_connection_manager, subFilter: { name: waypoint_upstream_peer_metadata } } } } }
      patch: { operation: REMOVE }
---
# istiod hands on the Secrets of a namespace to whoever may read them.
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: ingress-secrets, namespace: edge }
rules: [{ apiGroups: [""], resources: [secrets], verbs: [get, watch, list] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: ingress-secrets, namespace: edge }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: ingress-secrets }
subjects: [{ kind: ServiceAccount, name: ingress, namespace: edge }]
---
apiVersion: v1
kind: Node
metadata: { name: node1 }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data:
  mesh: ${JSON.stringify(MESH_CONFIG)}
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: istiod, namespace: istio-system, labels: { app: istiod, istio.io/rev: default } }
spec:
  replicas: 1
  selector: { matchLabels: { app: istiod } }
  template:
    metadata: { labels: { app: istiod, istio.io/rev: default } }
    spec:
      containers:
        - name: discovery
          image: docker.io/istio/pilot:1.32.0
          env: [{ name: REVISION, value: default }]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: new-connections, namespace: demo }
spec:
  host: ${SERVICE_HOST}
  exportTo: ["*"]
  trafficPolicy: { connectionPool: { http: { maxRequestsPerConnection: 1 } } }
`;

const SIDECAR_STATUS = JSON.stringify({
  initContainers: ['istio-init'],
  containers: ['istio-proxy'],
  volumes: [],
  imagePullSecrets: null,
  revision: 'default',
});

export const labelsOf = ({ name, proxy }: MeshPod): Readonly<Record<string, string>> => ({
  app: name,
  ...(proxy ? { 'security.istio.io/tlsMode': 'istio', 'service.istio.io/canonical-name': name } : {}),
  ...(proxy === 'router' ? { istio: 'ingressgateway', 'sidecar.istio.io/inject': 'true' } : {}),
  ...(proxy === 'waypoint'
    ? {
        'gateway.networking.k8s.io/gateway-name': name,
        'gateway.networking.k8s.io/gateway-class-name': 'istio-waypoint',
        'gateway.istio.io/managed': 'istio.io-mesh-controller',
      }
    : {}),
});

export const PROXY_CONFIG = 'proxy.istio.io/config';
export const annotationsOf = ({ proxy, excludedPorts, proxyConfig }: MeshPod): Readonly<Record<string, string>> => ({
  ...(proxy === 'sidecar' ? { 'sidecar.istio.io/status': SIDECAR_STATUS } : {}),
  ...(proxy === 'router' ? { 'inject.istio.io/templates': 'gateway' } : {}),
  ...(excludedPorts === undefined ? {} : { 'traffic.sidecar.istio.io/excludeInboundPorts': excludedPorts }),
  ...(proxyConfig === undefined ? {} : { [PROXY_CONFIG]: JSON.stringify(proxyConfig) }),
});

/** What is told to `istio-init`: the same that its program gets here. */
export const captureFlags = ({ excludedPorts }: MeshPod): readonly string[] => [
  ...['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-x', '', '-b', '*'],
  ...['-d', ['15090', '15021', '15020', ...(excludedPorts === undefined ? [] : [excludedPorts])].join(',')],
];

function podObjects(pod: MeshPod): readonly Value[] {
  const { name, namespace, ip, proxy } = pod;
  const image = 'docker.io/istio/proxyv2:1.32.0';
  const ports = (SERVICES.find((service) => service.pod === pod)?.ports ?? []).map(({ name: port, targetPort }) => ({
    name: port.slice(0, 15),
    containerPort: targetPort,
  }));
  const envoy = { name: 'istio-proxy', image, args: ['proxy', proxy], securityContext: { runAsUser: 1337 } };
  const app = { name: 'app', image: 'registry.example/app:1', ports };
  const containers = {
    sidecar: [app, envoy],
    router: [{ ...envoy, ports }],
    waypoint: [{ ...envoy, ports }],
    none: [app],
  };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels: labelsOf(pod), annotations: annotationsOf(pod) },
      spec: {
        serviceAccountName: name,
        nodeName: 'node1',
        containers: containers[proxy ?? 'none'],
        ...(proxy === 'sidecar'
          ? { initContainers: [{ name: 'istio-init', image, args: ['istio-iptables', ...captureFlags(pod)] }] }
          : {}),
      },
      status: {
        phase: 'Running',
        podIP: ip,
        podIPs: [{ ip }],
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    },
  ];
}

const serviceObjects = (service: MeshService): readonly Value[] => [serviceOf(service), endpointsOf(service)];

const serviceOf = ({ pod: { name, namespace }, ip, ports, type = 'ClusterIP', labels = {} }: MeshService): Value => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace, labels },
  spec: { type, clusterIP: ip, selector: { app: name }, ports },
});

/** Made here in place of the controller that makes them of a Service and its pods. */
const endpointsOf = ({ pod: { name, namespace, ip }, ports }: MeshService): Value => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: `${name}-1`,
    namespace,
    labels: {
      'kubernetes.io/service-name': name,
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    },
  },
  addressType: 'IPv4',
  endpoints: [
    {
      addresses: [ip],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'node1',
      targetRef: { kind: 'Pod', name, namespace },
    },
  ],
  ports: ports.map(({ name: port, targetPort }) => ({ name: port, port: targetPort, protocol: 'TCP' })),
});
