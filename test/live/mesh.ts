import { readdirSync, readFileSync } from 'node:fs';
import { readText } from '../../src/collect/read-text.ts';
import { KINDS } from '../../src/model/kinds.ts';
import { pluralOf } from '../../src/collect/live/asks.ts';
import type { FakeKind, FakeUser, Rule, Value } from './fake-api-server.ts';

const ROOT = new URL('../../', import.meta.url);

/** The objects of the example as a cluster would hold them, with pods, and with secrets wherever somebody may have put one. */
export const PLANTED = [
  'planted-env-value',
  'planted-argument',
  'planted-flag-value',
  'planted-annotation',
  'planted-last-applied',
  'planted-managed-field',
  'planted-config-map',
  'planted-secret-object',
  'planted-plugin-config',
  'planted-lua-bearer',
  'planted-header-value',
  'planted-route-header',
  'planted-mesh-token',
  'planted-proxy-password',
  'planted-template-annotation',
  'planted-url-password',
  'planted-wasm-env',
] as const;

function parseYaml(text: string): readonly Value[] {
  return readText(text, 'test').objects.map(({ value }) => value);
}

function exampleObjects(): readonly Value[] {
  const folder = new URL('examples/payments/', ROOT);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml') && name !== 'meshproof.yaml')
    .sort()
    .flatMap((name) => parseYaml(readFileSync(new URL(name, folder), 'utf8')));
}

/** What a cluster has and manifests in Git do not: the injector's webhook, pods that run. */
const RUNNING = `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: { name: istio-sidecar-injector, labels: { istio.io/rev: default } }
webhooks:
  - name: namespace.sidecar-injector.istio.io
    sideEffects: None
    admissionReviewVersions: [v1]
    failurePolicy: Ignore
    clientConfig: { service: { name: istiod, namespace: istio-system, path: /inject, port: 443 }, caBundle: cGxhbnRlZA== }
    namespaceSelector: { matchLabels: { istio-injection: enabled } }
    rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods], scope: "*" }]
---
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: payments-api-7d4b9c8f6d
  namespace: payments
  labels: { app: payments-api, team: payments, pod-template-hash: 7d4b9c8f6d }
  ownerReferences: [{ apiVersion: apps/v1, kind: Deployment, name: payments-api, uid: "1", controller: true }]
spec:
  replicas: 1
  selector: { matchLabels: { app: payments-api, pod-template-hash: 7d4b9c8f6d } }
  template:
    metadata: { labels: { app: payments-api, team: payments, pod-template-hash: 7d4b9c8f6d } }
    spec: { serviceAccountName: payments-api, containers: [{ name: payments-api, image: "registry.example/payments/api:7.4" }] }
---
apiVersion: v1
kind: Pod
metadata:
  name: payments-api-7d4b9c8f6d-x2x4z
  namespace: payments
  labels: { app: payments-api, team: payments, pod-template-hash: 7d4b9c8f6d }
  annotations: { sidecar.istio.io/status: '{"revision":"default"}' }
  ownerReferences: [{ apiVersion: apps/v1, kind: ReplicaSet, name: payments-api-7d4b9c8f6d, uid: "2", controller: true }]
spec:
  serviceAccountName: payments-api
  containers:
    - { name: payments-api, image: "registry.example/payments/api:7.4", ports: [{ name: http, containerPort: 8080 }] }
    - { name: istio-proxy, image: "docker.io/istio/proxyv2:1.31.1" }
status: { phase: Running, podIP: 10.1.2.4 }
---
apiVersion: v1
kind: Pod
metadata: { name: finished, namespace: payments }
spec: { containers: [{ name: job, image: "registry.example/job:1" }] }
status: { phase: Succeeded }
`;

