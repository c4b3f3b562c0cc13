import type { By } from '../../result/location.ts';
import type { EvidenceStatus } from '../../result/status.ts';
import type { IstiodFlags } from '../istiod-flags.ts';
import type { MeshConfig } from '../mesh-config.ts';
import type { Path, Resource } from '../resource.ts';
import type { Resources } from '../resources.ts';

export type { By };

/** `ns/name`, or `cluster:ns/name` where there are several clusters. */
export type WorkloadId = string & { readonly brand: 'WorkloadId' };
/** `td/ns/N/sa/S`: a SPIFFE id without `spiffe://`. */
export type Principal = string & { readonly brand: 'Principal' };

export const workloadId = (cluster: string, namespace: string, name: string): WorkloadId =>
  (cluster ? `${cluster}:${namespace}/${name}` : `${namespace}/${name}`) as WorkloadId;
/** `ns/name` of a Service, or `cluster:ns/name` in a named cluster. */
export const serviceId = (cluster: string, namespace: string, name: string): string =>
  cluster ? `${cluster}:${namespace}/${name}` : `${namespace}/${name}`;
/** Key of a namespace in the maps of a `Mesh`: its name, or `cluster:name` in a named cluster. */
export const namespaceKey = (cluster: string, namespace: string): string =>
  cluster ? `${cluster}:${namespace}` : namespace;
export const principal = (trustDomain: string, namespace: string, serviceAccount: string): Principal =>
  `${trustDomain}/ns/${namespace}/sa/${serviceAccount}` as Principal;

/** How Istio classifies a port (reference §6). `http` has an HTTP chain, `tcp` a TCP chain, `auto` both. */
export type ChainKind = 'http' | 'tcp' | 'auto';

export interface WorkloadPort {
  /** The port of the workload itself (container or target port). */
  readonly port: number;
  readonly name?: string;
  readonly transport: 'TCP' | 'UDP' | 'SCTP';
  /** Istio's word: `http`, `http2`, `grpc`, `tcp`, `tls`, `https`, `mongo`, …, `auto`; for a port that no Service names, `auto`. */
  readonly protocol: string;
  readonly chain: ChainKind;
  /** Service ports that lead here. Empty: reachable by pod IP only. */
  readonly services: readonly { readonly service: string; readonly port: number; readonly name?: string }[];
  /** What declares the port: a Service, a container (or probe), an Istio Gateway, a listener of a Gateway API Gateway or of a Sidecar. */
  readonly declaredBy: 'service' | 'container' | 'gateway' | 'listener';
  /** `hostPort`, if any. */
  readonly hostPort?: number;
  /** `readiness`, `liveness` or `startup` probes by the kubelet that go to this port. */
  readonly probed: boolean;
}

/** What of a workload's traffic its proxy really sees (reference §5.3). */
export interface Capture {
  readonly mode: 'REDIRECT' | 'TPROXY' | 'NONE';
  /** `*`, or the only ports that are captured. */
  readonly includeInboundPorts: '*' | readonly number[];
  readonly excludeInboundPorts: readonly number[];
  /** Captured besides what goes to `includeOutboundCidrs`; `*` where those are everything. */
  readonly includeOutboundPorts: '*' | readonly number[];
  readonly excludeOutboundPorts: readonly number[];
  readonly includeOutboundCidrs: '*' | readonly string[];
  readonly excludeOutboundCidrs: readonly string[];
  /** Ambient: `ambient.istio.io/bypass-inbound-capture`. */
  readonly bypassInbound: boolean;
  /** Where the holes come from (annotation paths), for `cause`. */
  readonly sources: Readonly<Record<string, Path>>;
}

export interface DataPlane {
  readonly kind: 'none' | 'sidecar' | 'ambient' | 'gateway';
  readonly status: EvidenceStatus;
  /** One sentence: which label, annotation, webhook or container decided. */
  readonly why: string;
  /** The object or field that decided, if one did. */
  readonly by?: By;
  /** Named when the answer rests on what the input does not show (design §3). */
  readonly assumes: readonly string[];
  /** What of the data plane itself showed it, for VERIFIED. */
  readonly verifiedBy?: string;
  /** Revision of the control plane, `default` for the unnamed one. */
  readonly revision: string;
  readonly capture: Capture;
  /** Of a sidecar: the application's init containers, in their order; absent: none. */
  readonly startup?: readonly EarlyContainer[];
}

/** An init container of the application, and what of the mesh is there while it runs. */
export interface EarlyContainer {
  readonly name: string;
  readonly path: Path;
  /** `restartPolicy: Always`: it goes on beside the application. */
  readonly lasting: boolean;
  /** TCP ports that it declares. */
  readonly ports: readonly number[];
  /** `nothing`: its traffic is not redirected; `redirection`: to a proxy that does not run yet; `proxy`: it is an application like others. */
  readonly meets: 'nothing' | 'redirection' | 'proxy';
  readonly why: string;
  readonly assumes: readonly string[];
}

