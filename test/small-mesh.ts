import { dump } from 'js-yaml';

/** Manifests of small meshes for tests of rules. */
export type Manifest = Readonly<Record<string, unknown>>;

export const meshText = (manifests: readonly Manifest[]): string => manifests.map((each) => dump(each)).join('---\n');

export function namespace(
  name: string,
  labels: Readonly<Record<string, string>> = { 'istio-injection': 'enabled' },
): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export interface SmallWorkload {
  readonly serviceAccount?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Container port by the name of a port of its Service, which gives the protocol: `{ http: 8080 }`. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Container ports that no Service names. */
  readonly bare?: readonly number[];
  readonly hostNetwork?: boolean;
}

/** A Deployment `name` with pods labelled `app: name`, and a Service of that name where it has named ports: port 80, 81, … each. */
export function workload(namespaceName: string, name: string, given: SmallWorkload = {}): readonly Manifest[] {
  const { serviceAccount = name, labels = {}, annotations, ports = {}, bare = [], hostNetwork } = given;
  const numbers = [...Object.values(ports), ...bare];
  const container = {
    name: 'app',
    image: `registry.example/${name}:1`,
    ...(numbers.length > 0 ? { ports: numbers.map((containerPort) => ({ containerPort })) } : {}),
  };
  const template = {
    metadata: { labels: { app: name, ...labels }, ...(annotations ? { annotations } : {}) },
    spec: { serviceAccountName: serviceAccount, ...(hostNetwork ? { hostNetwork } : {}), containers: [container] },
  };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: namespaceName },
    spec: { selector: { matchLabels: { app: name } }, template },
  };
  const entries = Object.entries(ports).map(([portName, targetPort], index) => ({
    name: portName,
    port: 80 + index,
    targetPort,
  }));
  if (entries.length === 0) return [deployment];
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: namespaceName },
    spec: { selector: { app: name }, ports: entries },
  };
  return [deployment, service];
}

/** A security policy, for the pods `app: selects` unless its `spec` says otherwise. */
export function policy(
  kind: 'AuthorizationPolicy' | 'PeerAuthentication' | 'RequestAuthentication',
  namespaceName: string,
  name: string,
  spec: Manifest,
  metadata: Manifest = {},
): Manifest {
  return { apiVersion: 'security.istio.io/v1', kind, metadata: { name, namespace: namespaceName, ...metadata }, spec };
}

/** `selector` for the pods of `workload(…, name)`. */
export const selecting = (name: string): Manifest => ({ selector: { matchLabels: { app: name } } });

/** The ConfigMap of a mesh config. */
export function meshConfig(mesh: Manifest): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio', namespace: 'istio-system' },
    data: { mesh: dump(mesh) },
  };
}

/** Istio's injection webhook for namespaces with `istio-injection: enabled`, for meshes that are complete. */
export const INJECTOR: Manifest = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: 'istio-sidecar-injector' },
  webhooks: [
    {
      name: 'namespace.sidecar-injector.istio.io',
      clientConfig: { service: { name: 'istiod', namespace: 'istio-system', path: '/inject' } },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      namespaceSelector: { matchLabels: { 'istio-injection': 'enabled' } },
      objectSelector: { matchExpressions: [{ key: 'sidecar.istio.io/inject', operator: 'NotIn', values: ['false'] }] },
    },
  ],
};

/** A pod of the Deployment `name` in namespace `shop`, as it runs there with its sidecar. */
export const runningPod = (name: string, podIP: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: `${name}-6584ddcf65-k78wz`,
    namespace: 'shop',
    labels: { app: name },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${name}-6584ddcf65`, controller: true }],
  },
  spec: {
    serviceAccountName: name,
    containers: [
      { name: 'app', image: 'x' },
      { name: 'istio-proxy', image: 'proxyv2' },
    ],
  },
  status: { podIP },
});
