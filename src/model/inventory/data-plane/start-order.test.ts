import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../../test/mesh-of.ts';

const NAMESPACE = `---\n${JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { 'istio-injection': 'enabled' } } })}\n`;

const named = (name: string, more: object = {}) => ({ name, image: `registry.example/${name}:1`, ...more });

function deployment(annotations: Readonly<Record<string, string>>, initContainers: readonly object[]): string {
  return `---\n${JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' }, annotations },
        spec: { containers: [named('app')], initContainers },
      },
    },
  })}\n`;
}

function pod(initContainers: readonly object[], containers: readonly object[]): string {
  return `---\n${JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-6d4b75cb6d-x',
      namespace: 'shop',
      labels: { app: 'web', 'pod-template-hash': '6d4b75cb6d' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-6d4b75cb6d', controller: true }],
    },
    spec: { containers, initContainers },
    status: { phase: 'Running', podIP: '10.0.0.1' },
  })}\n`;
}

function istiod(image: string, env: readonly object[] = []): string {
  return `---\n${JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'istiod', namespace: 'istio-system', labels: { app: 'istiod' } },
    spec: {
      selector: { matchLabels: { app: 'istiod' } },
      template: {
        metadata: { labels: { app: 'istiod' } },
        spec: { containers: [{ name: 'discovery', image: `docker.io/istio/pilot:${image}`, env }] },
      },
    },
  })}\n`;
}

const CNI = `---\n${JSON.stringify({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'istio-cni-node', namespace: 'kube-system' },
  spec: {
    selector: { matchLabels: { k8s: 'cni' } },
    template: { metadata: { labels: { k8s: 'cni' } }, spec: { containers: [named('install-cni')] } },
  },
})}\n`;

function startup(text: string) {
  const { mesh } = meshOf(NAMESPACE + text);
  return mesh.workloads.find(({ id }) => id === 'shop/web')?.dataPlane.startup;
}

const MIGRATE = [named('migrate')];
const PROXY = named('istio-proxy');

describe('what an init container meets', () => {
  it('nothing, where `istio-init` comes last', () => {
    expect(startup(istiod('1.26.3') + deployment({}, MIGRATE))).toEqual([
      {
        name: 'migrate',
        path: ['spec', 'template', 'spec', 'initContainers', 0],
        lasting: false,
        ports: [],
        meets: 'nothing',
        why: 'the injector puts `istio-init` behind it (native sidecars are off by default before 1.27)',
        assumes: ["`istio-init` redirects traffic, not Istio's CNI plugin"],
      },
    ]);
  });

  it('redirection without a proxy, where the CNI plugin redirects', () => {
    expect(startup(istiod('1.26.3') + CNI + deployment({}, MIGRATE))).toMatchObject([
      { meets: 'redirection', assumes: [] },
    ]);
  });

  it('the proxy, where sidecars are native: by default since 1.27, if the nodes can', () => {
    expect(startup(istiod('1.31.0') + deployment({}, MIGRATE))).toMatchObject([
      { meets: 'proxy', assumes: ['every node runs Kubernetes 1.33 or later, so that sidecars are native'] },
    ]);
  });

  it.each([
    ['true', '1.26.3', 'proxy'],
    ['false', '1.31.0', 'nothing'],
    ['auto', '1.26.3', 'proxy'],
  ])('by ENABLE_NATIVE_SIDECARS=%s of istiod %s: %s', (value, version, meets) => {
    const env = [{ name: 'ENABLE_NATIVE_SIDECARS', value }];
    expect(startup(istiod(version, env) + deployment({}, MIGRATE))).toMatchObject([{ meets }]);
  });

  it('by the annotation of the pod before the flag, since 1.24', () => {
    const annotated = deployment({ 'sidecar.istio.io/nativeSidecar': 'false' }, MIGRATE);
    const env = [{ name: 'ENABLE_NATIVE_SIDECARS', value: 'true' }];
    expect(startup(istiod('1.26.3', env) + annotated)).toMatchObject([{ meets: 'nothing' }]);
    expect(startup(istiod('1.23.0', env) + annotated)).toMatchObject([{ meets: 'proxy' }]);
  });

  it.each([
    ['istio-init last', [...MIGRATE, named('istio-init')], [named('app'), PROXY], 'nothing'],
    ['istio-validation first', [named('istio-validation'), ...MIGRATE], [named('app'), PROXY], 'redirection'],
    ['a native sidecar before it', [named('istio-init'), PROXY, ...MIGRATE], [named('app')], 'proxy'],
    ['a native sidecar behind it', [named('istio-init'), ...MIGRATE, PROXY], [named('app')], 'redirection'],
  ])('as its running pods show: %s', (_what, initContainers, containers, meets) => {
    expect(startup(istiod('1.31.0') + deployment({}, MIGRATE) + pod(initContainers, containers))).toMatchObject([
      { name: 'migrate', meets, assumes: [] },
    ]);
  });

  it('is not asked without init containers', () => {
    expect(startup(istiod('1.26.3') + deployment({}, []))).toBeUndefined();
  });
});