/** What a workload of data plane `gateway` is. */
export interface GatewayRole {
  readonly kind: 'istio' | 'kubernetes' | 'waypoint' | 'egress';
  /** Name of the Gateway API Gateway that owns it, for `kubernetes` and `waypoint`. */
  readonly gatewayName?: string;
  readonly className?: string;
}

/** A controller or bare Pod, WorkloadEntry or group: one pod template in one namespace of one cluster. */
export interface Workload {
  readonly id: WorkloadId;
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  /** Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, Pod, WorkloadEntry, WorkloadGroup, Gateway (managed, pods not in the input). */
  readonly kind: string;
  /** The object it was read from. */
  readonly resource: Resource;
  /** Path of the pod template's metadata and spec inside that object. */
  readonly templatePath: Path;
  /** Labels and annotations of the pods. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  /** What its proxy can prove; null without a data plane, unless some of its running pods have one. */
  readonly identity: Principal | null;
  readonly dataPlane: DataPlane;
  readonly gateway?: GatewayRole;
  readonly hostNetwork: boolean;
  /** Pod addresses, where the input has Pods. */
  readonly addresses: readonly string[];
  /** Names of the pods that run, where the input was read from a cluster. */
  readonly pods: readonly string[];
  readonly ports: readonly WorkloadPort[];
  /** `ns/name` of the Services that select it. */
  readonly services: readonly string[];
  readonly owner?: string;
  readonly replicas?: number;
  readonly containers: readonly Container[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly init: boolean;
  readonly runAsUser?: number;
  readonly privileged: boolean;
  readonly addedCapabilities: readonly string[];
  readonly ports: readonly {
    readonly name?: string;
    readonly containerPort: number;
    readonly protocol: string;
    readonly hostPort?: number;
  }[];
}

export interface MeshNamespace {
  readonly cluster: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** A Namespace object is in the input (its labels are known). */
  readonly defined: boolean;
  readonly resource?: Resource;
}

export interface ServicePort {
  readonly port: number;
  readonly name?: string;
  readonly transport: 'TCP' | 'UDP' | 'SCTP';
  readonly protocol: string;
  readonly chain: ChainKind;
  readonly targetPort: number | string;
  readonly nodePort?: number;
}

export interface MeshService {
  /** `ns/name`. */
  readonly id: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  readonly headless: boolean;
  readonly externalIPs: readonly string[];
  readonly externalName?: string;
  readonly loadBalancerSourceRanges: readonly string[];
  /** True when an annotation or class keeps the load balancer private. */
  readonly internal: boolean;
  readonly ports: readonly ServicePort[];
  /** Workloads it selects (or that its EndpointSlices name). */
  readonly workloads: readonly WorkloadId[];
  /** The Service, or the Gateway API Gateway for which istiod makes it. */
  readonly resource: Resource;
}

/** Which questions the input answers completely (method.md, rule 3). */
export interface Scope {
  /** `all`, `mesh-config`, `root-policies`, `network-policies`, `rbac`, `gateways`. */
  readonly complete: ReadonlySet<string>;
  /** Namespaces that the input defines; absence inside them is a fact. */
  readonly namespaces: ReadonlySet<string>;
}

export interface Version {
  /** `1.31` or `1.31.1`. */
  readonly value: string;
  readonly by: string;
}

/** One cluster as a part of the mesh. */
export interface MeshCluster {
  readonly name: string;
  /** The cluster whose istiod configures its proxies, and so the one whose policies they get: itself, or a primary. */
  readonly configCluster: string;
  /** By revision; always has `default`. */
  readonly configs: ReadonlyMap<string, MeshConfig>;
  readonly config: MeshConfig;
  /** `topology.istio.io/network` of its root namespace, else that of `meshNetworks`; empty where none is set. */
  readonly network: string;
  /** What it rests on that the input does not show. */
  readonly assumes: readonly string[];
}

/** The inventory: what the input says exists. Pure data; everything above computes from it. */
export interface Mesh {
  readonly resources: Resources;
  readonly clusters: readonly string[];
  readonly clusterByName: ReadonlyMap<string, MeshCluster>;
  /** By revision; always has `default`. Of several clusters, those of the first. */
  readonly configs: ReadonlyMap<string, MeshConfig>;
  /** The one whose root namespace and trust domain hold: of the default revision, else of the only one. */
  readonly config: MeshConfig;
  readonly version?: Version;
  /** `enforces-network-policy` unless the configuration says otherwise. */
  readonly cni: 'enforces-network-policy' | 'ignores-network-policy';
  /** Feature flags of istiod. */
  readonly flags: IstiodFlags;
  readonly namespaces: ReadonlyMap<string, MeshNamespace>;
  readonly workloads: readonly Workload[];
  readonly workloadById: ReadonlyMap<WorkloadId, Workload>;
  readonly workloadsByNamespace: ReadonlyMap<string, readonly Workload[]>;
  readonly services: readonly MeshService[];
  readonly serviceById: ReadonlyMap<string, MeshService>;
  /** Who can prove which identity. */
  readonly identities: ReadonlyMap<Principal, readonly Workload[]>;
  readonly scope: Scope;
  /** Assumptions that hold for the whole input, in words (design §3, last paragraph). */
  readonly assumptions: readonly string[];
}
