import { isRouter } from '../model/inventory/is-router.ts';
import { byOf } from '../model/by.ts';
import type { Mesh, Principal, Workload } from '../model/inventory/types.ts';
import { decideAtZtunnel } from './ambient/arrive.ts';
import { waypointOnTheWay } from './ambient/on-the-way.ts';
import { divertedFrom, fromWaypoint, onwardFrom } from './ambient/onward.ts';
import { decideAtWaypoint, passWaypoint, waypointOf } from './ambient/waypoint.ts';
import { isIdentified, type Transport } from './attempt.ts';
import { findEarlyListener, isCaptured, PROXY_PORTS } from './capture.ts';
import { type Approach, chooseApproaches } from './client.ts';
import { crossClusters } from './east-west.ts';
import type { Enforcement } from './enforcement.ts';
import type { GatewayBackend } from './gateway/backend.ts';
import { decideAtGateway } from './gateway/decide-at-gateway.ts';
import { indexGateways } from './gateway/index-gateways.ts';
import type { Endpoint } from './gateway/registry.ts';
import { assumesOfFlags } from './istiod-flags.ts';
import { decideNetwork } from './network.ts';
import { readsRequests } from './patches/decide-patched.ts';
import { assumptionOf } from './patches/proxy-change.ts';
import { inTurn } from './outbound/landing.ts';
import { leaveMesh } from './outbound/leave.ts';
import type { Destination, Query } from './query.ts';
import { decideAtSidecar } from './sidecar.ts';
import type { EnforcementPoint, Verdict } from './verdict.ts';

/**
 * Whether one request passes, where that is decided, and by which rule: the specification made executable. Plain and slow on purpose; the
 * order is that of design §8. Of several ways to connect, one that passes is enough.
 */
export function decide(enforcement: Enforcement, query: Query): Verdict {
  const verdict = decideByApproaches(enforcement, query);
  const flags = assumesOfFlags(enforcement, query);
  return flags.length === 0 ? verdict : { ...verdict, assumes: [...new Set([...flags, ...verdict.assumes])] };
}

function decideByApproaches(enforcement: Enforcement, query: Query): Verdict {
  let refused: Verdict | undefined;
  for (const approach of chooseApproaches(enforcement, query)) {
    const verdict = decideApproach(enforcement, query, approach);
    if (verdict.outcome !== 'deny') return verdict;
    refused ??= verdict;
  }
  return refused ?? stop('none', 'the source has no way to connect');
}

function decideApproach(enforcement: Enforcement, query: Query, approach: Approach): Verdict {
  const { connects, direct, sni, refused, steps, assumes } = approach;
  if (refused) return { ...stop('none', refused.why, refused.by), assumes };
  if (query.source.connects) return decideArrival(enforcement, query, connects);
  const verdict = decideArrival(enforcement, direct ? toPod(query) : withHandshake(query, connects, sni), connects);
  if (steps.length === 0 && assumes.length === 0) return verdict;
  return { ...verdict, assumes: [...assumes, ...verdict.assumes], trace: [...steps, ...verdict.trace] };
}

function toPod({ destination: { via: _via, ...pod }, ...query }: Query): Query {
  return { ...query, destination: pod };
}

/** What a gateway behind a service sees of the client's proxy. */
export function withHandshake(query: Query, connects: Transport, sni: string | undefined): Query {
  const { source, destination, tls } = query;
  if (tls || !destination.via) return query;
  if (connects === 'tls') return { ...query, tls: { sni: sni ?? '' } };
  return { ...query, source: { ...source, connects }, ...(sni === undefined ? {} : { sni }) };
}

function decideArrival(enforcement: Enforcement, query: Query, connects: Transport): Verdict {
  if (query.at !== undefined && query.at !== 'network-policy')
    return decideAtPoint(enforcement, query, connects, query.at);
  const crossing = crossClusters(enforcement, query, connects);
  if (crossing.kind === 'none') return crossing.verdict;
  const waypoint = findWaypoint(enforcement, query, connects);
  const network = waypoint
    ? decideNetwork(enforcement, toWaypoint(query, waypoint), 'hbone', crossing)
    : decideNetwork(enforcement, query, connects, crossing);
  if (!network.passes) return network.verdict;
  if (query.at === 'network-policy') {
    const second = waypoint && decideNetwork(enforcement, fromWaypoint(query, waypoint), 'mtls');
    return second?.passes === false ? second.verdict : pass('network-policy', 'no NetworkPolicy stops it');
  }
  const verdict = decideOnTheWay(enforcement, query, connects);
  const between = crossing.kind === 'gateway' ? crossing : undefined;
  const { assumes = [] } = crossing;
  if (network.steps.length === 0 && network.requires.length === 0 && !between && assumes.length === 0) return verdict;
  return {
    ...verdict,
    requires: [...network.requires, ...verdict.requires],
    assumes: [...assumes, ...network.assumes, ...verdict.assumes],
    trace: [...(between ? [between.step] : []), ...network.steps, ...verdict.trace],
  };
}

