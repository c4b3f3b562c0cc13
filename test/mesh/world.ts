import { loadAll } from 'js-yaml';
import type { Value } from '../live/fake-api-server.ts';

/** A pod of the test, with an address of its own on the bridge. */
export interface MeshPod {
  readonly name: string;
  readonly namespace: string;
  readonly ip: string;
  readonly hasSidecar: boolean;
  /** Inbound ports that are not redirected to the sidecar. */
  readonly excludedPorts?: string;
}

export const GATEWAY = '10.244.0.1';
export const SERVER: MeshPod = {
  name: 'server',
  namespace: 'demo',
  ip: '10.244.0.11',
  hasSidecar: true,
  excludedPorts: '7000',
};
export const PODS: readonly MeshPod[] = [
  SERVER,
  { name: 'client-a', namespace: 'demo', ip: '10.244.0.12', hasSidecar: true },
  { name: 'client-b', namespace: 'other', ip: '10.244.0.13', hasSidecar: true },
  { name: 'plain', namespace: 'legacy', ip: '10.244.0.14', hasSidecar: false },
];

/** The ports of the Service, and those that the application listens on. */
export const SERVICE_PORTS = [
  { name: 'http', port: 80, targetPort: 8080 },
  { name: 'http-second', port: 81, targetPort: 8081 },
  { name: 'tcp', port: 9000, targetPort: 9000 },
  { name: 'http-excluded', port: 7000, targetPort: 7000 },
] as const;
export const SERVICE_IP = '10.96.0.50';
export const SERVICE_HOST = 'server.demo.svc.cluster.local';

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
  return [...parseObjects(PLATFORM), ...PODS.flatMap(podObjects), service(), endpoints()];
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

export const labelsOf = ({ name, hasSidecar }: MeshPod): Readonly<Record<string, string>> => ({
  app: name,
  ...(hasSidecar ? { 'security.istio.io/tlsMode': 'istio', 'service.istio.io/canonical-name': name } : {}),
});

export const annotationsOf = ({ hasSidecar, excludedPorts }: MeshPod): Readonly<Record<string, string>> => ({
  ...(hasSidecar ? { 'sidecar.istio.io/status': SIDECAR_STATUS } : {}),
  ...(excludedPorts === undefined ? {} : { 'traffic.sidecar.istio.io/excludeInboundPorts': excludedPorts }),
});

/** What is told to `istio-init`: the same that its program gets here. */
export const captureFlags = ({ excludedPorts }: MeshPod): readonly string[] => [
  ...['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-x', '', '-b', '*'],
  ...['-d', ['15090', '15021', '15020', ...(excludedPorts === undefined ? [] : [excludedPorts])].join(',')],
];

function podObjects(pod: MeshPod): readonly Value[] {
  const { name, namespace, ip, hasSidecar } = pod;
  const image = 'docker.io/istio/proxyv2:1.32.0';
  const ports =
    pod === SERVER
      ? SERVICE_PORTS.map(({ name: port, targetPort }) => ({ name: port.slice(0, 15), containerPort: targetPort }))
      : [];
  const sidecar = { name: 'istio-proxy', image, args: ['proxy', 'sidecar'], securityContext: { runAsUser: 1337 } };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels: labelsOf(pod), annotations: annotationsOf(pod) },
      spec: {
        serviceAccountName: name,
        nodeName: 'node1',
        containers: [{ name: 'app', image: 'registry.example/app:1', ports }, ...(hasSidecar ? [sidecar] : [])],
        ...(hasSidecar
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

const service = (): Value => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: SERVER.name, namespace: SERVER.namespace },
  spec: { clusterIP: SERVICE_IP, selector: { app: SERVER.name }, ports: SERVICE_PORTS },
});

/** Made here in place of the controller that makes them of a Service and its pods. */
const endpoints = (): Value => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: 'server-1',
    namespace: SERVER.namespace,
    labels: {
      'kubernetes.io/service-name': SERVER.name,
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    },
  },
  addressType: 'IPv4',
  endpoints: [
    {
      addresses: [SERVER.ip],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'node1',
      targetRef: { kind: 'Pod', name: SERVER.name, namespace: SERVER.namespace },
    },
  ],
  ports: SERVICE_PORTS.map(({ name, targetPort }) => ({ name, port: targetPort, protocol: 'TCP' })),
});
