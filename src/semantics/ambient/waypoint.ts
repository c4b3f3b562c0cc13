import { type MeshService, namespaceKey, type Workload } from '../../model/inventory/types.ts';
import { INTERNAL_PEER } from '../authz/address.ts';
import type { View } from '../authz/view.ts';
import { decidePatched } from '../patches/decide-patched.ts';
import type { HttpRequest } from '../attempt.ts';
import type { Enforcement, EnvoyPolicies } from '../enforcement.ts';
import { explaining } from '../judged.ts';
import { normalizePath } from '../http/normalize-path.ts';
import { readToken } from '../jwt/read-token.ts';
import { addressOf } from '../outbound/service-address.ts';
import type { Query } from '../query.ts';
import { viewAt } from '../sidecar.ts';
import type { TraceStep, Verdict } from '../verdict.ts';
import { departFromWaypoint, type WaypointDeparture } from './waypoint-routes.ts';

const USE = 'istio.io/use-waypoint';
const USE_NAMESPACE = 'istio.io/use-waypoint-namespace';
const WAYPOINT_FOR = 'istio.io/waypoint-for';

/**
 * The waypoint that traffic to a service, or to a pod, is led through; undefined: none. A name that leads to no waypoint means no waypoint at
 * all, not the namespace's.
 *
 * Source: istio pilot/pkg/serviceregistry/ambient/waypoints.go, ztunnel src/proxy/outbound.rs (reference §4.3).
 */
export function waypointOf(enforcement: Enforcement, target: MeshService | Workload): Workload | undefined {
  const { mesh } = enforcement;
  const namespace = mesh.namespaces.get(namespaceKey(target.cluster, target.namespace));
  const labels = Object.hasOwn(target.labels, USE) ? target.labels : (namespace?.labels ?? {});
  const name = labels[USE];
  if (name === undefined || name === '' || name === 'none') return undefined;
  const home = labels[USE_NAMESPACE] ?? target.namespace;
  const gateway = mesh.resources.find('KubernetesGateway', home, name, target.cluster);
  const serves = gateway?.labels[WAYPOINT_FOR] ?? 'service';
  const wanted = 'targetPort' in target || 'type' in target ? 'service' : 'workload';
  if (serves !== 'all' && serves !== wanted) return undefined;
  return enforcement.waypoint(target.cluster, home, name);
}

/** What a waypoint makes of a request: its verdict, and where it sends what passes. */
export interface Passage {
  readonly verdict: Verdict;
  readonly departure: WaypointDeparture;
  /** As it leaves where no route changes it: with the path normalised. */
  readonly http?: HttpRequest;
  /** The token, if there is one, goes on with the request. */
  readonly forwardsToken: boolean;
}

/**
 * A waypoint's own decision: it sees the client's identity, the service's port, and only policies that target the service, the Gateway or
 * the GatewayClass; then come its routes. Reference §2.2, §4.3, §17.
 */
export function passWaypoint(enforcement: Enforcement, query: Query, waypoint: Workload): Passage {
  const envoy = waypointPolicies(enforcement, query, waypoint);
  const { via } = query.destination;
  const config = enforcement.configOf(waypoint);
  const kind =
    via?.port.chain ??
    query.destination.workload.ports.find(({ port }) => port === query.destination.port)?.chain ??
    'auto';
  const speaksHttp = query.http !== undefined;
  const chainType = kind === 'http' || (kind === 'auto' && speaksHttp) ? 'http' : 'tcp';
  const path =
    chainType === 'http' ? normalizePath(query.http?.path ?? '/', config.pathNormalization.value) : undefined;
  const chain = chainType === 'http' ? envoy.http : envoy.tcp;
  const { steps, ...decision } = decidePatched(
    enforcement.changesAt(waypoint, via?.service),
    { chain, providers: envoy.providers },
    {
      view: viewAtWaypoint(query, path),
      ...explaining(
        query,
        {
          point: 'waypoint',
          workload: waypoint,
          ...(via ? { service: via.service } : {}),
          chain,
          providers: envoy.providers,
        },
        envoy.authorization,
      ),
      ...(query.token ? { token: query.token } : {}),
    },
    'waypoint',
  );
  const verdict: Verdict = { ...decision, point: 'waypoint', trace: steps };
  if (verdict.outcome === 'deny') return { verdict, departure: { kind: 'straight' }, forwardsToken: true };
  // Bytes on a chain for HTTP take no route.
  if (chainType === 'http' && !query.http) return { verdict, departure: { kind: 'straight' }, forwardsToken: true };
  const http = chainType === 'http' && query.http ? { ...query.http, path: path ?? query.http.path } : undefined;
  const token = http ? readToken(envoy.providers, http, query.token) : { claims: undefined, forwarded: true };
  const sent = http ? { http, claims: token.claims } : {};
  const departure = departFromWaypoint(enforcement, waypoint, via, sent);
  return {
    verdict: afterRoutes(verdict, departure),
    departure,
    ...(http ? { http } : {}),
    forwardsToken: token.forwarded,
  };
}