/** The waypoint that the client's ztunnel, or a gateway that is told to, leads to. */
function findWaypoint(enforcement: Enforcement, query: Query, connects: Transport): Workload | undefined {
  if (isRouter(query.destination.workload)) return undefined;
  return isIdentified(connects) ? waypointOnTheWay(enforcement, query) : undefined;
}

/** The first hop, as the network sees it: HBONE to the waypoint's pod (reference §15.4). */
const toWaypoint = (query: Query, waypoint: Workload): Query => ({
  ...query,
  destination: { workload: waypoint, port: query.destination.port },
});

/** One point alone, whatever capture and the other points say. */
function decideAtPoint(enforcement: Enforcement, query: Query, connects: Transport, at: EnforcementPoint): Verdict {
  const peer = isIdentified(connects) ? query.source.identity : null;
  if (at === 'gateway') return decideAtGateway(enforcement, indexGateways(enforcement), query);
  if (at === 'ztunnel') return decideAtZtunnel(enforcement, query, peer);
  if (at === 'waypoint') {
    const { workload, via } = query.destination;
    const addressed = workload.gateway?.kind === 'waypoint' ? workload : waypointOf(enforcement, workload);
    const waypoint = via ? waypointOf(enforcement, via.service) : addressed;
    return waypoint ? decideAtWaypoint(enforcement, query, waypoint) : pass('waypoint', 'no waypoint is used');
  }
  return decideAtSidecar(enforcement, query, connects);
}

/** Waypoint first, where the client's ztunnel leads there, then the destination's own proxy. */
function decideOnTheWay(enforcement: Enforcement, query: Query, connects: Transport): Verdict {
  if (isRouter(query.destination.workload)) return decideThroughGateway(enforcement, query);
  const waypoint = findWaypoint(enforcement, query, connects);
  if (!waypoint) return decideAtProxy(enforcement, query, connects);
  const passage = passWaypoint(enforcement, query, waypoint);
  const { verdict: first, departure } = passage;
  if (first.outcome === 'deny') return first;
  const onward = onwardFrom(query, waypoint, passage);
  if (onward) return inTurn(first, decideBehind(enforcement, onward, connects));
  const by = departure.kind === 'straight' ? null : departure.by;
  const why = departure.kind === 'straight' ? 'the waypoint sends it elsewhere' : departure.why;
  return { ...first, outcome: 'deny', requires: [], by, reason: `${why}, and not to ${query.destination.workload.id}` };
}

/** From a waypoint to the endpoint: it connects as it is told, whatever way the client came. */
function decideBehind(enforcement: Enforcement, behind: Query, connects: Transport): Verdict {
  if (behind.destination.workload.dataPlane.kind === 'ambient') return decideLastHop(enforcement, behind, connects);
  const { connects: _connects, ...source } = behind.source;
  const [hop] = chooseApproaches(enforcement, { ...behind, client: 'app', source });
  if (!hop) return decideLastHop(enforcement, behind, connects);
  const verdict = decideLastHop(enforcement, behind, hop.connects);
  return { ...verdict, assumes: [...hop.assumes, ...verdict.assumes], trace: [...hop.steps, ...verdict.trace] };
}

function decideLastHop(enforcement: Enforcement, behind: Query, connects: Transport): Verdict {
  const network = decideNetwork(enforcement, behind, connects);
  if (!network.passes) return network.verdict;
  const verdict = decideAtProxy(enforcement, behind, connects);
  return {
    ...verdict,
    requires: [...network.requires, ...verdict.requires],
    assumes: [...network.assumes, ...verdict.assumes],
    trace: [...network.steps, ...verdict.trace],
  };
}

/** A gateway's own decision, then that of the backend it routes to, which sees the gateway (reference §15.6). */
function decideThroughGateway(enforcement: Enforcement, query: Query): Verdict {
  const { port } = query.destination;
  if (PROXY_PORTS.includes(port)) return pass('none', `port ${port} belongs to the proxy and is never checked`);
  const first = decideAtGateway(enforcement, indexGateways(enforcement), query);
  if (first.outcome === 'deny') return first;
  let refused: Verdict | undefined;
  for (const backend of first.backends) {
    const { label, servicePort, external, workloads, mirrored } = backend;
    if (external && workloads.length === 0 && !mirrored) {
      const outside = leaveMesh(enforcement, query.destination.workload, { label, port: servicePort }, query.transport);
      if (outside.outcome !== 'deny') return joined(first, outside);
      refused ??= outside;
    }
    for (const endpoint of backend.mirrored ? [] : backend.workloads) {
      const reached = decideWithDiverted(enforcement, behindGateway(enforcement.mesh, query, backend, endpoint));
      const second = { ...reached, assumes: [...assumesOfRewriting(enforcement, query, endpoint), ...reached.assumes] };
      if (second.outcome !== 'deny') return joined(first, second);
      refused ??= second;
    }
  }
  return refused ? joined(first, refused) : first;
}

