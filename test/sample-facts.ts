import type { Access, Asset, Entrance, Facts, PortFacts } from '../src/graph/facts.ts';
import { indexResources } from '../src/model/index-resources.ts';
import {
  type GatewayRole,
  type Mesh,
  type MeshService,
  type Principal,
  principal,
  type Workload,
  workloadId,
} from '../src/model/inventory/types.ts';
import { readMeshConfigs } from '../src/model/read-mesh-config.ts';
import type { Path, Resource } from '../src/model/resource.ts';
import type { Unmodelled } from '../src/model/resources.ts';
import type { EvidenceStatus, Sensitivity } from '../src/result/status.ts';
import { readTraffic } from '../src/evidence/traffic/read-traffic.ts';
import { Enforcement } from '../src/semantics/enforcement.ts';
import type { Requirement, Verdict } from '../src/semantics/verdict.ts';

/** What a test says of a port; everything else is as closed as can be. */
export interface SamplePort {
  readonly port: number;
  readonly transport?: 'TCP' | 'UDP';
  readonly mode?: PortFacts['mtls']['mode'];
  readonly level?: PortFacts['mtls']['level'];
  readonly status?: EvidenceStatus;
  readonly assumes?: readonly string[];
  readonly posture?: PortFacts['authorization']['posture'];
  /** One way in from the internet per entry: what it requires, or `denied`, `unknown`; `beside`: not through a gateway. */
  readonly internet?: readonly {
    readonly outcome?: Verdict['outcome'];
    readonly requires?: readonly Requirement[];
    readonly beside?: true;
  }[];
  readonly nodePort?: boolean;
  /** A pod that nothing is known of gets in. */
  readonly openToAnyPod?: boolean;
}

export interface SampleWorkload {
  readonly namespace?: string;
  readonly name: string;
  readonly kind?: string;
  readonly cluster?: string;
  readonly plane?: Workload['dataPlane']['kind'];
  readonly status?: EvidenceStatus;
  readonly serviceAccount?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: string;
  readonly capture?: Partial<Workload['dataPlane']['capture']>;
  readonly gateway?: GatewayRole;
  readonly hostNetwork?: boolean;
  readonly sensitivity?: Sensitivity;
  readonly basis?: Asset['basis'];
  readonly stated?: boolean;
  /** The internet is declared as a caller. */
  readonly public?: boolean;
  readonly ports?: readonly SamplePort[];
}

export interface SampleMesh {
  readonly workloads?: readonly SampleWorkload[];
  /** What the input is complete for: `namespace:shop`, `gateways`, …, or `all`. */
  readonly complete?: readonly string[];
  readonly resources?: readonly Resource[];
  readonly unmodelled?: readonly Unmodelled[];
  readonly services?: readonly MeshService[];
  readonly cni?: Mesh['cni'];
  readonly version?: string;
}

/** A resource of a test, as it would be decoded. */
export function sampleResource(kind: string, namespace: string, name: string, spec: unknown, line = 1): Resource {
  return {
    cluster: '',
    kind,
    apiVersion: 'v1',
    namespace,
    name,
    labels: {},
    annotations: {},
    ownerReferences: [],
    spec,
    origin: { source: 'mesh.yaml', line, locate: (_path: Path) => ({ file: 'mesh.yaml', line, column: 1 }) },
  };
}

/** Facts made by hand, for what judges them; the mesh has no policies but those in `resources`. */
export function sampleFacts({
  workloads: specs = [],
  complete = [],
  resources = [],
  unmodelled = [],
  services = [],
  cni,
  version,
}: SampleMesh): Facts {
  const workloads = specs.map(makeWorkload);
  const specOf = new Map(workloads.map((workload, index) => [workload, specs[index] ?? { name: '' }]));
  const indexed = indexResources(resources, unmodelled, {});
  const { configs } = readMeshConfigs(indexed, (text) => JSON.parse(text));
  const identities = new Map<Principal, Workload[]>();
  for (const workload of workloads) {
    if (workload.identity === null) continue;
    identities.set(workload.identity, [...(identities.get(workload.identity) ?? []), workload]);
  }
  const config = configs.get('default');
  if (!config) throw new Error('a mesh always has the default revision');
  const mesh: Mesh = {
    resources: indexed,
    clusters: [''],
    clusterByName: new Map(),
    configs,
    config,
    ...(version === undefined ? {} : { version: { value: version, by: 'test' } }),
    cni: cni ?? 'enforces-network-policy',
    flags: () => new Map(),
    namespaces: new Map(),
    workloads,
    workloadById: new Map(workloads.map((workload) => [workload.id, workload])),
    workloadsByNamespace: new Map(),
    services,
    serviceById: new Map(),
    identities,
    scope: { complete: new Set(complete), namespaces: new Set() },
    assumptions: [],
  };
  const ports = new Map(
    workloads.map((workload) => [
      workload,
      (specOf.get(workload)?.ports ?? []).map((port) => makePort(workload, port)),
    ]),
  );
  return {
    mesh,
    enforcement: new Enforcement(mesh),
    ports: (workload) => ports.get(workload) ?? [],
    traffic: readTraffic(new Enforcement(mesh), []),
    sensitivity: (workload) => {
      const { sensitivity = 'medium', basis } = specOf.get(workload) ?? {};
      return { level: sensitivity, basis: basis ?? (sensitivity === 'medium' ? 'unknown' : 'declared'), why: 'test' };
    },
    wanted: {
      flows: [],
      to: (workload) =>
        specOf.get(workload)?.public ? [{ from: 'internet', to: workload.id, basis: 'declared' }] : [],
      from: () => [],
      isStated: (workload) => specOf.get(workload)?.stated ?? false,
    },
    entrances: { of: () => [], inside: () => [], routes: [], gateways: () => [] },
    isComplete: (question) =>
      complete.includes('all') ||
      complete.includes(typeof question === 'string' ? question : `namespace:${question.namespace}`),
  };
}

