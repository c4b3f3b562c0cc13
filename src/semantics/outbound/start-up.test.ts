import { describe, expect, it } from 'vitest';
import { factsOfText } from '../../../test/judge-fixture.ts';
import { decideIn } from '../../../test/decide-in.ts';
import { type Manifest, meshText, namespace, policy, workload } from '../../../test/small-mesh.ts';
import { regionsOf } from '../algebra/region.ts';
import { Enforcement } from '../enforcement.ts';
import { EVERYTHING } from '../algebra/formula.ts';

const CLASSIC = { 'sidecar.istio.io/nativeSidecar': 'false' };
const CNI: Manifest = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'istio-cni-node', namespace: 'kube-system' },
  spec: { selector: { matchLabels: { k: 'cni' } }, template: { metadata: { labels: { k: 'cni' } }, spec: {} } },
};

/** The Deployment with an init container. */
function withInit(
  [deployment = {}, ...others]: readonly Manifest[],
  container: { readonly name: string; readonly [field: string]: unknown },
): readonly Manifest[] {
  const { template, ...spec } = deployment.spec as { template: { metadata: object; spec: object } };
  const initContainers = [{ image: 'registry.example/init:1', ...container }];
  return [
    { ...deployment, spec: { ...spec, template: { ...template, spec: { ...template.spec, initContainers } } } },
    ...others,
  ];
}

const mesh = (
  annotations: Readonly<Record<string, string>>,
  container: Parameters<typeof withInit>[1] = { name: 'migrate' },
  extra: readonly Manifest[] = [],
) => [
  namespace('web'),
  namespace('shop'),
  ...withInit(workload('web', 'front', { annotations }), container),
  ...workload('shop', 'api', { ports: { http: 8080 } }),
  policy('PeerAuthentication', 'shop', 'strict', { mtls: { mode: 'STRICT' } }),
  ...extra,
];
const from = (container?: string) => ({
  from: { workload: 'web/front', ...(container === undefined ? {} : { container }) },
  to: { service: 'shop/api', port: 80 },
  http: { method: 'GET', path: '/' },
});

describe('what an init container sends', () => {
  it('before `istio-init`: plaintext past the proxy', () => {
    expect(decideIn(mesh(CLASSIC), from('migrate'))).toMatchObject({
      outcome: 'deny',
      reason: 'STRICT refuses plaintext',
      assumes: ["`istio-init` redirects traffic, not Istio's CNI plugin"],
      trace: [{ stage: 'capture', by: { kind: 'Deployment', name: 'front' } }, {}],
    });
    expect(decideIn(mesh(CLASSIC), from('app'))).toMatchObject({ outcome: 'allow', assumes: [] });
    expect(decideIn(mesh(CLASSIC), from())).toMatchObject({ outcome: 'allow', assumes: [] });
  });

  it('with the CNI plugin: nothing gets out, but for what is not redirected', () => {
    expect(decideIn(mesh(CLASSIC, { name: 'migrate' }, [CNI]), from('migrate'))).toMatchObject({
      outcome: 'deny',
      point: 'sidecar',
      reason: expect.stringMatching(
        /^what init container `migrate` sends is redirected to a proxy that does not run yet/,
      ),
    });
    const exempt = mesh(CLASSIC, { name: 'migrate', securityContext: { runAsUser: 1337 } }, [CNI]);
    expect(decideIn(exempt, from('migrate'))).toMatchObject({ outcome: 'deny', reason: 'STRICT refuses plaintext' });
  });

  it('behind a native sidecar: what any application sends', () => {
    expect(decideIn(mesh({}), from('migrate'))).toMatchObject({
      outcome: 'allow',
      assumes: ['every node runs Kubernetes 1.33 or later, so that sidecars are native'],
    });
  });

  it('a native sidecar of the application goes on once the proxy runs', () => {
    const lasting = mesh(CLASSIC, { name: 'agent', restartPolicy: 'Always' });
    expect(decideIn(lasting, from('agent'))).toMatchObject({ outcome: 'allow', assumes: [] });
  });

  it('a container that is not there is an error that names those that are', () => {
    expect(() => decideIn(mesh({}), from('migrte'))).toThrow('workload `web/front` has no container `migrte`');
  });
});

describe('a port that an init container listens on', () => {
  const listening = [
    namespace('shop'),
    ...withInit(workload('shop', 'api', { annotations: CLASSIC, ports: { http: 8080 } }), {
      name: 'seed',
      ports: [{ containerPort: 8080 }],
    }),
    policy('PeerAuthentication', 'shop', 'strict', { mtls: { mode: 'STRICT' } }),
    ...workload('shop', 'web'),
  ];
  const ask = (sender: object) =>
    decideIn(listening, { from: sender, to: { workload: 'shop/api', port: 8080 }, http: { method: 'GET', path: '/' } });

  it('is open to whoever waits for the pod to start', () => {
    const open = { outcome: 'allow', point: 'none', reason: expect.stringContaining('init container `seed` listens') };
    expect(ask({ position: 'pod-outside-mesh' })).toMatchObject(open);
    expect(ask({ workload: 'shop/web', as: 'attacker', plaintext: true })).toMatchObject(open);
    expect(ask({ workload: 'shop/web', plaintext: true })).toMatchObject({ outcome: 'deny' });
  });

  it('is open in the sets too', () => {
    const { mesh: inventory } = factsOfText(meshText(listening), 'shop.yaml');
    const api = inventory.workloads.find(({ name }) => name === 'api');
    const [port] = api?.ports ?? [];
    if (!api || !port) throw new Error('no port');
    const regions = regionsOf(new Enforcement(inventory), api, port);
    expect(regions.filter(({ transport }) => transport === 'plaintext').map(({ passes }) => passes)).toEqual([
      EVERYTHING,
      EVERYTHING,
    ]);
  });
});