/** At an endpoint, or where a waypoint in front of it sends the request instead. */
function decideWithDiverted(enforcement: Enforcement, query: Query): Verdict {
  const straight = decide(enforcement, query);
  if (straight.outcome !== 'deny') return straight;
  const { queries, leaving } = divertedFrom(enforcement, query);
  const others = [...queries.map((each) => decide(enforcement, each)), ...leaving.map(({ verdict }) => verdict)];
  return others.find(({ outcome }) => outcome !== 'deny') ?? straight;
}

/** Code in the gateway, behind its own policies, that may rewrite what policies at the endpoint read. Reference §9.1. */
function assumesOfRewriting(enforcement: Enforcement, query: Query, { workload }: Endpoint): readonly string[] {
  const { workload: gateway, port } = query.destination;
  const code = enforcement
    .changesAt(gateway)
    .filter(({ effect, ports }) => effect.kind === 'rewrites-later' && ports?.includes(port) !== false);
  if (code.length === 0 || !query.http || workload.dataPlane.kind === 'none') return [];
  return readsRequests(enforcement.envoy(workload).http) ? code.map(assumptionOf) : [];
}

/** The request as it leaves the gateway. */
export function behindGateway(
  mesh: Mesh,
  query: Query,
  backend: GatewayBackend,
  { workload, port }: Pick<Endpoint, 'workload' | 'port'>,
): Query {
  const gateway = query.destination.workload;
  const { tls: _tls, sni: _sni, http: _http, asBytes: _asBytes, token, ...rest } = query;
  const passed = backend.identity === 'client';
  const via = findVia(backend, mesh, workload.cluster);
  return {
    ...rest,
    client: 'app',
    source: passed
      ? query.source
      : {
          position: { kind: 'workload', workload: gateway },
          identity: gateway.identity,
          // Another gateway reads X-Forwarded-For for itself, or not at all (reference §17.1).
          ...(backend.remoteIp === undefined || isRouter(workload) ? {} : { remoteIp: backend.remoteIp }),
        },
    destination: { workload, port, ...(via ? { via } : {}) },
    ...(backend.http ? { http: backend.http } : {}),
    ...(backend.asBytes ? { asBytes: true } : {}),
    ...(token && backend.forwardsToken ? { token } : {}),
  };
}

function findVia({ service, servicePort }: GatewayBackend, { serviceById }: Mesh, cluster: string): Destination['via'] {
  const found = serviceById.get(service) ?? serviceById.get(`${cluster}:${service}`);
  const port = found?.ports.find((candidate) => candidate.port === servicePort);
  return found && port ? { service: found, port } : undefined;
}

function joined(first: Verdict & { readonly routed?: string }, second: Verdict): Verdict {
  return {
    ...(second.outcome === 'allow' && first.by ? { ...second, by: second.by ?? first.by } : second),
    requires: [...first.requires, ...second.requires],
    assumes: [...first.assumes, ...second.assumes],
    trace: [...first.trace, ...second.trace],
    ...(first.routed === undefined ? {} : { routed: first.routed }),
  };
}

function decideAtProxy(enforcement: Enforcement, query: Query, connects: Transport): Verdict {
  const { workload, port } = query.destination;
  const captured = isCaptured(workload, port, query.transport);
  if (!captured.captured) {
    if (isIdentified(connects)) return stop('none', `nothing terminates mutual TLS here: ${captured.why}`, captured.by);
    return pass('none', `no proxy sees it: ${captured.why}`, captured.by);
  }
  const early = findEarlyListener(workload, port);
  // Who means to waits for the pod to start; to an application of the mesh the port is what it is once it runs.
  const waits = query.client === 'attacker' || query.source.position.kind !== 'workload';
  if (early && waits && !isIdentified(connects)) {
    const why = `init container \`${early.name}\` listens before anything is redirected: ${early.why}`;
    return {
      ...pass('none', `no proxy sees it while the pod starts: ${why}`, byOf(workload.resource, { path: early.path })),
      assumes: early.assumes,
    };
  }
  if (workload.dataPlane.kind === 'ambient') {
    const peer: Principal | null = isIdentified(connects) ? query.source.identity : null;
    // What has a socket in the host's network is taken for a probe (reference §15.3).
    const { position } = query.source;
    if (position.kind === 'node-network' && position.sameNode !== false)
      return pass('none', 'traffic from the own node is taken for a probe and not checked');
    return decideAtZtunnel(enforcement, query, peer);
  }
  return decideAtSidecar(enforcement, query, connects);
}

const pass = (point: EnforcementPoint, reason: string, by: Verdict['by'] = null): Verdict =>
  bare('allow', point, reason, by);
const stop = (point: EnforcementPoint, reason: string, by: Verdict['by'] = null): Verdict =>
  bare('deny', point, reason, by);

function bare(outcome: 'allow' | 'deny', point: EnforcementPoint, reason: string, by: Verdict['by']): Verdict {
  const step = { point, stage: 'capture', outcome: outcome === 'deny' ? 'stop' : 'pass', text: reason } as const;
  return { outcome, requires: [], assumes: [], by, reason, point, trace: [by ? { ...step, by } : step] };
}
