import { describe, expect, test } from 'vitest';
import { rate, rated } from '../../test/rate-sample.ts';
import { type SampleMesh, type SampleWorkload, sampleResource } from '../../test/sample-facts.ts';

const COMPLETE = ['all'];

describe('segmentation', () => {
  const isolate = (ingress: unknown) =>
    sampleResource('NetworkPolicy', 'shop', 'isolate', { podSelector: {}, policyTypes: ['Ingress'], ingress });
  const workloads: SampleWorkload[] = [{ name: 'web', ports: [{ port: 80 }] }];

  test('a NetworkPolicy isolates unless it lets everybody in', () => {
    const configured = (ingress: unknown) =>
      rate('segmentation', { workloads, complete: COMPLETE, resources: [isolate(ingress)] }).coverage[0]?.have;
    expect(configured([])).toBe(1);
    expect(configured([{ from: [{ podSelector: {} }] }])).toBe(1);
    expect(configured([{ from: [{ namespaceSelector: {} }], ports: [{ port: 80 }] }])).toBe(1);
    expect(configured([{}])).toBe(0);
    expect(configured([{ from: [{ namespaceSelector: {} }] }])).toBe(0);
    expect(configured([{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }])).toBe(0);
  });

  test('that the CNI enforces it is assumed: covered in the value, not in the low end', () => {
    expect(rated('segmentation', { workloads, complete: COMPLETE, resources: [isolate([])] })).toMatchObject({
      dimension: { configured: 4 },
      configured: { low: 0, high: 4 },
    });
    expect(
      rate('segmentation', { workloads, complete: COMPLETE, resources: [isolate([])], cni: 'ignores-network-policy' })
        .configured,
    ).toBe(0);
  });

  test('no NetworkPolicy is a fact where the namespace is complete, else unknown', () => {
    expect(rate('segmentation', { workloads, complete: ['namespace:shop'] })).toMatchObject({
      status: 'INFERRED',
      configured: 0,
    });
    expect(rate('segmentation', { workloads })).toMatchObject({ status: 'UNKNOWN' });
  });

  test('an open port counts against it', () => {
    const open: SampleWorkload[] = [{ name: 'web', ports: [{ port: 80, openToAnyPod: true }] }];
    expect(rate('segmentation', { workloads: open, complete: COMPLETE, resources: [isolate([])] }).configured).toBe(0);
  });
});

describe('ingress', () => {
  const gateway = (servers: unknown) =>
    sampleResource('Gateway', 'shop', 'public', { selector: { app: 'gw' }, servers });
  const https = {
    port: { number: 443, protocol: 'HTTPS', name: 'https' },
    hosts: ['shop.example.com'],
    tls: { mode: 'SIMPLE', credentialName: 'cert' },
  };
  const http = { port: { number: 80, protocol: 'HTTP', name: 'http' }, hosts: ['*'] };
  const coverage = (mesh: SampleMesh) =>
    rate('ingress', mesh)
      .coverage.filter(({ what }) => !what.includes('exposed'))
      .map(({ have, of }) => `${have}/${of}`);

  test('listeners are covered by TLS or a redirect, and by naming hosts', () => {
    expect(coverage({ resources: [gateway([https])] })).toEqual(['1/1', '1/1']);
    expect(coverage({ resources: [gateway([https, http])] })).toEqual(['1/2', '1/2']);
    expect(coverage({ resources: [gateway([https, { ...http, tls: { httpsRedirect: true } }])] })).toEqual([
      '2/2',
      '2/2',
    ]);
    expect(coverage({ resources: [gateway([{ ...https, hosts: ['shop/*'] }])] })).toEqual(['1/1', '0/1']);
  });

  test('egress gateways and waypoints are no way in', () => {
    const egress: SampleWorkload = { name: 'gw', plane: 'gateway', gateway: { kind: 'egress' } };
    expect(coverage({ workloads: [egress], resources: [gateway([http])] })).toEqual(['0/0']);
    const waypoint: SampleWorkload = {
      name: 'way',
      plane: 'gateway',
      gateway: { kind: 'waypoint', gatewayName: 'way' },
    };
    const object = sampleResource('KubernetesGateway', 'shop', 'way', {
      gatewayClassName: 'istio-waypoint',
      listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }],
    });
    expect(rate('ingress', { workloads: [waypoint], resources: [object] }).status).toBe('UNKNOWN');
  });

  test('a Gateway API listener in plain HTTP is covered where its routes only redirect', () => {
    const object = sampleResource('KubernetesGateway', 'shop', 'public', {
      listeners: [{ name: 'http', port: 80, protocol: 'HTTP', hostname: 'a.example.com' }],
    });
    const route = (filters: unknown) =>
      sampleResource('HTTPRoute', 'shop', 'web', { parentRefs: [{ name: 'public' }], rules: [{ filters }] });
    const redirect = [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https' } }];
    expect(coverage({ resources: [object] })).toEqual(['0/1', '1/1']);
    expect(coverage({ resources: [object, route(redirect)] })).toEqual(['1/1', '1/1']);
    expect(coverage({ resources: [object, route([])] })).toEqual(['0/1', '1/1']);
  });

  test('a workload that is exposed beside the gateways counts against it', () => {
    const exposed = (extra: NonNullable<SampleWorkload['ports']>[number]): SampleMesh => ({
      workloads: [{ name: 'web', ports: [extra] }],
      resources: [gateway([https])],
    });
    expect(rate('ingress', exposed({ port: 80, internet: [{}] })).configured).toBe(4);
    expect(rate('ingress', exposed({ port: 80, internet: [{}, { beside: true }] })).configured).toBe(0);
    expect(rate('ingress', exposed({ port: 80, nodePort: true })).configured).toBe(0);
    expect(rate('ingress', exposed({ port: 80, internet: [{ beside: true, outcome: 'deny' }] })).configured).toBe(4);
  });

  test('nothing that leads in is in order only where that is known', () => {
    const workloads: SampleWorkload[] = [{ name: 'web', ports: [{ port: 80 }] }];
    expect(rate('ingress', { workloads })).toMatchObject({ status: 'UNKNOWN', configured: 0 });
    expect(rate('ingress', { workloads, complete: ['gateways'] })).toMatchObject({ status: 'INFERRED', configured: 4 });
  });
});

