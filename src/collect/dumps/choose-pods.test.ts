import { describe, expect, it } from 'vitest';
import type { RawValue } from '../snapshot.ts';
import { choosePods } from './choose-pods.ts';

interface Options {
  readonly namespace?: string;
  readonly owner?: string;
  readonly image?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly phase?: string;
  readonly ready?: boolean;
  readonly native?: boolean;
}

function pod(name: string, options: Options = {}): RawValue {
  const {
    namespace = 'shop',
    owner,
    image = 'istio/proxyv2:1.31.1',
    labels = {},
    phase = 'Running',
    ready,
    native,
  } = options;
  const containers = [{ name: 'istio-proxy', image }];
  return {
    metadata: {
      name,
      namespace,
      labels,
      ...(owner === undefined ? {} : { ownerReferences: [{ kind: 'ReplicaSet', name: owner }] }),
    },
    spec: native ? { containers: [{ name: 'app' }], initContainers: containers } : { containers },
    status: { phase, ...(ready ? { conditions: [{ type: 'Ready', status: 'True' }] } : {}) },
  };
}

const asked = (...pods: readonly RawValue[]) =>
  choosePods(pods, 10).targets.map(({ kind, namespace, pod: name }) => `${kind} ${namespace}/${name}`);

describe('which pods are dumped', () => {
  it('one of each template and proxy image, one that is ready rather than another', () => {
    const web = { owner: 'web-5d' };
    expect(
      asked(
        pod('web-a', web),
        pod('web-b', { ...web, ready: true }),
        pod('web-c', { ...web, image: 'istio/proxyv2:1.30.0' }),
        pod('web-d', { owner: 'web-6e', native: true }),
        pod('web-a', { ...web, namespace: 'other' }),
        pod('bare-1'),
        pod('bare-2'),
      ),
    ).toEqual([
      'envoy other/web-a',
      'envoy shop/bare-1',
      'envoy shop/bare-2',
      'envoy shop/web-b',
      'envoy shop/web-c',
      'envoy shop/web-d',
    ]);
  });

  it('by the revision of their template where a StatefulSet or DaemonSet has two', () => {
    const of = (revision: string) => ({ owner: 'db', labels: { 'controller-revision-hash': revision } });
    expect(asked(pod('db-0', of('a')), pod('db-1', of('a')), pod('db-2', of('b')))).toEqual([
      'envoy shop/db-0',
      'envoy shop/db-2',
    ]);
  });

  it('every ztunnel and istiod, no waypoint, no pod without a proxy', () => {
    const system = { namespace: 'istio-system', owner: 'ztunnel', image: 'gcr.io/istio/ztunnel:1.31.1-distroless' };
    const waypoint = { labels: { 'gateway.istio.io/managed': 'istio.io-mesh-controller' } };
    const istiod = {
      ...pod('istiod-5c-x', { namespace: 'istio-system' }),
      spec: { containers: [{ name: 'discovery', image: 'docker.io/istio/pilot:1.31.1' }] },
    };
    const plain = { ...pod('plain'), spec: { containers: [{ name: 'app', image: 'app' }] } };
    expect(asked(plain, pod('waypoint-1', waypoint), pod('zt-2', system), pod('zt-1', system), istiod)).toEqual([
      'istiod istio-system/istiod-5c-x',
      'ztunnel istio-system/zt-1',
      'ztunnel istio-system/zt-2',
    ]);
  });

  it('says of what nothing runs, and what is beyond the limit', () => {
    const down = choosePods([pod('web-a', { owner: 'web', phase: 'Pending' })], 1);
    expect(down).toEqual({
      targets: [],
      bytes: 0,
      gaps: [{ what: 'the proxy of shop/web-a', namespace: 'shop', reason: 'failed', why: 'no pod of it is running' }],
    });
    const many = choosePods(
      Array.from({ length: 302 }, (_, index) => pod(`p-${index}`)),
      1,
    );
    expect([many.targets.length, many.gaps.map(({ what }) => what)]).toEqual([300, ['2 more proxies']]);
  });
});