function makeWorkload(spec: SampleWorkload): Workload {
  const { namespace = 'shop', name, cluster = '', plane = 'sidecar', status = 'INFERRED' } = spec;
  const serviceAccount = spec.serviceAccount ?? name;
  const kind = spec.kind ?? 'Deployment';
  return {
    id: workloadId(cluster, namespace, name),
    cluster,
    namespace,
    name,
    kind,
    resource: sampleResource(kind, namespace, name, {}),
    templatePath: [],
    labels: spec.labels ?? { app: name },
    annotations: {},
    serviceAccount,
    identity: plane === 'none' ? null : principal('cluster.local', namespace, serviceAccount),
    dataPlane: {
      kind: plane,
      status,
      why: 'test',
      assumes: [],
      revision: 'default',
      capture: {
        mode: 'REDIRECT',
        includeInboundPorts: '*',
        excludeInboundPorts: [],
        includeOutboundPorts: '*',
        excludeOutboundPorts: [],
        includeOutboundCidrs: '*',
        excludeOutboundCidrs: [],
        bypassInbound: false,
        sources: {},
        ...spec.capture,
      },
    },
    ...(spec.gateway ? { gateway: spec.gateway } : {}),
    hostNetwork: spec.hostNetwork ?? false,
    addresses: [],
    pods: [],
    ports: (spec.ports ?? []).map(({ port, transport = 'TCP' }) => ({
      port,
      transport,
      protocol: 'http',
      chain: 'http',
      services: [],
      declaredBy: 'container',
      probed: false,
    })),
    services: [],
    ...(spec.owner === undefined ? {} : { owner: spec.owner }),
    containers: [],
  };
}

function makePort(workload: Workload, spec: SamplePort): PortFacts {
  const port = workload.ports.find((each) => each.port === spec.port);
  if (!port) throw new Error(`no port ${spec.port}`);
  const inMesh = workload.dataPlane.kind === 'sidecar' || workload.dataPlane.kind === 'ambient';
  const status = spec.status ?? workload.dataPlane.status;
  const request = { from: { plaintext: true as const }, to: { workload: workload.id, port: spec.port } };
  const open: Access | null = (spec.openToAnyPod ?? !inMesh) ? { request, verdict: verdict('allow') } : null;
  const nodePort: readonly Entrance[] = spec.nodePort
    ? [{ entry: 'node-network', request, verdict: verdict('allow'), by: null, why: 'test' }]
    : [];
  return {
    workload,
    port,
    captured: inMesh ? { captured: true } : { captured: false, why: 'test', by: null },
    mtls: {
      mode: spec.mode ?? (inMesh ? 'STRICT' : 'none'),
      by: null,
      level: spec.level ?? 'namespace',
      status,
      assumes: spec.assumes ?? [],
    },
    authorization: {
      posture: spec.posture ?? (inMesh ? 'restricted' : 'none'),
      policies: [],
      dryRun: [],
      requestAuthentication: [],
      heldBy: [],
      opening: { kind: 'closed' },
      status,
      why: 'test',
    },
    access: {
      plaintext: open,
      plaintextFromAnyPod: open,
      anyIdentity: null,
      anyIdentityFromAnyPod: null,
      identities: new Map(),
      node: null,
    },
    internet: (spec.internet ?? []).map(
      ({ outcome = 'allow', requires = [], beside }): Entrance => ({
        entry: 'internet',
        ...(beside ? {} : { gateway: workload }),
        request,
        verdict: verdict(outcome, requires),
        by: null,
        why: 'test',
      }),
    ),
    nodeNetwork: nodePort,
  };
}

function verdict(outcome: Verdict['outcome'], requires: readonly Requirement[] = []): Verdict {
  return { outcome, requires, assumes: [], by: null, reason: 'test', point: 'sidecar', trace: [] };
}