describe('egress', () => {
  const registryOnly = sampleResource('Sidecar', 'shop', 'default', {
    outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
  });
  const closed = sampleResource('NetworkPolicy', 'shop', 'egress', {
    podSelector: {},
    policyTypes: ['Egress'],
    egress: [{ to: [{ namespaceSelector: {} }] }],
  });
  const workloads: SampleWorkload[] = [{ name: 'web' }];
  const coverage = (mesh: SampleMesh) =>
    rate('egress', { workloads, complete: COMPLETE, ...mesh }).coverage.map(({ have }) => have);

  test('needs both, the proxy and the network: REGISTRY_ONLY alone is no firewall', () => {
    expect(coverage({})).toEqual([0, 0]);
    expect(coverage({ resources: [registryOnly] })).toEqual([1, 0]);
    expect(coverage({ resources: [closed] })).toEqual([0, 1]);
    expect(rate('egress', { workloads, complete: COMPLETE, resources: [registryOnly, closed] }).configured).toBe(4);
    expect(rate('egress', { workloads, complete: COMPLETE, resources: [registryOnly] }).configured).toBe(0);
  });

  test('a plain way around the proxy, or a port open to any address, spoils it', () => {
    const around: SampleWorkload[] = [{ name: 'web', capture: { excludeOutboundPorts: [5432] } }];
    expect(coverage({ workloads: around, resources: [registryOnly, closed] })).toEqual([0, 1]);
    const dns = sampleResource('NetworkPolicy', 'shop', 'dns', {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [{ ports: [{ port: 53 }] }],
    });
    expect(coverage({ resources: [registryOnly, closed, dns] })).toEqual([1, 0]);
  });
});

describe('auditability', () => {
  const telemetry = sampleResource('Telemetry', 'istio-system', 'mesh', {
    accessLogging: [{ providers: [{ name: 'envoy' }] }],
  });

  test('access logs and stated callers', () => {
    const workloads: SampleWorkload[] = [{ name: 'web', stated: true }, { name: 'api' }];
    expect(rate('auditability', { workloads, complete: COMPLETE }).coverage.map(({ have }) => have)).toEqual([0, 1]);
    const dimension = rate('auditability', { workloads, complete: COMPLETE, resources: [telemetry] });
    expect(dimension).toMatchObject({ configured: 2, coverage: [{ have: 2 }, { have: 1 }] });
  });

  test('that there is no mesh config in the input widens the band', () => {
    const workloads: SampleWorkload[] = [{ name: 'web', stated: true }];
    expect(rated('auditability', { workloads }).configured).toEqual({ low: 0, high: 4 });
    expect(rated('auditability', { workloads, complete: ['mesh-config'] }).configured).toEqual({ low: 0, high: 0 });
  });
});
