import { describe, expect, it } from 'vitest';
import { meshOf } from '../../../test/mesh-of.ts';
import { type Manifest, meshText, namespace, workload } from '../../../test/small-mesh.ts';
import { Enforcement } from '../enforcement.ts';
import { resolveRequest } from '../resolve-request.ts';
import { waypointOnTheWay } from './on-the-way.ts';

const AMBIENT = { 'istio.io/dataplane-mode': 'ambient' };
const USES = { 'istio.io/use-waypoint': 'way' };

const waypoint = (namespaceName: string, waypointFor?: string): Manifest => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: {
    name: 'way',
    namespace: namespaceName,
    ...(waypointFor ? { labels: { 'istio.io/waypoint-for': waypointFor } } : {}),
  },
  spec: {
    gatewayClassName: 'istio-waypoint',
    listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }],
  },
});

interface Scene {
  /** Labels of the namespace of the server, and of its pods. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly gateways?: readonly Manifest[];
}

/** The waypoint between `from` and the server, addressed by its service or as a pod. */
function between(from: object, to: 'service' | 'pod', { labels = {}, podLabels = {}, gateways }: Scene): string {
  const enforcement = new Enforcement(
    meshOf(
      meshText([
        namespace('shop', labels),
        namespace('near', AMBIENT),
        namespace('injected'),
        ...workload('shop', 'server', { ports: { http: 8080 }, labels: podLabels }),
        ...workload('near', 'client'),
        ...workload('injected', 'client'),
        ...(gateways ?? [waypoint('shop')]),
      ]),
    ).mesh,
  );
  const destination = to === 'service' ? { service: 'shop/server', port: 80 } : { workload: 'shop/server', port: 8080 };
  const queries = resolveRequest(enforcement.mesh, { from, to: destination });
  if ('error' in queries || !queries[0]) throw new Error('no query');
  const found = waypointOnTheWay(enforcement, queries[0]);
  return found ? `${found.namespace}/${found.name}` : 'none';
}

const near = { workload: 'near/client' };
const injected = { workload: 'injected/client' };
const unplaced = { principal: 'cluster.local/ns/x/sa/y' };

describe('a waypoint for services', () => {
  it('stands between ambient clients and the services that use it, whatever their endpoints are', () => {
    expect(between(near, 'service', { labels: { ...AMBIENT, ...USES } })).toBe('shop/way');
    expect(between(near, 'service', { labels: USES })).toBe('shop/way');
    expect(between(near, 'service', { labels: AMBIENT })).toBe('none');
  });

  it('is not on the way to pods, nor from sidecars', () => {
    expect(between(near, 'pod', { labels: { ...AMBIENT, ...USES } })).toBe('none');
    expect(between(injected, 'service', { labels: { ...AMBIENT, ...USES } })).toBe('none');
  });

  it('is taken to be on the way of clients whose place is not known, to ambient endpoints', () => {
    expect(between(unplaced, 'service', { labels: { ...AMBIENT, ...USES } })).toBe('shop/way');
    expect(between(unplaced, 'service', { labels: USES })).toBe('none');
  });
});

describe('a waypoint for workloads', () => {
  const gateways = [waypoint('shop', 'workload')];

  it('stands before ambient pods that are addressed themselves', () => {
    expect(between(near, 'pod', { labels: { ...AMBIENT, ...USES }, gateways })).toBe('shop/way');
    expect(between(near, 'service', { labels: { ...AMBIENT, ...USES }, gateways })).toBe('none');
    expect(between(near, 'pod', { labels: USES, gateways })).toBe('none');
  });

  it('for all serves both', () => {
    const all = { labels: { ...AMBIENT, ...USES }, gateways: [waypoint('shop', 'all')] };
    expect(between(near, 'pod', all)).toBe('shop/way');
    expect(between(near, 'service', all)).toBe('shop/way');
    const none = { labels: { ...AMBIENT, ...USES }, gateways: [waypoint('shop', 'none')] };
    expect(between(near, 'service', none)).toBe('none');
  });
});

describe('the name of a waypoint', () => {
  const gateways = [waypoint('shop', 'workload')];

  it('on the pod wins over that of the namespace, and may say none', () => {
    const labels = { ...AMBIENT, ...USES };
    for (const name of ['none', '', 'gone']) {
      expect(between(near, 'pod', { labels, podLabels: { 'istio.io/use-waypoint': name }, gateways })).toBe('none');
    }
    expect(between(near, 'pod', { labels: AMBIENT, podLabels: USES, gateways })).toBe('shop/way');
  });

  it('may lead to another namespace', () => {
    const labels = { ...AMBIENT, ...USES, 'istio.io/use-waypoint-namespace': 'near' };
    expect(between(near, 'service', { labels, gateways: [waypoint('near')] })).toBe('near/way');
    expect(between(near, 'service', { labels })).toBe('none');
  });
});
