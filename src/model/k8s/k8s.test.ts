import { describe, expect, it } from 'vitest';
import { readText } from '../../collect/read-text.ts';
import { decodeObjects } from '../decode.ts';

const decode = (text: string) => decodeObjects(readText(text, 'k8s.yaml').objects);

describe('pods', () => {
  const pod = `spec:
  hostNetwork: true
  serviceAccountName: api
  tolerations: [{ operator: Exists }]
  initContainers:
    - { name: istio-init, image: istio/proxyv2:1.31.0, args: [istio-iptables, -i, "*"], securityContext: { capabilities: { add: [NET_ADMIN] } } }
  containers:
    - name: app
      image: shop/api:1
      args: [--password=hunter2]
      env: [{ name: TOKEN, value: hunter2 }]
      command: [sh, -c, hunter2]
      ports: [{ containerPort: 8080, name: http }]
      readinessProbe: { httpGet: { port: http, path: /ready, httpHeaders: [{ name: Authorization, value: hunter2 }] } }
      livenessProbe: { exec: { command: [check, hunter2] } }
    - name: istio-proxy
      image: istio/proxyv2:1.31.0
      env:
        - { name: ISTIO_META_INTERCEPTION_MODE, value: REDIRECT }
        - { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
  volumes: [{ name: run, hostPath: { path: /var/run } }, { name: s, secret: { secretName: keys } }]`;
  const indented = pod.replaceAll('\n', '\n      ');
  const controllers = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'] as const;

  it('keep what the mesh and its isolation rest on, and no secrets', () => {
    const { resources, diagnostics } = decode(
      `apiVersion: v1\nkind: Pod\nmetadata: { name: api, namespace: shop }\n${pod}\nstatus: { podIP: 10.0.0.1 }\n`,
    );
    expect(diagnostics).toEqual([]);
    const [found] = resources.of('Pod');
    expect(JSON.stringify(found)).not.toContain('hunter2');
    expect(found?.status).toEqual({ podIP: '10.0.0.1' });
    expect(found?.spec.hostNetwork).toBe(true);
    expect(found?.spec.initContainers?.[0]).toMatchObject({
      args: ['istio-iptables', '-i', '*'],
      securityContext: { capabilities: { add: ['NET_ADMIN'] } },
    });
    const [app, proxy] = found?.spec.containers ?? [];
    expect(app).toEqual({
      name: 'app',
      image: 'shop/api:1',
      ports: [{ containerPort: 8080, name: 'http' }],
      readinessProbe: { httpGet: { port: 'http', path: '/ready' } },
      livenessProbe: { exec: {} },
    });
    expect(proxy?.env).toEqual([{ name: 'ISTIO_META_INTERCEPTION_MODE', value: 'REDIRECT' }, { name: 'POD_NAME' }]);
    expect(found?.spec.volumes).toEqual([
      { name: 'run', hostPath: { path: '/var/run' } },
      { name: 's', secret: { secretName: 'keys' } },
    ]);
  });

  it.each(controllers)('are read from the template of a %s', (kind) => {
    const { resources } = decode(
      `apiVersion: apps/v1\nkind: ${kind}\nmetadata: { name: api, namespace: shop }\nspec:\n  template:\n    metadata: { labels: { app: api, tier: 1 } }\n    ${indented.replaceAll('\n      ', '\n    ')}\n`,
    );
    const [found] = resources.of(kind);
    expect(found?.spec.template?.metadata?.labels).toEqual({ app: 'api', tier: '1' });
    expect(found?.spec.template?.spec?.serviceAccountName).toBe('api');
  });

  it('are read from Jobs and CronJobs', () => {
    const template = '{ spec: { serviceAccountName: batch, containers: [{ name: run }] } }';
    const { resources } = decode(`apiVersion: batch/v1
kind: Job
metadata: { name: once }
spec: { template: ${template} }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: nightly }
spec: { schedule: "0 0 * * *", jobTemplate: { spec: { template: ${template} } } }
`);
    expect(resources.of('Job')[0]?.spec.template?.spec?.serviceAccountName).toBe('batch');
    expect(resources.of('CronJob')[0]?.spec.jobTemplate?.spec?.template?.spec?.serviceAccountName).toBe('batch');
  });

  it('lose the copy of themselves that kubectl keeps', () => {
    const { resources } = decode(`apiVersion: v1
kind: Service
metadata: { name: a, annotations: { kubectl.kubernetes.io/last-applied-configuration: "hunter2", keep: me } }
`);
    expect(resources.of('Service')[0]?.annotations).toEqual({ keep: 'me' });
  });
});

describe('NetworkPolicy', () => {
  const policy = (spec: string) => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: guard, namespace: shop }
spec: ${spec}
`;

  it('keeps empty selectors, empty lists and absent fields apart', () => {
    const { resources, diagnostics } = decode(
      policy('{ podSelector: {}, ingress: [], egress: [{ to: [{ podSelector: {} }] }] }'),
    );
    expect(diagnostics).toEqual([]);
    expect(resources.of('NetworkPolicy')[0]?.spec).toEqual({
      podSelector: {},
      ingress: [],
      egress: [{ to: [{ podSelector: {} }] }],
    });
  });

  it('reads an empty entry as everything, and says so', () => {
    const { resources, diagnostics } = decode(policy('\n  podSelector: {}\n  ingress:\n    -\n'));
    expect(resources.of('NetworkPolicy')[0]?.spec.ingress).toEqual([{}]);
    expect(diagnostics).toMatchObject([{ severity: 'warning' }]);
  });

  it('is left out when the API server would refuse it', () => {
    const { resources, diagnostics } = decode(policy('{ podSelector: {}, policyTypes: [Ingres] }'));
    expect(resources.of('NetworkPolicy')).toEqual([]);
    expect(diagnostics).toMatchObject([{ severity: 'error', help: 'did you mean `Ingress`?' }]);
  });

  it('reports fields of the wrong direction', () => {
    const { diagnostics } = decode(policy('{ podSelector: {}, ingress: [{ to: [] }] }'));
    expect(diagnostics[0]?.message).toContain('`spec.ingress[0].to` is no field');
  });
});

describe('ConfigMaps', () => {
  it('are read only where istiod reads them', () => {
    const map = (name: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { mesh: "{}", other: hunter2 }\n`;
    const { resources } = decode(['istio', 'istio-1-31', 'istio-ca-root-cert', 'app'].map(map).join('---\n'));
    expect(resources.of('ConfigMap').map(({ name, spec }) => [name, spec])).toEqual([
      ['istio', { data: { mesh: '{}' } }],
      ['istio-1-31', { data: { mesh: '{}' } }],
    ]);
    expect(resources.counts).toEqual({ ConfigMap: 4 });
  });
});
