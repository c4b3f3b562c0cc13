import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../../test/mesh-of.ts';
import { isInternalLoadBalancer } from './load-balancer.ts';

const service = (name: string, spec: object, metadata: object = {}) =>
  `---\n${JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop', ...metadata }, spec })}\n`;
const deployment = (
  name: string,
  labels: object,
  containers: readonly object[] = [{ name: 'app' }],
  spec: object = {},
) =>
  `---\n${JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: { template: { metadata: { labels }, spec: { containers, ...spec } } },
  })}\n`;
const pod = (name: string, labels: object, ip: string) =>
  `---\n${JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels },
    spec: { containers: [{ name: 'app' }] },
    status: { phase: 'Running', podIP: ip },
  })}\n`;

const portsOf = (text: string, id = 'shop/web') =>
  meshOf(text)
    .workload(id)
    .ports.map(({ port, transport, protocol, services, declaredBy }) => {
      const from = services.map(({ service: name, port: number }) => `${name}:${number}`).join(',');
      return `${port}${transport === 'TCP' ? '' : `/${transport}`} ${protocol} ${declaredBy} ${from}`.trim();
    });

describe('Services', () => {
  const workloads = deployment('web', { app: 'web', tier: 'front' }) + deployment('api', { app: 'api', tier: 'front' });

  it('lead to the workloads of their namespace that have all of their labels', () => {
    const text =
      workloads +
      service('web', { selector: { app: 'web', tier: 'front' }, ports: [{ port: 80 }] }) +
      service('front', { selector: { tier: 'front' }, ports: [{ port: 80 }] }) +
      service('none', { selector: { app: 'web', tier: 'back' }, ports: [{ port: 80 }] }) +
      service('elsewhere', { selector: { app: 'web' }, ports: [{ port: 80 }] }, { namespace: 'other' });
    const { mesh, workload } = meshOf(text);
    expect(mesh.services.map(({ id, workloads: behind }) => [id, ...behind])).toEqual([
      ['other/elsewhere'],
      ['shop/front', 'shop/api', 'shop/web'],
      ['shop/none'],
      ['shop/web', 'shop/web'],
    ]);
    expect(workload('shop/web').services).toEqual(['shop/front', 'shop/web']);
  });

  it('keep what tells who can reach them', () => {
    const text =
      service('a', {}) +
      service('b', { clusterIP: 'None', ports: [{ port: 80, name: 'http', targetPort: '8080' }] }) +
      service('c', {
        type: 'LoadBalancer',
        externalIPs: ['192.0.2.1'],
        loadBalancerSourceRanges: ['198.51.100.0/24'],
        ports: [{ port: 443, nodePort: 30443, targetPort: 'https', appProtocol: 'https' }],
      }) +
      service('d', { type: 'ExternalName', externalName: 'db.example.com', selector: { app: 'web' } });
    const { mesh } = meshOf(workloads + text);
    const plain = mesh.services.map(({ resource, labels, annotations, cluster, ...rest }) => rest);
    const common = {
      namespace: 'shop',
      type: 'ClusterIP',
      headless: false,
      externalIPs: [],
      loadBalancerSourceRanges: [],
      internal: false,
      ports: [],
      workloads: [],
    };
    expect(plain).toEqual([
      { ...common, id: 'shop/a', name: 'a' },
      {
        ...common,
        id: 'shop/b',
        name: 'b',
        headless: true,
        ports: [{ port: 80, name: 'http', transport: 'TCP', protocol: 'http', chain: 'http', targetPort: 8080 }],
      },
      {
        ...common,
        id: 'shop/c',
        name: 'c',
        type: 'LoadBalancer',
        externalIPs: ['192.0.2.1'],
        loadBalancerSourceRanges: ['198.51.100.0/24'],
        ports: [{ port: 443, transport: 'TCP', protocol: 'https', chain: 'tcp', targetPort: 'https', nodePort: 30443 }],
      },
      { ...common, id: 'shop/d', name: 'd', type: 'ExternalName', externalName: 'db.example.com' },
    ]);
  });

  it('without selector lead where their EndpointSlices say', () => {
    const slice = (endpoints: object[], ports: object[]) =>
      `---\n${JSON.stringify({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: 'x', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'manual' } },
        addressType: 'IPv4',
        endpoints,
        ports,
      })}\n`;
    const text =
      pod('a', { app: 'a' }, '10.0.0.1') +
      pod('b', { app: 'b' }, '10.0.0.2') +
      service('manual', {
        ports: [
          { name: 'http', port: 80 },
          { name: 'admin', port: 81 },
        ],
      }) +
      slice(
        [{ addresses: ['10.0.0.1'], targetRef: { kind: 'Pod', name: 'a' } }, { addresses: ['10.0.0.2', '10.0.0.99'] }],
        [{ name: 'http', port: 8080 }],
      );
    expect(meshOf(text).mesh.serviceById.get('shop/manual')?.workloads).toEqual(['shop/a', 'shop/b']);
    expect(portsOf(text, 'shop/a')).toEqual(['8080 http service shop/manual:80']);
    expect(portsOf(text, 'shop/b')).toEqual(['8080 http service shop/manual:80']);
  });
});

