import type { TrafficSeen } from '../evidence/traffic/traffic-seen.ts';
import type { AuthorizationPolicy } from '../model/istio/authorization-policy.ts';
import type { RequestAuthentication } from '../model/istio/request-authentication.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Mesh, Workload, WorkloadId, WorkloadPort } from '../model/inventory/types.ts';
import type { By } from '../result/location.ts';
import type { Request } from '../result/request.ts';
import type { EvidenceStatus, Sensitivity } from '../result/status.ts';
import type { GatewayResult } from '../result/types.ts';
import type { CaptureOutcome } from '../semantics/capture.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import type { InternetRoute } from '../semantics/gateway/routes-of.ts';
import type { Verdict } from '../semantics/verdict.ts';
import type { Access, PortAccess } from './access.ts';
import type { Opening } from './opening.ts';

/** What rules judge: everything that was computed about the mesh, asked per workload and port, worked out once. Pure and lazy. */
export interface Facts {
  readonly mesh: Mesh;
  readonly enforcement: Enforcement;
  /** What was seen of the mesh running; absent: nothing. */
  readonly evidence?: Evidence;
  /** Every port of a workload, in port order. */
  ports(workload: Workload): readonly PortFacts[];
  sensitivity(workload: Workload): Asset;
  readonly wanted: WantedTraffic;
  /** What telemetry shows; empty without any. */
  readonly traffic: TrafficSeen;
  /** Ways in from outside the cluster, by workload and port. */
  readonly entrances: Entrances;
  /** True where absence is a fact (method.md, rule 3): `namespace`, or one of `mesh-config`, `root-policies`, `gateways`, … */
  isComplete(question: Completeness): boolean;
}

export type Completeness =
  | { readonly namespace: string }
  | 'mesh-config'
  | 'root-policies'
  | 'network-policies'
  | 'rbac'
  | 'gateways';

export interface PortFacts {
  readonly workload: Workload;
  readonly port: WorkloadPort;
  readonly captured: CaptureOutcome;
  readonly mtls: MtlsFact;
  readonly authorization: AuthorizationFact;
  readonly access: PortAccess;
  /** From outside, through a gateway or directly. */
  readonly internet: readonly Entrance[];
  readonly nodeNetwork: readonly Entrance[];
}

export interface MtlsFact {
  /** `none`: nothing terminates mutual TLS here, or PeerAuthentication does not govern the port (gateway listeners, waypoints). */
  readonly mode: 'STRICT' | 'PERMISSIVE' | 'DISABLE' | 'none';
  readonly by: By | null;
  readonly level: 'port' | 'workload' | 'namespace' | 'mesh' | 'default' | 'none';
  readonly status: EvidenceStatus;
  readonly assumes: readonly string[];
}

export interface AuthorizationFact {
  readonly posture: 'none' | 'allow-any' | 'restricted' | 'deny-all' | 'conditional';
  /** Enforced and attached, in input order. */
  readonly policies: readonly AuthorizationPolicy[];
  /** Attached and annotated as dry run. */
  readonly dryRun: readonly AuthorizationPolicy[];
  readonly requestAuthentication: readonly RequestAuthentication[];
  /** The rule that lets anybody use the whole port, for `allow-any`. */
  readonly openRule?: By;
  /** What still restricts an open rule: a CUSTOM policy, a DENY. */
  readonly heldBy: readonly By[];
  /** Whether callers that no rule names may use the port, policies or not. */
  readonly opening: Opening;
  readonly status: EvidenceStatus;
  readonly why: string;
}

/** A way from outside the cluster to a workload port, decided hop by hop. */
export interface Entrance {
  readonly entry: 'internet' | 'node-network';
  /** The gateway it comes through; absent: directly (LoadBalancer, NodePort, hostPort, hostNetwork, foreign ingress). */
  readonly gateway?: Workload;
  /** The gateways behind it that it comes through as well, in order. */
  readonly through?: readonly PassedGateway[];
  /** The gateway passes TLS on as it is: the workload sees the client, never the gateway. */
  readonly asClient?: true;
  /** What a client outside would send: to the gateway, or to the workload itself. */
  readonly request: Request;
  /** At the gateway and at the workload together: `allow` with what it requires, or why not. */
  readonly verdict: Verdict;
  /** The route, service or field that opens it. */
  readonly by: By | null;
  readonly why: string;
}

/** A gateway behind another one, and what leads to its own port. */
export interface PassedGateway {
  readonly gateway: Workload;
  readonly port: number;
  readonly by: By;
  readonly why: string;
}

export interface Entrances {
  of(workload: Workload, port: number): readonly Entrance[];
  /** Ways through gateways that only the cluster reaches, for whoever gets to them. */
  inside(workload: Workload, port: number): readonly Entrance[];
  /** All routes of all gateways, wherever these can be reached from. */
  readonly routes: readonly InternetRoute[];
  /** Gateways with their listeners and routes, by workload id. */
  gateways(): readonly GatewayResult[];
}

export interface Asset {
  /** `medium` where nothing is known. */
  readonly level: Sensitivity;
  readonly basis: 'declared' | 'label' | 'inferred' | 'unknown';
  readonly why: string;
}

/** One flow that has to go on. `from` is a workload or `internet`. */
export interface Flow {
  readonly from: WorkloadId | 'internet';
  readonly to: WorkloadId;
  readonly port?: number;
  readonly methods?: readonly string[];
  readonly paths?: readonly string[];
  readonly basis: 'declared' | 'accepted' | 'implied';
  /** The rule or route that implies it. */
  readonly by?: By;
}

export interface WantedTraffic {
  readonly flows: readonly Flow[];
  to(workload: Workload): readonly Flow[];
  from(workload: Workload): readonly Flow[];
  /** Something is declared or accepted for this destination. */
  isStated(workload: Workload): boolean;
}

export type { Access, PortAccess };