const SECRETS = `
apiVersion: v1
kind: Secret
metadata: { name: ledger-db, namespace: payments }
stringData: { password: planted-secret-object }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: app-settings, namespace: payments }
data: { settings: "password=planted-config-map" }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: other, namespace: istio-system }
data: { mesh: "planted-config-map" }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio-canary, namespace: istio-system }
data:
  other: planted-config-map
  mesh: |
    accessLogFile: /dev/stdout
    defaultConfig:
      proxyMetadata:
        DB_PASSWORD: planted-proxy-password
    extensionProviders:
      - name: lightstep
        lightstep: { service: a.example, port: 1, accessToken: planted-mesh-token }
---
apiVersion: v1
kind: Pod
metadata:
  name: bare
  namespace: payments
  annotations:
    example.com/api-key: planted-annotation
    kubectl.kubernetes.io/last-applied-configuration: '{"spec":"planted-last-applied"}'
  managedFields: [{ manager: planted-managed-field }]
spec:
  containers:
    - name: app
      image: registry.example/app:1
      env: [{ name: DB, value: planted-env-value }]
      args: [serve, planted-argument]
      command: [sh, -c, planted-argument]
    - name: istio-proxy
      image: docker.io/istio/proxyv2:1.31.1
      args: [proxy, sidecar, --token, planted-flag-value, --log_output_level=default:info]
      env: [{ name: ISTIO_META_API_TOKEN, value: planted-env-value }, { name: APP_SETTING, value: planted-env-value }]
status: { phase: Running, podIP: 10.1.2.3 }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: annotated, namespace: payments }
spec:
  selector: { matchLabels: { app: annotated } }
  template:
    metadata:
      labels: { app: annotated }
      annotations: { vault.example/template: planted-template-annotation }
    spec: { containers: [{ name: app, image: registry.example/app:1, env: [{ name: TOKEN, value: planted-env-value }] }] }
---
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: { name: filter, namespace: payments }
spec:
  url: https://user:planted-url-password@registry.example/filter.wasm
  phase: AUTHN
  pluginConfig: { key: planted-plugin-config }
  vmConfig: { env: [{ name: A, value: planted-wasm-env }] }
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: header, namespace: payments }
spec:
  configPatches:
    - applyTo: HTTP_FILTER
      match: { context: SIDECAR_INBOUND }
      patch:
        operation: INSERT_BEFORE
        value:
          name: envoy.filters.http.lua
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua
            inlineCode: 'function f(h) h:headers():add("authorization", "Bearer planted-lua-bearer") end'
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: by-header, namespace: payments }
spec:
  selector: { matchLabels: { app: annotated } }
  action: ALLOW
  rules: [{ when: [{ key: "request.headers[x-api-key]", values: [planted-header-value] }] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: with-header, namespace: payments }
spec:
  hosts: [annotated.example]
  http:
    - match: [{ headers: { authorization: { exact: planted-route-header } } }]
      headers: { request: { set: { x-api-key: planted-route-header } } }
      route: [{ destination: { host: annotated } }]
`;

export const meshObjects = (): readonly Value[] => [...exampleObjects(), ...parseYaml(RUNNING), ...parseYaml(SECRETS)];

const NAMESPACED_SECRET: FakeKind = { group: '', version: 'v1', resource: 'secrets', kind: 'Secret', namespaced: true };

/** All kinds that the model knows, as a cluster with Istio and the Gateway API serves them. */
export const allKinds = (): readonly FakeKind[] => [
  NAMESPACED_SECRET,
  ...KINDS.map(({ group, kind, scope, ...rest }) => ({
    group,
    kind,
    version: ('versions' in rest ? rest.versions[0] : undefined) ?? versionOf(kind),
    resource: pluralOf(kind),
    namespaced: scope === 'Namespaced',
  })),
];

const versionOf = (kind: string): string =>
  ({ EnvoyFilter: 'v1alpha3', WasmPlugin: 'v1alpha1', IstioOperator: 'v1alpha1' })[kind] ?? 'v1';

interface Role {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
  readonly rules: readonly Rule[];
}

export function publishedRoles(): readonly Role[] {
  return ['cluster-role.yaml', 'role.yaml'].flatMap(
    (name) => parseYaml(readFileSync(new URL(`deploy/rbac/${name}`, ROOT), 'utf8')) as unknown as Role[],
  );
}

/** What probes need in a namespace beyond that: `deploy/rbac/live-tests`. */
export function proberRole(): Role {
  const [role] = parseYaml(readFileSync(new URL('deploy/rbac/live-tests/role.yaml', ROOT), 'utf8'));
  return role as unknown as Role;
}

/** What dumps need in a namespace beyond that: `deploy/rbac/dumps`. */
export function dumperRole(): Role {
  const [role] = parseYaml(readFileSync(new URL('deploy/rbac/dumps/role.yaml', ROOT), 'utf8'));
  return role as unknown as Role;
}

/** A user with the roles that are published, and no other right. */
export function reader(token = 'reader-token'): FakeUser {
  const [cluster, role] = publishedRoles();
  return { token, rules: cluster?.rules ?? [], roles: { [role?.metadata.namespace ?? '']: role?.rules ?? [] } };
}
