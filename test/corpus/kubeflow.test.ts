import { beforeAll, describe, expect, it } from 'vitest';
import { auditResult } from '../../src/result/schema.ts';
import type { AuditResult } from '../../src/result/types.ts';
import { auditShared, countBy, NO_SHARED, portOf, workloadOf } from './corpus.ts';

/** Facts that somebody found by reading the YAML of the platform; the report must state each of them. */
describe.skipIf(NO_SHARED)(`kubeflow${NO_SHARED ? ` (skipped: ${NO_SHARED})` : ''}`, () => {
  let result: AuditResult;
  beforeAll(async () => {
    result = await auditShared('corpus/kubeflow/platform.yaml');
  });

  it('is a valid result', () => {
    expect(() => auditResult.parse(JSON.parse(JSON.stringify(result)))).not.toThrow();
  });

  it('1: 30 sidecars, 17 workloads outside the mesh, 2 gateways, nothing in ambient', () => {
    expect(countBy(result.inventory.workloads, ({ dataPlane }) => dataPlane.kind)).toEqual({
      sidecar: 30,
      none: 17,
      gateway: 2,
    });
  });

  it('2: ten workloads of namespace kubeflow are opted out, one of them by annotation', () => {
    const out = result.inventory.workloads.filter(
      ({ namespace, dataPlane }) => namespace === 'kubeflow' && dataPlane.kind === 'none',
    );
    expect(out.map(({ name }) => name).sort()).toEqual([
      'admission-webhook-deployment',
      'katib-controller',
      'katib-db-manager',
      'katib-mysql',
      'kserve-controller-manager',
      'kubeflow-pipelines-profile-controller',
      'metacontroller',
      'metadata-envoy-deployment',
      'spark-operator-controller',
      'spark-operator-webhook',
    ]);
    expect(out.every(({ identity }) => identity === null)).toBe(true);
    expect(workloadOf(result, 'kubeflow/kserve-controller-manager').dataPlane.why).toContain('annotation');
  });

  it('3: no port is STRICT, and every captured port of a sidecar is PERMISSIVE', () => {
    const ports = result.inventory.workloads.flatMap(({ dataPlane, ports: own }) =>
      own.map((port) => ({ kind: dataPlane.kind, mode: port.mtls.mode })),
    );
    expect(ports.filter(({ mode }) => mode === 'STRICT' || mode === 'DISABLE')).toEqual([]);
    expect(
      countBy(
        ports.filter(({ kind }) => kind === 'sidecar'),
        ({ mode }) => mode,
      ).none,
    ).toBe(2);
  });

  it.each([
    ['kubeflow-system/kubeflow-trainer-controller-manager', 9443],
    ['kubeflow/pvcviewer-controller-manager', 9443],
  ])('4: %s:%i is excluded from capture, so that nothing is enforced there', (id, port) => {
    const { mtls, authorization, exposure } = portOf(result, id, port);
    expect([mtls.mode, authorization.posture, exposure.plaintext]).toEqual(['none', 'none', true]);
  });

  it('5: Istio 1.29.1, with the mesh config of the input: ALLOW_ANY by default, one authorizer', () => {
    expect(result.input.istioVersion?.value).toBe('1.29.1');
    const setting = (field: string) => result.input.meshConfig.find((entry) => entry.field === field);
    expect(setting('trustDomain')).toMatchObject({ value: '"cluster.local"', from: 'ConfigMap istio-system/istio' });
    expect(setting('outboundTrafficPolicy')).toMatchObject({
      value: '"ALLOW_ANY"',
      from: expect.stringContaining('default'),
    });
    expect(setting('extensionProviders')?.value).toBe('oauth2-proxy (ext-authz-http)');
  });

  it('6: eleven sidecars have nothing but the mesh-wide default deny', () => {
    const denied = result.inventory.workloads.filter(
      ({ ports }) =>
        ports.length > 0 &&
        ports.every(({ authorization, mtls }) => authorization.posture === 'deny-all' || mtls.mode === 'none') &&
        ports.some(({ authorization }) => authorization.posture === 'deny-all'),
    );
    // Three more of them have no port at all.
    expect(denied.map(({ id }) => id).sort()).toEqual([
      'knative-serving/net-istio-controller',
      'kubeflow-system/kubeflow-trainer-controller-manager',
      'kubeflow/llmisvc-controller-manager',
      'kubeflow/ml-pipeline-scheduledworkflow',
      'kubeflow/notebook-controller-deployment',
      'kubeflow/pvcviewer-controller-manager',
      'kubeflow/tensorboard-controller-deployment',
    ]);
  });

  it('7: eight sidecars and the local gateway let anyone in, because of `{}` rules', () => {
    const open = result.inventory.workloads.filter(({ ports }) =>
      ports.some(({ authorization }) => authorization.posture === 'allow-any'),
    );
    expect(open.map(({ id }) => id).sort()).toEqual([
      'istio-system/cluster-local-gateway',
      'knative-serving/activator',
      'knative-serving/autoscaler',
      'knative-serving/controller',
      'knative-serving/net-istio-webhook',
      'knative-serving/webhook',
      'kubeflow/cache-server',
      'kubeflow/metadata-grpc-deployment',
      'kubeflow/seaweedfs',
    ]);
    expect(portOf(result, 'istio-system/istio-ingressgateway', 8080).authorization.posture).toBe('restricted');
  });

  it('8: ml-pipeline and ml-pipeline-ui let anonymous callers in by rules on headers', () => {
    for (const [id, port] of [
      ['kubeflow/ml-pipeline', 8888],
      ['kubeflow/ml-pipeline', 8887],
      ['kubeflow/ml-pipeline-ui', 3000],
    ] as const) {
      expect(portOf(result, id, port).exposure).toMatchObject({ plaintext: true, anyIdentity: true });
    }
    expect(portOf(result, 'kubeflow/ml-pipeline-ui', 3000).exposure.witness?.http?.headers).toHaveProperty(
      'authorization',
    );
  });

  it('9: restricted workloads admit the identities that are named, and nobody else', () => {
    const gateway = 'cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account';
    expect(portOf(result, 'kubeflow/centraldashboard', 8082).exposure).toMatchObject({
      plaintext: false,
      anyIdentity: false,
      identities: [gateway],
    });
    expect(portOf(result, 'kubeflow/profiles-deployment', 8081).exposure.identities).toEqual([
      'cluster.local/ns/kubeflow/sa/centraldashboard',
    ]);
    expect(portOf(result, 'kubeflow/mysql', 3306).exposure.identities).toHaveLength(7);
    expect(portOf(result, 'kubeflow/ml-pipeline-visualizationserver', 8888).exposure.identities).toHaveLength(6);
  });

  it('10: behind the gateway, everything but dex and oauth2-proxy needs a token, and kfam is refused', () => {
    const gateway = result.inventory.gateways.find(({ workload }) => workload === 'istio-system/istio-ingressgateway');
    expect(Object.fromEntries((gateway?.routes ?? []).map(({ match, access }) => [match, access]))).toEqual({
      '/dex/*': 'open',
      '/oauth2/*': 'open',
      '/jupyter/*': 'token',
      '/katib/*': 'token',
      '/kserve-endpoints/*': 'token',
      '/ml_metadata*': 'token',
      '/pipeline*': 'token',
      '/kfam/*': 'denied',
      '/tensorboards/*': 'token',
      '/volumes/*': 'token',
      '/*': 'token',
    });
    expect(
      result.inventory.gateways.find(({ workload }) => workload === 'istio-system/cluster-local-gateway')?.routes,
    ).toEqual([]);
  });

  it('11: nothing is exposed to the internet or on nodes: no load balancer, node port, host port or Ingress', () => {
    const exposed = result.inventory.workloads.flatMap(({ ports }) =>
      ports.filter(({ exposure }) => exposure.internet || exposure.nodeNetwork),
    );
    expect(exposed).toEqual([]);
    expect(result.inventory.gateways.map(({ exposed: to }) => to)).toEqual(['cluster', 'cluster']);
  });

  it('12: one mesh identity is shared, by the five Knative workloads', () => {
    expect(result.inventory.identities.filter(({ workloads }) => workloads.length > 1)).toEqual([
      {
        principal: 'cluster.local/ns/knative-serving/sa/controller',
        workloads: [
          'knative-serving/autoscaler',
          'knative-serving/controller',
          'knative-serving/net-istio-controller',
          'knative-serving/net-istio-webhook',
          'knative-serving/webhook',
        ],
      },
    ]);
  });
});
