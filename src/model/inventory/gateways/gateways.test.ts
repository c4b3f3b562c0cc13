import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../../test/mesh-of.ts';

interface Written {
  readonly className?: string;
  readonly metadata?: object;
  readonly spec?: object;
  readonly listeners?: readonly object[];
}

const HTTPS = { name: 'https', port: 443, protocol: 'HTTPS', tls: { mode: 'Terminate' } };

const gateway = (name: string, { className = 'istio', metadata = {}, spec = {}, listeners = [HTTPS] }: Written = {}) =>
  `---\n${JSON.stringify({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name, namespace: 'edge', ...metadata },
    spec: { gatewayClassName: className, listeners, ...spec },
  })}\n`;

const ids = (text: string) => meshOf(text).mesh.workloads.map(({ id }) => id);

describe('Gateways whose pods are not in the input', () => {
  it('are deployed as istiod would', () => {
    const { mesh, workload } = meshOf(gateway('front', { metadata: { labels: { team: 'edge' } } }));
    const {
      kind,
      dataPlane,
      gateway: role,
      identity,
      labels,
      ports,
      services,
      owner,
      location,
    } = {
      ...workload('edge/front-istio'),
      location: workload('edge/front-istio').resource.origin.locate([]),
    };
    expect({ kind, role, identity, services, owner }).toEqual({
      kind: 'Gateway',
      role: { kind: 'kubernetes', gatewayName: 'front', className: 'istio' },
      identity: 'cluster.local/ns/edge/sa/front-istio',
      services: ['edge/front-istio'],
      owner: 'edge',
    });
    expect(dataPlane).toMatchObject({
      kind: 'gateway',
      status: 'INFERRED',
      assumes: ['managed gateways and waypoints are ready'],
      by: { kind: 'KubernetesGateway', name: 'front' },
    });
    expect(location).toMatchObject({ file: 'mesh.yaml', line: 2 });
    expect(labels).toMatchObject({
      team: 'edge',
      'gateway.networking.k8s.io/gateway-name': 'front',
      'istio.io/dataplane-mode': 'none',
    });
    expect(ports.map(({ port, protocol, chain, declaredBy }) => [port, protocol, chain, declaredBy])).toEqual([
      [443, 'https', 'http', 'listener'],
    ]);
    expect(mesh.serviceById.get('edge/front-istio')).toMatchObject({
      type: 'LoadBalancer',
      internal: false,
      workloads: ['edge/front-istio'],
      ports: [{ port: 443, targetPort: 443 }],
    });
    expect(mesh.assumptions).toContain('managed gateways and waypoints are ready');
    expect(mesh.scope.namespaces.has('edge')).toBe(false);
  });

  it('as waypoints and east-west gateways keep their names', () => {
    const mesh = { name: 'mesh', port: 15008, protocol: 'HBONE' };
    const text =
      gateway('waypoint', { className: 'istio-waypoint', listeners: [mesh] }) +
      gateway('east', { className: 'istio-east-west', listeners: [mesh] });
    const { workload, mesh: found } = meshOf(text);
    expect(workload('edge/waypoint').gateway).toEqual({
      kind: 'waypoint',
      gatewayName: 'waypoint',
      className: 'istio-waypoint',
    });
    expect(workload('edge/waypoint').ports.map(({ port, protocol, chain }) => [port, protocol, chain])).toEqual([
      [15008, 'hbone', 'tcp'],
    ]);
    expect(workload('edge/east').gateway?.kind).toBe('kubernetes');
    expect(found.services.map(({ id, type }) => `${id} ${type}`)).toEqual([
      'edge/east LoadBalancer',
      'edge/waypoint ClusterIP',
    ]);
  });

  it('follow their annotations', () => {
    const annotations = {
      'gateway.istio.io/name-override': 'renamed',
      'gateway.istio.io/service-account': 'shared',
      'networking.istio.io/service-type': 'ClusterIP',
    };
    const { workload, mesh } = meshOf(gateway('front', { metadata: { annotations } }));
    expect(workload('edge/renamed').identity).toBe('cluster.local/ns/edge/sa/shared');
    expect(mesh.serviceById.get('edge/renamed')?.type).toBe('ClusterIP');
    const infrastructure = { annotations: { 'networking.gke.io/load-balancer-type': 'Internal' }, labels: { a: 'b' } };
    const inside = meshOf(gateway('front', { spec: { infrastructure } }));
    expect(inside.mesh.serviceById.get('edge/front-istio')?.internal).toBe(true);
    expect(inside.workload('edge/front-istio').labels.a).toBe('b');
  });

  it('are found behind the Service of the input, if it holds that', () => {
    const service = `---
apiVersion: v1
kind: Service
metadata: { name: front-istio, namespace: edge }
spec: { type: NodePort, selector: { gateway.networking.k8s.io/gateway-name: front }, ports: [{ name: https, port: 443, targetPort: 443 }] }
`;
    const { mesh } = meshOf(gateway('front') + service);
    expect(mesh.services.map(({ id, type, workloads }) => [id, type, workloads])).toEqual([
      ['edge/front-istio', 'NodePort', ['edge/front-istio']],
    ]);
  });

  it('have the addresses of WorkloadEntries that carry their label', () => {
    const entry = `---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: front-a, namespace: edge }
spec: { address: 10.9.9.9, labels: { gateway.networking.k8s.io/gateway-name: front } }
`;
    const { mesh, workload } = meshOf(gateway('front') + entry);
    expect(mesh.workloads.map(({ id }) => id)).toEqual(['edge/front-istio']);
    expect(workload('edge/front-istio').addresses).toEqual(['10.9.9.9']);
  });
});