/** The verdict alone. */
export const decideAtWaypoint = (enforcement: Enforcement, query: Query, waypoint: Workload): Verdict =>
  passWaypoint(enforcement, query, waypoint).verdict;

function afterRoutes(verdict: Verdict, departure: WaypointDeparture): Verdict {
  if (departure.kind === 'straight') return verdict;
  const { why, by } = departure;
  const outcome = departure.kind === 'refused' ? 'stop' : 'pass';
  const step: TraceStep = { point: 'waypoint', stage: 'route', outcome, text: why, ...(by ? { by } : {}) };
  const trace = [...verdict.trace, step];
  if (departure.kind === 'refused') return { ...verdict, outcome: 'deny', requires: [], by, reason: why, trace };
  return { ...verdict, assumes: [...verdict.assumes, ...departure.assumes], trace };
}

/** What policies see behind the tunnel: the service that is addressed, not the pod behind it, and no direct peer. */
export function viewAtWaypoint(query: Query, path: string | undefined): Omit<View, 'claims'> {
  const { source, destination } = query;
  const seen = { ...viewAt(query, source.identity, path), sourceIp: INTERNAL_PEER };
  const { via, ip } = destination;
  return via ? { ...seen, port: via.port.port, destinationIp: ip ?? addressOf(via.service) } : seen;
}

const POLICIES = new WeakMap<Enforcement, Map<Workload, Map<MeshService | undefined, EnvoyPolicies>>>();

/** What a waypoint holds for a service, or for what is addressed to a pod; worked out once per pair. */
export function waypointPolicies(
  enforcement: Enforcement,
  { destination: { via } }: Pick<Query, 'destination'>,
  waypoint: Workload,
): EnvoyPolicies {
  const byWaypoint = POLICIES.get(enforcement) ?? new Map<Workload, Map<MeshService | undefined, EnvoyPolicies>>();
  POLICIES.set(enforcement, byWaypoint);
  const byService = byWaypoint.get(waypoint) ?? new Map<MeshService | undefined, EnvoyPolicies>();
  byWaypoint.set(waypoint, byService);
  let policies = byService.get(via?.service);
  if (!policies) {
    policies = attachedTo(enforcement, waypoint, via?.service);
    byService.set(via?.service, policies);
  }
  return policies;
}

function attachedTo(enforcement: Enforcement, waypoint: Workload, service: MeshService | undefined): EnvoyPolicies {
  return enforcement.envoyAt(
    {
      cluster: enforcement.policyCluster(waypoint),
      namespace: waypoint.namespace,
      labels: waypoint.labels,
      rootNamespace: enforcement.rootNamespace,
      revision: waypoint.dataPlane.revision,
      kind: 'waypoint',
      gatewayName: waypoint.gateway?.gatewayName ?? waypoint.name,
      ...(service ? { service: { kind: kindOf(service), namespace: service.namespace, name: service.name } } : {}),
    },
    enforcement.configOf(waypoint),
  );
}

const kindOf = ({ resource }: MeshService) => (resource.kind === 'ServiceEntry' ? 'ServiceEntry' : 'Service');
