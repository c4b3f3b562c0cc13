import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../../test/mesh-of.ts';

const namespace = (labels: object, name = 'shop') =>
  `---\n${JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })}\n`;

const AMBIENT = { 'istio.io/dataplane-mode': 'ambient' };
const OPT_OUT = { 'istio.io/dataplane-mode': 'none' };
const SIDECAR = { 'istio-injection': 'enabled' };

interface Template {
  readonly labels?: object;
  readonly annotations?: object;
  readonly spec?: object;
  readonly place?: string;
}

function deployment({ labels = {}, annotations = {}, spec = {}, place = 'shop' }: Template = {}): string {
  return `---\n${JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: place },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web', ...labels }, annotations },
        spec: { containers: [{ name: 'app', image: 'app:1' }], ...spec },
      },
    },
  })}\n`;
}

interface Running {
  readonly name?: string;
  readonly labels?: object;
  readonly annotations?: object;
  readonly containers?: readonly object[];
  readonly initContainers?: readonly object[];
  readonly phase?: string | null;
}

const APP = { name: 'app', image: 'app:1' };
const PROXY = { name: 'istio-proxy', image: 'istio/proxyv2:1.31.0' };

function pod({ name = 'web-6d4b75cb6d-x', phase = 'Running', ...rest }: Running = {}): string {
  const { labels = {}, annotations = {}, containers = [APP], initContainers = [] } = rest;
  return `---\n${JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      labels: { app: 'web', 'pod-template-hash': '6d4b75cb6d', ...labels },
      annotations,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-6d4b75cb6d', controller: true }],
    },
    spec: { containers, initContainers },
    ...(phase && { status: { phase, podIP: '10.0.0.1' } }),
  })}\n`;
}

const planeOf = (text: string, id = 'shop/web') => meshOf(text).workload(id).dataPlane;

describe('ambient', () => {
  it.each([
    [AMBIENT, {}, 'ambient'],
    [AMBIENT, OPT_OUT, 'none'],
    [{}, AMBIENT, 'ambient'],
    [OPT_OUT, AMBIENT, 'ambient'],
    [{}, {}, 'none'],
    [{}, OPT_OUT, 'none'],
    [{ 'istio.io/dataplane-mode': 'Ambient' }, {}, 'none'],
  ])('namespace %j, pod %j: %s', (labels, podLabels, expected) => {
    const { kind, status } = planeOf(namespace(labels) + deployment({ labels: podLabels }));
    expect({ kind, status }).toEqual({ kind: expected, status: 'INFERRED' });
  });

  it('names who opted out', () => {
    const { why, by } = planeOf(namespace(AMBIENT) + deployment({ labels: OPT_OUT }));
    expect(why).toContain('istio.io/dataplane-mode: none');
    expect(by).toMatchObject({ kind: 'Deployment', name: 'web' });
  });

  it('never takes host-network pods, kube-system, or pods that carry the status of a sidecar', () => {
    expect(planeOf(namespace(AMBIENT) + deployment({ spec: { hostNetwork: true } }))).toMatchObject({
      kind: 'none',
      why: 'it uses the host network, which ztunnel never captures',
    });
    const system = namespace(AMBIENT, 'kube-system') + deployment({ place: 'kube-system' });
    expect(planeOf(system, 'kube-system/web').kind).toBe('none');
    const annotations = { 'sidecar.istio.io/status': '{}' };
    expect(planeOf(namespace(AMBIENT) + deployment({ annotations })).kind).toBe('none');
  });

  it('gives way to a sidecar', () => {
    const both = namespace({ ...AMBIENT, ...SIDECAR });
    expect(planeOf(both + deployment()).kind).toBe('sidecar');
    expect(planeOf(both + deployment({ labels: { 'sidecar.istio.io/inject': 'false' } })).kind).toBe('ambient');
  });

  it('assumes the node agents unless the input has them', () => {
    const mesh = namespace(AMBIENT) + deployment();
    expect(planeOf(mesh).assumes).toEqual(['istio-cni and ztunnel run on every node']);
    const agents =
      '---\n{ apiVersion: apps/v1, kind: DaemonSet, metadata: { name: ztunnel, namespace: istio-system } }\n';
    expect(planeOf(mesh + agents).assumes).toEqual([]);
  });
});