describe('Gateways that istiod does not deploy', () => {
  it('have their pods in the input', () => {
    const deployment = `---
apiVersion: apps/v1
kind: Deployment
metadata: { name: front-istio, namespace: edge }
spec:
  template:
    metadata: { labels: { gateway.networking.k8s.io/gateway-name: front } }
    spec: { serviceAccountName: front-istio, containers: [{ name: istio-proxy, image: 'istio/proxyv2:1', args: [proxy, router] }] }
`;
    const { mesh, workload } = meshOf(gateway('front') + deployment);
    expect(mesh.workloads.map(({ id, kind }) => `${kind} ${id}`)).toEqual(['Deployment edge/front-istio']);
    expect(workload('edge/front-istio').gateway).toEqual({
      kind: 'kubernetes',
      gatewayName: 'front',
      className: 'istio',
    });
    expect(workload('edge/front-istio').dataPlane.assumes).toEqual([]);
    expect(workload('edge/front-istio').ports.map(({ port, declaredBy }) => [port, declaredBy])).toEqual([
      [443, 'listener'],
    ]);
  });

  it('are of other classes, remote, or served by a Service of somebody else', () => {
    expect(ids(gateway('a', { className: 'nginx' }) + gateway('b', { className: 'istio-remote' }))).toEqual([]);
    const addresses = [{ type: 'Hostname', value: 'ingress.istio-gateways.svc.cluster.local' }];
    expect(ids(gateway('c', { spec: { addresses } }))).toEqual([]);
    expect(ids(gateway('d', { spec: { addresses: [{ type: 'IPAddress', value: '192.0.2.1' }] } }))).toEqual([
      'edge/d-istio',
    ]);
  });

  it('are of a class whose GatewayClass names another controller', () => {
    const gatewayClass = (name: string, controllerName: string) =>
      `---\n${JSON.stringify({ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass', metadata: { name }, spec: { controllerName } })}\n`;
    expect(ids(gatewayClass('istio', 'example.com/other') + gateway('a'))).toEqual([]);
    expect(ids(gatewayClass('mine', 'istio.io/gateway-controller') + gateway('a', { className: 'mine' }))).toEqual([
      'edge/a-mine',
    ]);
  });

  it('run on a data plane that is not modelled, which is said', () => {
    const { mesh, diagnostics } = meshOf(gateway('a', { className: 'istio-agentgateway' }));
    expect(mesh.workloads).toEqual([]);
    expect(diagnostics.map(({ severity, message }) => [severity, message.includes('not modelled')])).toEqual([
      ['warning', true],
    ]);
  });
});

