import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';

function captureOf(annotations: Record<string, string>, { labels = 'istio-injection: enabled', beside = '' } = {}) {
  const text = `
{ apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { ${labels} } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    metadata: { annotations: ${JSON.stringify(annotations)} }
    spec: { containers: [{ name: app, image: 'app:1' }] }
${beside}`;
  return meshOf(text).workload('shop/web').dataPlane.capture;
}

const traffic = (name: string, value: string) => ({ [`traffic.sidecar.istio.io/${name}`]: value });
const at = (annotation: string) => ['spec', 'template', 'metadata', 'annotations', annotation];

const ALL = {
  mode: 'REDIRECT',
  includeInboundPorts: '*',
  excludeInboundPorts: [],
  includeOutboundPorts: '*',
  excludeOutboundPorts: [],
  includeOutboundCidrs: '*',
  excludeOutboundCidrs: [],
  bypassInbound: false,
  sources: {},
};

const injector = (proxy: object) => `---
${JSON.stringify({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'istio-sidecar-injector', namespace: 'istio-system' },
  data: { config: 'policy: enabled', values: JSON.stringify({ global: { proxy } }) },
})}
`;

const meshConfig = (mesh: string) => `---
${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'istio', namespace: 'istio-system' }, data: { mesh } })}
`;

describe('what a sidecar captures', () => {
  it('is everything unless something says otherwise', () => {
    expect(captureOf({})).toEqual(ALL);
    expect(captureOf({ 'example.com/note': 'x' })).toEqual(ALL);
  });

  it.each([
    ['excludeInboundPorts', '9000, 9090', { excludeInboundPorts: [9000, 9090] }],
    ['excludeInboundPorts', '', { excludeInboundPorts: [] }],
    ['includeInboundPorts', '8080,8443', { includeInboundPorts: [8080, 8443] }],
    ['includeInboundPorts', '*', { includeInboundPorts: '*' }],
    ['includeInboundPorts', '', { includeInboundPorts: [] }],
    ['excludeOutboundPorts', '5432', { excludeOutboundPorts: [5432] }],
    ['excludeOutboundPorts', 'x,99999999', { excludeOutboundPorts: [] }],
  ] as const)('%s: %j', (name, value, expected) => {
    const capture = captureOf(traffic(name, value));
    expect(capture).toEqual({ ...ALL, ...expected, sources: { [name]: at(`traffic.sidecar.istio.io/${name}`) } });
  });

  it('is chosen by address on the way out, and ports add to it', () => {
    expect(captureOf(traffic('excludeOutboundIPRanges', '10.0.0.0/8,192.168.1.1/32'))).toEqual({
      ...ALL,
      excludeOutboundCidrs: ['10.0.0.0/8', '192.168.1.1/32'],
      sources: { excludeOutboundCidrs: at('traffic.sidecar.istio.io/excludeOutboundIPRanges') },
    });
    const only = { ...traffic('includeOutboundIPRanges', '10.96.0.0/12'), ...traffic('includeOutboundPorts', '443') };
    expect(captureOf(only)).toMatchObject({ includeOutboundCidrs: ['10.96.0.0/12'], includeOutboundPorts: [443] });
    expect(captureOf(traffic('includeOutboundPorts', '443')).includeOutboundPorts).toBe('*');
    expect(captureOf(traffic('includeOutboundIPRanges', ''))).toMatchObject({
      includeOutboundCidrs: [],
      includeOutboundPorts: [],
    });
  });

  it('takes its mode from the annotation, the proxy config of the pod, the mesh', () => {
    const none = { 'sidecar.istio.io/interceptionMode': 'NONE' };
    const tproxy = { 'proxy.istio.io/config': 'interceptionMode: TPROXY\nconcurrency: 2\n' };
    const beside = meshConfig('defaultConfig:\n  interceptionMode: TPROXY\n');
    expect(captureOf(none)).toMatchObject({ mode: 'NONE', sources: { mode: at('sidecar.istio.io/interceptionMode') } });
    expect(captureOf(tproxy)).toMatchObject({ mode: 'TPROXY', sources: { mode: at('proxy.istio.io/config') } });
    expect(captureOf({ ...none, ...tproxy }).mode).toBe('NONE');
    expect(captureOf({}, { beside })).toEqual({ ...ALL, mode: 'TPROXY' });
    expect(captureOf(none, { beside }).mode).toBe('NONE');
    expect(captureOf({ 'sidecar.istio.io/interceptionMode': 'nonsense' }).mode).toBe('REDIRECT');
    expect(captureOf({ 'proxy.istio.io/config': '{ interceptionMode: [' }).mode).toBe('REDIRECT');
  });

  it('does not hold the status port, wherever an annotation moves it', () => {
    const moved = captureOf({ 'status.sidecar.istio.io/port': '15099' });
    expect(moved.excludeInboundPorts).toEqual([15099]);
    expect(moved.sources).toEqual({ excludeInboundPorts: at('status.sidecar.istio.io/port') });
  });

  it('notes annotations about interfaces', () => {
    const { sources } = captureOf(traffic('excludeInterfaces', 'eth1'));
    expect(sources).toEqual({ excludeInterfaces: at('traffic.sidecar.istio.io/excludeInterfaces') });
  });

  it("follows the injector's values, which annotations overrule", () => {
    const beside = injector({ excludeInboundPorts: '9000', includeIPRanges: '10.0.0.0/8', statusPort: 15020 });
    expect(captureOf({}, { beside })).toEqual({
      ...ALL,
      excludeInboundPorts: [9000],
      includeOutboundCidrs: ['10.0.0.0/8'],
      includeOutboundPorts: [],
    });
    expect(captureOf(traffic('excludeInboundPorts', ''), { beside }).excludeInboundPorts).toEqual([]);
    const operator = `---
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: install, namespace: istio-system }
spec: { values: { global: { proxy: { excludeInboundPorts: '7000' } } } }
`;
    expect(captureOf({}, { beside: operator }).excludeInboundPorts).toEqual([7000]);
    expect(captureOf({}, { beside: operator + beside }).excludeInboundPorts).toEqual([9000]);
  });
});

describe('what others capture', () => {
  const ambient = { labels: 'istio.io/dataplane-mode: ambient' };

  it('is all for ztunnel, but for inbound where a pod bypasses it', () => {
    expect(captureOf(traffic('excludeInboundPorts', '9000'), ambient)).toEqual(ALL);
    const bypass = 'ambient.istio.io/bypass-inbound-capture';
    expect(captureOf({ [bypass]: 'true' }, ambient)).toEqual({
      ...ALL,
      bypassInbound: true,
      sources: { bypassInbound: at(bypass) },
    });
    expect(captureOf({ [bypass]: 'no' }, ambient)).toEqual(ALL);
  });

  it('is nothing without a proxy', () => {
    expect(captureOf({}, { labels: '' })).toMatchObject({
      mode: 'NONE',
      includeInboundPorts: [],
      includeOutboundPorts: [],
      includeOutboundCidrs: [],
    });
  });
});
