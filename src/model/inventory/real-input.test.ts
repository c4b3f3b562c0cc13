import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MeshOf, meshOf } from '../../../test/mesh-of.ts';

const SHARED = '../shared';
const KUBEFLOW = `${SHARED}/corpus/kubeflow/platform.yaml`;
const BOUTIQUE = `${SHARED}/corpus/online-boutique/platform.yaml`;
const SAMPLE = `${SHARED}/samples/real-mesh/manifests.yaml`;
const GENMESH = `${SHARED}/tools/genmesh.mjs`;

const countOf = ({ mesh }: MeshOf) => {
  const counts: Record<string, number> = {};
  for (const { dataPlane, namespace } of mesh.workloads) {
    const key = `${namespace} ${dataPlane.kind} ${dataPlane.status}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
};

/** Read in the YAML by eye: labels of namespaces, pod labels and annotations, proxy containers. */
describe.skipIf(!existsSync(KUBEFLOW))(`kubeflow (needs ${KUBEFLOW})`, () => {
  let found: MeshOf;
  beforeAll(() => {
    found = meshOf(readFileSync(KUBEFLOW, 'utf8'));
  });

  it('enrols three namespaces and leaves the others out', () => {
    expect(countOf(found)).toEqual({
      'auth none INFERRED': 1,
      'cert-manager none INFERRED': 3,
      'istio-system gateway INFERRED': 2,
      'istio-system none INFERRED': 1,
      'knative-serving sidecar INFERRED': 6,
      'kube-system none INFERRED': 1,
      'kubeflow none INFERRED': 10,
      'kubeflow sidecar INFERRED': 23,
      'kubeflow-system sidecar INFERRED': 1,
      'oauth2-proxy none INFERRED': 1,
    });
  });

  it('knows who opted out, by label or by annotation', () => {
    const out = found.mesh.workloads.filter(
      ({ namespace, dataPlane }) => namespace === 'kubeflow' && dataPlane.kind === 'none',
    );
    expect(out.map(({ name }) => name)).toEqual([
      'admission-webhook-deployment',
      'katib-controller',
      'katib-db-manager',
      'katib-mysql',
      'kserve-controller-manager',
      'kubeflow-pipelines-profile-controller',
      'metacontroller',
      'metadata-envoy-deployment',
      'spark-operator-controller',
      'spark-operator-webhook',
    ]);
    expect(out.filter(({ dataPlane }) => dataPlane.why.includes('annotation')).map(({ name }) => name)).toEqual([
      'kserve-controller-manager',
    ]);
    expect(out.every(({ identity }) => identity === null)).toBe(true);
  });

  it('takes the gateways, which are rendered with their proxy, for gateways', () => {
    const ingress = found.workload('istio-system/istio-ingressgateway');
    expect(ingress.gateway).toEqual({ kind: 'istio' });
    expect(ingress.identity).toBe('cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account');
    expect(ingress.ports.map(({ port, chain }) => [port, chain])).toEqual([
      [8080, 'http'],
      [8443, 'tcp'],
    ]);
    // knative-local-gateway opts out of port translation: its port 8081 is the proxy's own.
    const local = found.workload('istio-system/cluster-local-gateway');
    expect(local.ports.map(({ port, declaredBy }) => [port, declaredBy])).toEqual([
      [8080, 'gateway'],
      [8081, 'gateway'],
      [8444, 'service'],
    ]);
    expect(local.services).toEqual(['istio-system/cluster-local-gateway', 'istio-system/knative-local-gateway']);
  });

  it('finds the ports that bypass their sidecar', () => {
    const holes = found.mesh.workloads.flatMap(({ id, dataPlane }) => {
      const { excludeInboundPorts } = dataPlane.capture;
      return excludeInboundPorts.length > 0 ? [`${id} ${excludeInboundPorts.join(',')}`] : [];
    });
    expect(holes).toEqual([
      'kubeflow-system/kubeflow-trainer-controller-manager 9443',
      'kubeflow/pvcviewer-controller-manager 9443',
    ]);
  });

  it('knows shared identities and the protocols of databases', () => {
    const shared = [...found.mesh.identities].filter(([, holders]) => holders.length > 1);
    expect(shared.map(([identity, holders]) => [identity, holders.map(({ name }) => name)])).toEqual([
      [
        'cluster.local/ns/knative-serving/sa/controller',
        ['autoscaler', 'controller', 'net-istio-controller', 'net-istio-webhook', 'webhook'],
      ],
    ]);
    expect(found.workload('kubeflow/mysql').ports).toMatchObject([{ port: 3306, protocol: 'tcp', chain: 'tcp' }]);
    expect(found.workload('oauth2-proxy/oauth2-proxy').ports).toMatchObject([
      { port: 4180, protocol: 'http', probed: true, services: [{ service: 'oauth2-proxy/oauth2-proxy', port: 80 }] },
      { port: 44180, declaredBy: 'container' },
    ]);
  });

  it('rests on the webhook of the input, not on an assumed one', () => {
    expect(found.mesh.workloads.flatMap(({ dataPlane }) => dataPlane.assumes)).toEqual([]);
  });
});

describe.skipIf(!existsSync(BOUTIQUE))(`online boutique (needs ${BOUTIQUE})`, () => {
  it('has a namespace whose labels nobody knows, and a gateway to deploy', () => {
    const found = meshOf(readFileSync(BOUTIQUE, 'utf8'));
    expect(countOf(found)).toEqual({ 'default none UNKNOWN': 12, 'default gateway INFERRED': 1 });
    expect(found.workload('default/istio-gateway-istio').ports).toMatchObject([{ port: 80, protocol: 'http' }]);
    expect(found.workload('default/redis-cart').ports).toMatchObject([{ port: 6379, protocol: 'tcp' }]);
  });
});

describe.skipIf(!existsSync(SAMPLE))(`a recorded mesh (needs ${SAMPLE})`, () => {
  it('has three pods with sidecars', () => {
    const found = meshOf(readFileSync(SAMPLE, 'utf8'));
    expect(countOf(found)).toEqual({ 'demo sidecar INFERRED': 3 });
    const { addresses, identity, ports, services } = found.workload('demo/server-1');
    expect({ addresses, identity, services }).toEqual({
      addresses: ['10.244.0.11'],
      identity: 'cluster.local/ns/demo/sa/server',
      services: ['demo/server'],
    });
    expect(ports).toMatchObject([{ port: 8080, protocol: 'http', services: [{ port: 80 }] }]);
  });
});

interface Flaw {
  readonly kind: string;
  readonly namespace: string;
  readonly workload: string;
  readonly other?: string;
  readonly port: number;
}

describe.skipIf(!existsSync(GENMESH))(`a generated mesh (needs ${GENMESH})`, () => {
  const folder = existsSync(GENMESH) ? mkdtempSync(path.join(tmpdir(), 'mesh-')) : '';
  let found: MeshOf;
  let withPods: MeshOf;
  let flaws: readonly Flaw[];
  beforeAll(() => {
    const truth = path.join(folder, 'truth.json');
    const options = [
      '--seed',
      '7',
      '--workloads',
      '200',
      '--out',
      folder,
      '--truth',
      truth,
      '--samples',
      '1',
      '--dumps',
    ];
    execFileSync(process.execPath, [GENMESH, ...options], { stdio: 'ignore' });
    flaws = JSON.parse(readFileSync(truth, 'utf8')).flaws;
    const manifests = readFileSync(path.join(folder, 'mesh-00000.yaml'), 'utf8');
    found = meshOf(manifests);
    withPods = meshOf(`${manifests}\n---\n${readFileSync(path.join(folder, 'dumps/pods-00000.json'), 'utf8')}`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const flaw = (kind: string): Flaw => {
    const planted = flaws.find((each) => each.kind === kind);
    if (!planted) throw new Error(`no flaw ${kind} was planted`);
    return planted;
  };
  const faulty = (kind: string) => found.workload(`${flaw(kind).namespace}/${flaw(kind).workload}`);

  it('has the planted holes in its data plane', () => {
    const optOut = faulty('sidecar-opt-out').dataPlane;
    expect(optOut).toMatchObject({ kind: 'none', by: { kind: 'Deployment', name: flaw('sidecar-opt-out').workload } });
    expect(faulty('host-network')).toMatchObject({ hostNetwork: true, identity: null, dataPlane: { kind: 'none' } });
    expect(faulty('capture-excluded-port').dataPlane.capture.excludeInboundPorts).toEqual([
      flaw('capture-excluded-port').port,
    ]);
    const outside = found.mesh.workloadsByNamespace.get(flaw('namespace-not-in-mesh').namespace) ?? [];
    expect(outside.length).toBeGreaterThan(0);
    expect(outside.every(({ dataPlane }) => dataPlane.kind === 'none' && dataPlane.by?.kind === 'Namespace')).toBe(
      true,
    );
    expect(faulty('default-service-account').serviceAccount).toBe('default');
    const { namespace, workload, other } = flaw('shared-service-account');
    const holders = found.mesh.identities.get(faulty('shared-service-account').identity ?? ('' as never));
    expect(holders?.map(({ id }) => id)).toEqual([`${namespace}/${workload}`, `${namespace}/${other}`]);
  });

  it('has no other workload outside the mesh but the platform', () => {
    const planted = ['sidecar-opt-out', 'host-network'].map((kind) => `${flaw(kind).namespace}/${flaw(kind).workload}`);
    const outside = found.mesh.workloads.filter(
      ({ dataPlane, namespace }) => dataPlane.kind === 'none' && namespace !== flaw('namespace-not-in-mesh').namespace,
    );
    const platform = ['istio-system/ext-authz', 'istio-system/istiod', 'istio-system/istiod-stable-1-31'];
    expect(outside.map(({ id }) => id)).toEqual([...planted, ...platform].sort());
  });

  it('has its gateways and its waypoint', () => {
    const gateways = found.mesh.workloads.filter(({ gateway }) => gateway);
    expect(gateways.map(({ id, gateway, kind }) => `${kind} ${id} ${gateway?.kind}`)).toEqual([
      'Deployment checkout-0c/waypoint waypoint',
      'Deployment istio-ingress/istio-ingressgateway istio',
      'Deployment istio-ingress/public-0-istio kubernetes',
    ]);
  });

  it('is the same mesh when running pods show it', () => {
    expect(countOf(withPods)).toEqual(countOf(found));
    expect(withPods.mesh.workloads.map(({ id }) => id)).toEqual(found.mesh.workloads.map(({ id }) => id));
    const { addresses, dataPlane } = withPods.workload('payments-0d/payments-fe');
    expect(addresses.length).toBeGreaterThan(0);
    expect(dataPlane.assumes).toEqual([]);
  });
});