describe('a namespace whose labels are not in the input', () => {
  it('leaves it unknown, and says what would tell', () => {
    const { kind, status, why } = planeOf(deployment());
    expect({ kind, status }).toEqual({ kind: 'none', status: 'UNKNOWN' });
    expect(why).toContain('namespace `shop` are not in the input: its Namespace object, or its running pods');
  });

  it('is a namespace without labels where the input is complete', () => {
    const { workload } = meshOf(deployment(), { complete: ['all'] });
    expect(workload('shop/web').dataPlane).toMatchObject({ kind: 'none', status: 'INFERRED' });
  });

  it.each([
    [{ 'sidecar.istio.io/inject': 'true' }, 'sidecar', ['namespace `shop` does not set `istio-injection: disabled`']],
    [{ 'istio.io/rev': 'canary' }, 'sidecar', ['namespace `shop` does not set `istio-injection: disabled`']],
    [{ 'sidecar.istio.io/inject': 'false' }, 'none', ['namespace `shop` is not enrolled in ambient']],
    [AMBIENT, 'ambient', ['namespace `shop` does not ask for sidecars']],
  ])('is settled by the pod label %j: %s', (labels, kind, assumes) => {
    const plane = planeOf(deployment({ labels }));
    expect(plane).toMatchObject({ kind, status: 'INFERRED' });
    expect(plane.assumes).toEqual(expect.arrayContaining(assumes));
  });

  it('is settled by what no label can change', () => {
    expect(planeOf(deployment({ spec: { hostNetwork: true } }))).toMatchObject({ kind: 'none', status: 'INFERRED' });
    expect(planeOf(deployment({ annotations: { 'sidecar.istio.io/inject': 'false' } })).status).toBe('INFERRED');
    expect(planeOf(deployment({ labels: OPT_OUT })).status).toBe('UNKNOWN');
  });

  it('is settled by running pods', () => {
    expect(planeOf(deployment() + pod({ containers: [APP, PROXY] }))).toMatchObject({
      kind: 'sidecar',
      status: 'INFERRED',
    });
    expect(planeOf(deployment() + pod())).toMatchObject({ kind: 'none', status: 'INFERRED' });
  });
});

describe('running pods', () => {
  const native = [{ ...PROXY, restartPolicy: 'Always' }];

  it.each([
    ['a container', { containers: [APP, PROXY] }, 'sidecar'],
    ['a native sidecar', { initContainers: native }, 'sidecar'],
    ['the annotation of istio-cni', { annotations: { 'ambient.istio.io/redirection': 'enabled' } }, 'ambient'],
    ['pending redirection', { annotations: { 'ambient.istio.io/redirection': 'pending' } }, 'none'],
    ['nothing', {}, 'none'],
    ['only the note of the injector', { annotations: { 'sidecar.istio.io/status': '{}' } }, 'none'],
  ])('with %s count more than labels', (_, running, expected) => {
    for (const labels of [SIDECAR, AMBIENT, {}]) {
      expect(planeOf(namespace(labels) + deployment() + pod(running)).kind).toBe(expected);
    }
  });

  it('that contradict the labels are reported', () => {
    const { diagnostics, workload } = meshOf(namespace(SIDECAR) + deployment() + pod());
    expect(workload('shop/web').dataPlane).toMatchObject({ kind: 'none', why: 'its pod has no data plane' });
    expect(diagnostics.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      'warning: `shop/web`: its pod has no data plane, although namespace `shop` has `istio-injection: enabled`; what runs counts',
    ]);
  });

  it('that agree leave the cause in place', () => {
    const { diagnostics, workload } = meshOf(namespace(SIDECAR) + deployment() + pod({ initContainers: native }));
    expect(diagnostics).toEqual([]);
    const { why, by, assumes } = workload('shop/web').dataPlane;
    expect(why).toBe('its pod has the proxy container: namespace `shop` has `istio-injection: enabled`');
    expect(by).toMatchObject({ kind: 'Namespace', name: 'shop' });
    expect(assumes).toEqual([]);
  });

  it('of which one has no proxy make the workload one outside the mesh that still holds its identity', () => {
    const pods = pod({ name: 'web-6d4b75cb6d-a', initContainers: native }) + pod({ name: 'web-6d4b75cb6d-b' });
    const { workload } = meshOf(namespace(SIDECAR) + deployment() + pods);
    const { dataPlane, identity } = workload('shop/web');
    expect(dataPlane).toMatchObject({
      kind: 'none',
      status: 'INFERRED',
      by: { kind: 'Pod', name: 'web-6d4b75cb6d-b' },
    });
    expect(dataPlane.why).toBe('1 of its 2 pods has no data plane, unlike the others');
    expect(identity).toBe('cluster.local/ns/shop/sa/default');
  });

  it('of both data planes count as the one that enforces less', () => {
    const pods =
      pod({ name: 'web-6d4b75cb6d-a', initContainers: native }) +
      pod({ name: 'web-6d4b75cb6d-b', annotations: { 'ambient.istio.io/redirection': 'enabled' } });
    expect(planeOf(namespace(AMBIENT) + deployment() + pods).kind).toBe('ambient');
  });

  it('that are completed say nothing', () => {
    expect(planeOf(namespace(SIDECAR) + deployment() + pod({ phase: 'Succeeded' })).kind).toBe('sidecar');
  });

  it('tell the revision that injected them', () => {
    const annotations = { 'sidecar.istio.io/status': '{"revision":"1-31-0","containers":["istio-proxy"]}' };
    const text = namespace({ 'istio.io/rev': 'prod' }) + deployment() + pod({ annotations, containers: [APP, PROXY] });
    expect(planeOf(text)).toMatchObject({ kind: 'sidecar', revision: '1-31-0' });
  });

  it('without status are wishes, unless they hold a proxy', () => {
    const bare = {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name: 'one', namespace: 'shop', labels: { app: 'one' } },
    };
    const wish = `---\n${JSON.stringify({ ...bare, spec: { containers: [APP] } })}\n`;
    expect(planeOf(namespace(SIDECAR) + wish, 'shop/one').kind).toBe('sidecar');
    const holds = `---\n${JSON.stringify({ ...bare, spec: { containers: [APP, PROXY] } })}\n`;
    expect(planeOf(namespace({}) + holds, 'shop/one').kind).toBe('sidecar');
  });
});

