import { describe, expect, it } from 'vitest';
import { EDGE_PLATFORM } from '../../../test/edge-platform.ts';
import { meshOf } from '../../../test/mesh-of.ts';
import { mergeServers } from './merge-servers.ts';
import { readGateway } from './server.ts';

function merge(...gateways: readonly string[]) {
  const objects = gateways.map(
    (servers, index) => `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: g${index}, namespace: edge, creationTimestamp: '2026-01-0${index + 1}T00:00:00Z' }
spec: { selector: { istio: ingressgateway }, servers: [${servers}] }
`,
  );
  const withoutOwn = EDGE_PLATFORM.split('---\n').slice(0, -1).join('---\n');
  const { mesh, workload } = meshOf(withoutOwn + objects.join(''));
  const { groups, ignored } = mergeServers(
    mesh.resources.of('Gateway').map(readGateway),
    workload('edge/gateway'),
    mesh.serviceById,
  );
  return {
    groups: groups.map(({ port, servers }) => [
      port,
      ...servers.map(({ gateway, portName }) => `${gateway} ${portName}`),
    ]),
    ignored: ignored.map(({ server, port, why, ageUnknown }) => ({ server: server.gateway, port, why, ageUnknown })),
  };
}

const server = (number: number, name: string, protocol: string, host: string): string =>
  `{ port: { number: ${number}, name: ${name}, protocol: ${protocol} }, hosts: ['${host}']${
    protocol === 'HTTPS' || protocol === 'TLS' ? ', tls: { mode: SIMPLE, credentialName: cert }' : ''
  } }`;

describe('mergeServers', () => {
  it('combines plain HTTP servers of a port, whichever HTTP they name', () => {
    expect(merge(server(80, 'a', 'HTTP', 'a'), server(80, 'b', 'HTTP2', 'b'))).toEqual({
      groups: [[8080, 'edge/g0 a', 'edge/g1 b']],
      ignored: [],
    });
  });

  it('gives the port of the pods, or the number itself where no Service has the port', () => {
    expect(merge(server(443, 'a', 'HTTPS', 'a'), server(9443, 'b', 'HTTPS', 'b')).groups).toEqual([
      [8443, 'edge/g0 a'],
      [9443, 'edge/g1 b'],
    ]);
  });

  it('leaves out a TLS host that an older server has', () => {
    expect(merge(server(443, 'a', 'HTTPS', 'a'), server(443, 'b', 'HTTPS', 'a'))).toEqual({
      groups: [[8443, 'edge/g0 a']],
      ignored: [{ server: 'edge/g1', port: 8443, why: 'host `a` is served by Gateway `edge/g0`', ageUnknown: false }],
    });
  });

  it('leaves out what speaks something else than the first server of a port', () => {
    expect(merge(server(80, 'a', 'TCP', '*'), server(80, 'b', 'HTTP', 'b')).ignored).toEqual([
      { server: 'edge/g1', port: 8080, why: 'Gateway `edge/g0` takes the port for TCP', ageUnknown: false },
    ]);
    // TLS servers stay: they are told apart by SNI.
    expect(merge(server(80, 'a', 'HTTP', '*'), server(80, 'b', 'HTTPS', 'b')).groups).toHaveLength(1);
    expect(merge(server(80, 'a', 'HTTPS', 'a'), server(80, 'b', 'TLS', 'b')).groups).toHaveLength(2);
  });

  it('says where the order between Gateways is not known', () => {
    const withoutOwn = EDGE_PLATFORM.replace(
      /hosts: \['\*'\]/,
      "hosts: ['*'], tls: { mode: SIMPLE, credentialName: c }",
    ).replace('number: 80, name: http, protocol: HTTP', 'number: 443, name: https, protocol: HTTPS');
    const other = withoutOwn.split('---\n').at(-1)?.replace('name: public', 'name: other') ?? '';
    const { mesh, workload } = meshOf(`${withoutOwn}---\n${other}`);
    const gateways = mesh.resources.of('Gateway').map(readGateway);
    const { ignored } = mergeServers(gateways, workload('edge/gateway'), mesh.serviceById);
    expect(ignored.map(({ ageUnknown }) => ageUnknown)).toEqual([true]);
  });

  it('knows the order within a Gateway, of whatever age, but not between namesakes of two namespaces', () => {
    const platform = EDGE_PLATFORM.split('---\n').slice(0, -1).join('---\n');
    const gateway = (namespace: string, ...servers: readonly string[]): string => `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: public, namespace: ${namespace} }
spec: { selector: { istio: ingressgateway }, servers: [${servers}] }
`;
    const ages = (yaml: string): readonly boolean[] => {
      const { mesh, workload } = meshOf(platform + yaml);
      const gateways = mesh.resources.of('Gateway').map(readGateway);
      const { ignored } = mergeServers(gateways, workload('edge/gateway'), mesh.serviceById);
      return ignored.map(({ ageUnknown }) => ageUnknown);
    };
    const [one, two] = [server(443, 'a', 'HTTPS', 'a'), server(443, 'b', 'HTTPS', 'a')];
    expect(ages(gateway('edge', one, two))).toEqual([false]);
    expect(ages(gateway('edge', one) + gateway('shop', two))).toEqual([true]);
  });
});
