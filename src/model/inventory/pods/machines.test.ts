import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../../test/mesh-of.ts';

const entry = (name: string, metadata: object, spec: object) =>
  `---\n${JSON.stringify({ apiVersion: 'networking.istio.io/v1', kind: 'WorkloadEntry', metadata: { name, namespace: 'vms', ...metadata }, spec })}\n`;
const group = `---
apiVersion: networking.istio.io/v1
kind: WorkloadGroup
metadata: { name: db, namespace: vms }
spec:
  metadata: { labels: { app: db }, annotations: { traffic.sidecar.istio.io/excludeInboundPorts: '22' } }
  template: { serviceAccount: db, ports: { sql: 5432 } }
`;

describe('a WorkloadEntry', () => {
  it('is an address without a proxy until something shows one', () => {
    const { dataPlane, identity, addresses, serviceAccount } = meshOf(entry('a', {}, { address: '10.1.0.1' })).workload(
      'vms/a',
    );
    expect(dataPlane).toMatchObject({ kind: 'none', status: 'UNKNOWN' });
    expect(dataPlane.why).toContain('a dump of its proxy would tell');
    expect({ identity, addresses, serviceAccount }).toEqual({
      identity: null,
      addresses: ['10.1.0.1'],
      serviceAccount: 'default',
    });
  });

  it.each([
    [{ labels: { 'security.istio.io/tlsMode': 'istio' } }, {}],
    [{}, { labels: { 'security.istio.io/tlsMode': 'istio' } }],
    [{ annotations: { 'istio.io/autoRegistrationGroup': 'gone' } }, {}],
  ])('with %j, %j has a sidecar', (metadata, spec) => {
    const { dataPlane, identity } = meshOf(
      entry('a', metadata, { address: '10.1.0.1', serviceAccount: 'vm', ...spec }),
    ).workload('vms/a');
    expect(dataPlane).toMatchObject({ kind: 'sidecar', status: 'INFERRED' });
    expect(identity).toBe('cluster.local/ns/vms/sa/vm');
  });

  it('takes the labels of its metadata before those of its spec', () => {
    const text = entry(
      'a',
      { labels: { app: 'meta' } },
      { address: 'unix:///run/x', labels: { app: 'spec', tier: 'back' } },
    );
    const { labels, addresses } = meshOf(text).workload('vms/a');
    expect({ labels, addresses }).toEqual({ labels: { app: 'meta', tier: 'back' }, addresses: [] });
  });
});

describe('a WorkloadGroup', () => {
  it('stands for the entries that it registered', () => {
    const registered = { annotations: { 'istio.io/autoRegistrationGroup': 'db' } };
    const text =
      group + entry('db-1', registered, { address: '10.1.0.2' }) + entry('db-2', registered, { address: '10.1.0.1' });
    const { mesh, workload } = meshOf(text);
    expect(mesh.workloads.map(({ id }) => id)).toEqual(['vms/db']);
    const { kind, addresses, dataPlane, identity, ports } = workload('vms/db');
    expect({ kind, addresses, identity }).toEqual({
      kind: 'WorkloadGroup',
      addresses: ['10.1.0.1', '10.1.0.2'],
      identity: 'cluster.local/ns/vms/sa/db',
    });
    expect(dataPlane).toMatchObject({ kind: 'sidecar', assumes: ['the machines of the group run the proxy'] });
    expect(dataPlane.capture).toMatchObject({
      excludeInboundPorts: [22],
      sources: {
        excludeInboundPorts: ['spec', 'metadata', 'annotations', 'traffic.sidecar.istio.io/excludeInboundPorts'],
      },
    });
    expect(ports.map(({ port, name, protocol }) => [port, name, protocol])).toEqual([[5432, 'sql', 'auto']]);
  });
});

describe('machines behind a Service', () => {
  const service = (ports: object[]) =>
    `---\n${JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: 'vms' }, spec: { selector: { app: 'db' }, ports } })}\n`;
  const portsOf = (text: string) =>
    meshOf(text)
      .workload('vms/a')
      .ports.map(({ port, protocol, services, declaredBy }) => [
        port,
        protocol,
        declaredBy,
        services.map(({ port: front }) => front),
      ]);
  const machine = (ports: object) => entry('a', {}, { address: '10.1.0.1', labels: { app: 'db' }, ports });

  it('have the port that the entry gives to the name of the Service port, else the target port', () => {
    const ports = [
      { name: 'tcp-sql', port: 5432, targetPort: 15432 },
      { name: 'http', port: 80, targetPort: 8080 },
    ];
    expect(portsOf(service(ports) + machine({ 'tcp-sql': 6543 }))).toEqual([
      [6543, 'tcp', 'service', [5432]],
      [8080, 'http', 'service', [80]],
    ]);
  });

  it('take the protocols of a ServiceEntry that selects them', () => {
    const serviceEntry = `---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: db, namespace: vms }
spec:
  hosts: [db.internal]
  ports: [{ number: 5432, name: sql, protocol: MYSQL }, { number: 80, name: web, protocol: HTTP, targetPort: 8080 }]
  workloadSelector: { labels: { app: db } }
`;
    expect(portsOf(serviceEntry + machine({ sql: 6543 }))).toEqual([
      [6543, 'mysql', 'service', []],
      [8080, 'http', 'service', []],
    ]);
  });
});