describe('a template with its own proxy', () => {
  const withProxy = (proxy: object, rest: object = {}) =>
    deployment({ spec: { containers: [APP, { ...PROXY, ...proxy }], ...rest } });

  it('is injected by hand, whatever the namespace says', () => {
    const plane = planeOf(namespace({ 'istio-injection': 'disabled' }) + withProxy({ args: ['proxy', 'sidecar'] }));
    expect(plane).toMatchObject({ kind: 'sidecar', why: 'its template holds the proxy container' });
    expect(plane.assumes).toEqual(["Istio's CNI plugin redirects its traffic: the template has no `istio-init`"]);
    const redirected = withProxy({}, { initContainers: [{ name: 'istio-init', image: 'istio/proxyv2:1' }] });
    expect(planeOf(redirected).assumes).toEqual([]);
  });

  it('captures nothing on the host network', () => {
    expect(planeOf(withProxy({}, { hostNetwork: true }))).toMatchObject({
      kind: 'none',
      why: 'it uses the host network, where its proxy captures nothing',
    });
  });

  it('is a place for the injector if its image is `auto`', () => {
    expect(planeOf(namespace(SIDECAR) + withProxy({ image: 'auto' })).kind).toBe('sidecar');
    const left = planeOf(namespace({}) + withProxy({ image: 'auto' }));
    expect(left.kind).toBe('none');
    expect(left.why).toBe(
      'it leaves its proxy container to the injector, but neither namespace `shop` nor its pods ask for the mesh',
    );
  });
});

describe('gateways', () => {
  const gatewayOf = (text: string) => {
    const { dataPlane, gateway, identity } = meshOf(text).workload('shop/web');
    return { kind: dataPlane.kind, role: gateway, identity };
  };
  const proxyAlone = (proxy: object, rest: Template = {}) =>
    deployment({ ...rest, spec: { containers: [{ ...PROXY, ...proxy }], ...rest.spec } });

  it('are injected with the gateway template', () => {
    const injected = proxyAlone(
      { image: 'auto' },
      {
        labels: { 'sidecar.istio.io/inject': 'true', istio: 'ingressgateway' },
        annotations: { 'inject.istio.io/templates': 'gateway' },
      },
    );
    expect(gatewayOf(namespace({}) + injected)).toEqual({
      kind: 'gateway',
      role: { kind: 'istio' },
      identity: 'cluster.local/ns/shop/sa/default',
    });
    expect(gatewayOf(namespace({ 'istio-injection': 'disabled' }) + injected).kind).toBe('none');
  });

  it('are rendered by hand as routers, also on the host network', () => {
    const rendered = { args: ['proxy', 'router', '--domain', '$(POD_NAMESPACE).svc.cluster.local'] };
    expect(gatewayOf(namespace({}) + proxyAlone(rendered)).kind).toBe('gateway');
    expect(gatewayOf(proxyAlone(rendered, { spec: { hostNetwork: true } })).kind).toBe('gateway');
    expect(gatewayOf(proxyAlone(rendered, { labels: { istio: 'egressgateway' } })).role).toEqual({ kind: 'egress' });
  });

  it('are not what only carries their label', () => {
    const labels = { istio: 'ingressgateway', app: 'istio-ingressgateway' };
    expect(gatewayOf(namespace({}) + deployment({ labels }))).toMatchObject({ kind: 'none', role: undefined });
    expect(gatewayOf(namespace(SIDECAR) + deployment({ labels }))).toMatchObject({ kind: 'sidecar', role: undefined });
  });

  it('of the Gateway API are known by label, and waypoints by class', () => {
    const owned = (className: string, args: string[] = []) =>
      proxyAlone(
        { args },
        {
          labels: {
            'gateway.networking.k8s.io/gateway-name': 'front',
            'gateway.networking.k8s.io/gateway-class-name': className,
          },
        },
      );
    expect(gatewayOf(owned('istio')).role).toEqual({ kind: 'kubernetes', gatewayName: 'front', className: 'istio' });
    expect(gatewayOf(owned('istio-waypoint', ['proxy', 'waypoint'])).role).toEqual({
      kind: 'waypoint',
      gatewayName: 'front',
      className: 'istio-waypoint',
    });
    expect(gatewayOf(owned('istio-east-west', ['proxy', 'waypoint'])).role?.kind).toBe('kubernetes');
    const ownClass =
      '---\n{ apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: { name: mine }, spec: { controllerName: istio.io/mesh-controller } }\n';
    expect(gatewayOf(owned('mine') + ownClass).role?.kind).toBe('waypoint');
  });
});