describe('what Gateways open on gateways', () => {
  const ingress = `---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ingress, namespace: edge }
spec:
  template:
    metadata: { labels: { istio: ingressgateway } }
    spec:
      containers:
      - { name: istio-proxy, image: 'istio/proxyv2:1', args: [proxy, router], ports: [{ containerPort: 8080 }, { containerPort: 31400 }, { containerPort: 15090 }] }
---
apiVersion: v1
kind: Service
metadata: { name: ingress, namespace: edge }
spec:
  type: LoadBalancer
  selector: { istio: ingressgateway }
  ports:
  - { name: status-port, port: 15021, targetPort: 15021 }
  - { name: http2, port: 80, targetPort: 8080 }
  - { name: https, port: 443, targetPort: 8443 }
`;
  const servers = (
    list: readonly object[],
    {
      selector = { istio: 'ingressgateway' },
      namespace = 'team',
    }: { selector?: object | null; namespace?: string } = {},
  ) =>
    `---\n${JSON.stringify({
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'gw', namespace },
      spec: { ...(selector && { selector }), servers: list },
    })}\n`;
  const server = (number: number, protocol: string, mode?: string) => ({
    port: { number, protocol, name: `${protocol.toLowerCase()}-${number}` },
    hosts: ['*'],
    ...(mode && { tls: { mode } }),
  });
  const portsOf = (text: string) =>
    meshOf(text)
      .workload('edge/ingress')
      .ports.map(({ port, protocol, chain, declaredBy }) => `${port} ${protocol} ${chain} ${declaredBy}`);

  it('has the ports of its Service before anything opens them, never those of the proxy', () => {
    expect(portsOf(ingress)).toEqual(['8080 http2 http service', '8443 https tcp service']);
  });

  it('is named by the port of the Service, from any namespace', () => {
    const text = ingress + servers([server(80, 'HTTP'), server(443, 'HTTPS', 'SIMPLE'), server(9999, 'TCP')]);
    expect(portsOf(text)).toEqual(['8080 http http gateway', '8443 https http gateway', '9999 tcp tcp gateway']);
  });

  it('is bytes where TLS passes through', () => {
    expect(portsOf(ingress + servers([server(443, 'HTTPS', 'PASSTHROUGH')]))).toContain('8443 https tcp gateway');
    expect(portsOf(ingress + servers([server(443, 'TLS', 'AUTO_PASSTHROUGH')]))).toContain('8443 tls tcp gateway');
    const both = servers([server(443, 'HTTPS', 'SIMPLE'), server(443, 'TLS', 'PASSTHROUGH')]);
    expect(portsOf(ingress + both)).toContain('8443 https auto gateway');
  });

  it('comes without a selector from every Gateway, with another from none', () => {
    expect(portsOf(ingress + servers([server(7000, 'HTTP')], { selector: null }))).toContain('7000 http http gateway');
    expect(portsOf(ingress + servers([server(7000, 'HTTP')], { selector: { istio: 'other' } }))).toHaveLength(2);
  });

  it('stays untranslated for a Service that opts out', () => {
    const local = `---
apiVersion: v1
kind: Service
metadata: { name: a-local, namespace: edge, labels: { experimental.istio.io/disable-gateway-port-translation: "true" } }
spec: { selector: { istio: ingressgateway }, ports: [{ name: http2, port: 80, targetPort: 8081 }] }
`;
    const opened = portsOf(ingress + local + servers([server(80, 'HTTP'), server(8081, 'HTTP')]));
    expect(opened).toEqual(['8080 http http gateway', '8081 http http gateway', '8443 https tcp service']);
  });
});