describe('target ports', () => {
  const named = [
    {
      name: 'app',
      ports: [
        { name: 'web', containerPort: 8080 },
        { name: 'dns', containerPort: 5353, protocol: 'UDP' },
      ],
    },
  ];

  it('given by name resolve in each pod template on its own', () => {
    const text =
      deployment('web', { app: 'x' }, named) +
      deployment('api', { app: 'x' }, [{ name: 'app', ports: [{ name: 'web', containerPort: 9090 }] }]) +
      service('x', { selector: { app: 'x' }, ports: [{ name: 'http', port: 80, targetPort: 'web' }] });
    expect(portsOf(text, 'shop/web')).toContain('8080 http service shop/x:80');
    expect(portsOf(text, 'shop/api')).toEqual(['9090 http service shop/x:80']);
  });

  it('given by name need the same transport', () => {
    const text =
      deployment('web', { app: 'x' }, named) +
      service('x', {
        selector: { app: 'x' },
        ports: [
          { port: 53, targetPort: 'dns', protocol: 'UDP' },
          { name: 'tcp', port: 54, targetPort: 'dns' },
        ],
      });
    expect(portsOf(text)).toEqual(['5353/UDP udp service shop/x:53', '8080 auto container']);
    const { diagnostics } = meshOf(text);
    expect(diagnostics.map(({ message }) => message)).toEqual([
      'port 54 of Service `shop/x` leads nowhere: no container of its pods names a port `dns`',
    ]);
  });

  it('are the same as the port when absent, and found in native sidecars', () => {
    const sidecar = {
      initContainers: [{ name: 'helper', restartPolicy: 'Always', ports: [{ name: 'help', containerPort: 7000 }] }],
    };
    const text =
      deployment('web', { app: 'x' }, [{ name: 'app' }], sidecar) +
      service('x', {
        selector: { app: 'x' },
        ports: [
          { name: 'tcp', port: 5432 },
          { name: 'grpc', port: 81, targetPort: 'help' },
        ],
      });
    expect(portsOf(text)).toEqual(['5432 tcp service shop/x:5432', '7000 grpc service shop/x:81']);
  });
});

