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
  choosePods(pods, { services: 10 })
    .targets.filter(({ page }) => page === 'config_dump' || page === 'syncz')
    .map(({ kind, namespace, pod: name }) => `${kind} ${namespace}/${name}`);

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

  it('every ztunnel and istiod, waypoints as other proxies, no pod without a proxy', () => {
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
      'envoy shop/waypoint-1',
    ]);
  });

  it('names up to two replicas to be asked instead, those that are ready first, and none that is down', () => {
    const web = { owner: 'web-5d' };
    const { targets } = choosePods(
      [
        pod('web-a', web),
        pod('web-b', { ...web, ready: true }),
        pod('web-c', { ...web, ready: true }),
        pod('web-d', { ...web, phase: 'Pending' }),
        pod('web-e', web),
        pod('zt-1', { image: 'istio/ztunnel:1.31.1', owner: 'zt' }),
        pod('zt-2', { image: 'istio/ztunnel:1.31.1', owner: 'zt' }),
      ],
      { services: 1 },
    );
    expect(targets.map(({ pod: name, others }) => [name, others])).toEqual([
      ['zt-1', []],
      ['zt-2', []],
      ['web-b', ['web-c', 'web-a']],
    ]);
  });

  it('asks every istiod for its sync status, and one of each class for what it holds; for ztunnels where there are any', () => {
    const istiod = (name: string, owner: string): RawValue => ({
      ...pod(name, { namespace: 'istio-system', owner, ready: true }),
      spec: { containers: [{ name: 'discovery', image: 'docker.io/istio/pilot:1.31.1' }] },
    });
    const pages = (...more: readonly RawValue[]) =>
      choosePods([istiod('d-1', 'd'), istiod('d-2', 'd'), istiod('canary-1', 'canary'), ...more], { services: 1 })
        .targets.filter(({ kind }) => kind === 'istiod')
        .map(({ page, pod: name, others }) => [page, name, ...others].join(' '));
    expect(pages()).toEqual([
      'syncz canary-1',
      'configz canary-1',
      'authorizationz canary-1',
      'registryz canary-1',
      'syncz d-1',
      'configz d-1 d-2',
      'authorizationz d-1 d-2',
      'registryz d-1 d-2',
      'syncz d-2',
    ]);
    expect(pages(pod('zt-1', { image: 'istio/ztunnel:1.31.1' }))).toContain('ambientz d-1 d-2');
  });

  it('says of what nothing runs, and what is beyond the limit', () => {
    const down = choosePods([pod('web-a', { owner: 'web', phase: 'Pending' })], { services: 1 });
    expect(down).toEqual({
      targets: [],
      bytes: 0,
      gaps: [{ what: 'the proxy of shop/web-a', namespace: 'shop', reason: 'failed', why: 'no pod of it is running' }],
    });
    const many = choosePods(
      Array.from({ length: 302 }, (_, index) => pod(`p-${index}`)),
      { services: 1 },
    );
    expect([many.targets.length, many.gaps.map(({ what }) => what)]).toEqual([300, ['2 more proxies']]);
  });
});