describe('ports of a workload', () => {
  it('are those of its containers but the proxy, with host ports and probes', () => {
    const containers = [
      {
        name: 'app',
        ports: [{ name: 'web', containerPort: 8080, hostPort: 80 }, { containerPort: 9090 }],
        readinessProbe: { httpGet: { port: 'web' } },
        livenessProbe: { tcpSocket: { port: 8081 } },
        startupProbe: { grpc: { port: 9090 } },
      },
      { name: 'istio-proxy', image: 'auto', ports: [{ containerPort: 15090 }] },
    ];
    const { ports } = meshOf(deployment('web', {}, containers)).workload('shop/web');
    const common = {
      transport: 'TCP',
      protocol: 'auto',
      chain: 'auto',
      services: [],
      declaredBy: 'container',
      probed: true,
    };
    expect(ports).toEqual([
      { ...common, port: 8080, name: 'web', hostPort: 80 },
      { ...common, port: 8081 },
      { ...common, port: 9090 },
    ]);
    const onHost = meshOf(deployment('web', {}, containers, { hostNetwork: true })).workload('shop/web');
    expect(onHost.ports.map(({ port, hostPort }) => [port, hostPort])).toEqual([
      [8080, 8080],
      [8081, undefined],
      [9090, 9090],
    ]);
  });

  const two = (first: object, second: object, created: readonly [string?, string?] = []) =>
    deployment('web', { app: 'web' }) +
    service(
      'a',
      { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080, ...first }] },
      { creationTimestamp: created[0] },
    ) +
    service(
      'b',
      { selector: { app: 'web' }, ports: [{ port: 81, targetPort: 8080, ...second }] },
      { creationTimestamp: created[1] },
    );
  const HTTP = { name: 'http' };
  const TCP = { name: 'tcp' };

  it('take the protocol of the oldest Service', () => {
    const early = '2026-01-01T00:00:00Z';
    const late = '2026-01-02T00:00:00Z';
    expect(portsOf(two(HTTP, TCP, [early, late]))).toEqual(['8080 http service shop/a:80,shop/b:81']);
    expect(portsOf(two(HTTP, TCP, [late, early]))).toEqual(['8080 tcp service shop/a:80,shop/b:81']);
    expect(portsOf(two(HTTP, TCP, [early, early]))).toEqual(['8080 http service shop/a:80,shop/b:81']);
    expect(meshOf(two(HTTP, TCP, [early, late])).diagnostics).toEqual([]);
  });

  it('may be either where the input has no times, and both Services are named', () => {
    const { diagnostics, workload } = meshOf(two(HTTP, TCP));
    expect(workload('shop/web').ports[0]).toMatchObject({ port: 8080, protocol: 'auto', chain: 'auto' });
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]?.message).toContain('`shop/a` port 80 as http and `shop/b` port 81 as tcp');
    expect(diagnostics[0]?.line).toBe(2);
    const swapped = two(HTTP, TCP).split('---\n').reverse().join('---\n');
    expect(meshOf(swapped).workload('shop/web').ports).toEqual(workload('shop/web').ports);
  });

  it('say nothing where the difference changes nothing', () => {
    const { diagnostics, workload } = meshOf(two({ name: 'http2' }, HTTP));
    expect(diagnostics).toEqual([]);
    expect(workload('shop/web').ports[0]).toMatchObject({ protocol: 'http2', chain: 'http' });
  });

  describe('with ingress listeners of a Sidecar', () => {
    const sidecar = (
      name: string,
      labels: object | undefined,
      number: number,
      protocol: string,
      rest: { namespace?: string; created?: string } = {},
    ) =>
      `---\n${JSON.stringify({
        apiVersion: 'networking.istio.io/v1',
        kind: 'Sidecar',
        metadata: {
          name,
          namespace: rest.namespace ?? 'shop',
          ...(rest.created && { creationTimestamp: rest.created }),
        },
        spec: {
          ...(labels && { workloadSelector: { labels } }),
          ingress: [{ port: { number, protocol, name: 'x' }, defaultEndpoint: '127.0.0.1:1' }],
        },
      })}\n`;
    const shop = (mode = 'istio-injection: enabled') =>
      `{ apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { ${mode} } } }\n` +
      deployment('web', { app: 'web' }, [{ name: 'app', ports: [{ containerPort: 8080 }] }]) +
      service('web', { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] });

    it('are those, and Services fall to detection', () => {
      expect(portsOf(shop() + sidecar('a', { app: 'web' }, 9080, 'GRPC'))).toEqual([
        '8080 auto service shop/web:80',
        '9080 grpc listener',
      ]);
      expect(portsOf(shop() + sidecar('a', undefined, 8080, 'TCP'))).toEqual(['8080 tcp listener shop/web:80']);
    });

    it('come from one Sidecar: selecting before general before root, the oldest of equals', () => {
      const root = sidecar('r', undefined, 9003, 'HTTP', { namespace: 'istio-system' });
      const general = sidecar('g', undefined, 9002, 'HTTP');
      const other = sidecar('o', { app: 'other' }, 9004, 'HTTP');
      const young = sidecar('a', { app: 'web' }, 9001, 'HTTP', { created: '2026-02-01T00:00:00Z' });
      const old = sidecar('z', { app: 'web' }, 9000, 'HTTP', { created: '2026-01-01T00:00:00Z' });
      expect(portsOf(shop() + root + other)).toContain('9003 http listener');
      expect(portsOf(shop() + root + other + general)).toContain('9002 http listener');
      expect(portsOf(shop() + root + general + young)).toContain('9001 http listener');
      expect(portsOf(shop() + root + general + young + old)).toContain('9000 http listener');
    });

    it('mean nothing to ztunnel', () => {
      const text = shop('istio.io/dataplane-mode: ambient') + sidecar('a', undefined, 9080, 'HTTP');
      expect(portsOf(text)).toEqual(['8080 http service shop/web:80']);
    });
  });
});

describe('isInternalLoadBalancer', () => {
  const internal = (annotations: Record<string, string>, loadBalancerClass?: string) =>
    isInternalLoadBalancer({ annotations, spec: loadBalancerClass ? { loadBalancerClass } : {} });
  const aws = (name: string, value: string) => ({ [`service.beta.kubernetes.io/aws-load-balancer-${name}`]: value });

  it.each([
    [{ 'networking.gke.io/load-balancer-type': 'Internal' }],
    [{ 'cloud.google.com/load-balancer-type': 'internal' }],
    [aws('internal', 'true')],
    [aws('internal', '0.0.0.0/0')],
    [aws('scheme', 'internal')],
    [aws('type', 'external')],
    [aws('type', 'nlb-ip')],
    [{ 'service.beta.kubernetes.io/azure-load-balancer-internal': 'true' }],
    [{ 'service.kubernetes.io/qcloud-loadbalancer-internal-subnetid': 'subnet-1' }],
  ])('with %j', (annotations) => {
    expect(internal(annotations)).toBe(true);
  });

  it.each([
    [{}],
    [aws('internal', 'false')],
    [aws('scheme', 'internet-facing')],
    [{ ...aws('type', 'external'), ...aws('scheme', 'internet-facing') }],
    [aws('type', 'nlb')],
    [{ 'service.beta.kubernetes.io/azure-load-balancer-internal': 'false' }],
  ])('not with %j', (annotations) => {
    expect(internal(annotations)).toBe(false);
  });

  it('by class', () => {
    expect(internal({}, 'example.com/internal-vip')).toBe(true);
    expect(internal({}, 'service.k8s.aws/nlb')).toBe(true);
    expect(internal(aws('scheme', 'internet-facing'), 'service.k8s.aws/nlb')).toBe(false);
    expect(internal({}, 'example.com/vip')).toBe(false);
  });
});
