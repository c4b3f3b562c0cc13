import { createHash } from 'node:crypto';
import type { Principal, Workload } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import type { Request } from '../../result/request.ts';
import type { EvidenceStatus } from '../../result/status.ts';
import type { Position } from '../../semantics/attempt.ts';
import type { Query, Source } from '../../semantics/query.ts';
import type { Requirement, Verdict } from '../../semantics/verdict.ts';
import { decideWay } from '../decide-way.ts';
import type { Asset, Entrance, Facts } from '../facts.ts';
import { decideWitness } from '../reach/port-reach.ts';
import { assetOf } from './asset-of.ts';
import { actorOf, type AttackGraph, causeOf } from './attack-graph.ts';
import { causeKey } from './cause.ts';
import type { Route } from './find-paths.ts';
import { type Foothold, footholdId } from './foothold.ts';
import type { DirectGrant, GatewayGrant, Passage } from './grant.ts';
import type { WantedHop } from './wanted-hops.ts';
import { requestOf } from '../request-of.ts';
import { type Cost, type Edge, isExcess, type Label } from './label.ts';

/** One step of a path, decided. */
export interface Hop {
  readonly from: Foothold;
  readonly to: Foothold;
  readonly port?: number;
  /** `entry`, `route`, `reach`, or what kind of pivot it is: `identity`, `control`, `node`, `tier0`. */
  readonly pivot: string;
  /** The pivot by name: `rbac/create-pods`. */
  readonly how?: string;
  readonly identity?: Principal;
  readonly witness?: Request;
  readonly verdict: 'allow' | 'unknown';
  readonly by: By | null;
  readonly excess: boolean;
  /** Of an excess request: who may make it. */
  readonly who?: 'anyone' | 'any-identity' | 'workloads';
  readonly cause?: By;
  readonly technique?: string;
  readonly status: EvidenceStatus;
  /** One sentence. */
  readonly why: string;
  readonly requires: readonly Requirement[];
  readonly demands: readonly string[];
  readonly assumes: readonly string[];
}

/** A way from a foothold to what matters, hop by hop. */
export interface AttackPath {
  /** The same as long as entry, target and cause are. */
  readonly id: string;
  readonly kind: 'excess' | 'inherent';
  readonly from: Foothold;
  readonly to: Foothold;
  readonly asset: Asset;
  readonly hops: readonly Hop[];
  readonly cost: Cost;
  /** What has to be changed to close it; absent where every hop is wanted. */
  readonly cause?: By;
  /** Other places from which the same excess leads to the same asset. */
  readonly others: number;
}

/** What a tier 0 foothold is worth. */
const TIER0: Asset = { level: 'critical', basis: 'inferred', why: 'whoever controls it controls the mesh' };

/** A route with every hop decided again; undefined where one is refused after all. */
export function pathOf(graph: AttackGraph, route: Route): AttackPath | undefined {
  const labels: Label[] = [];
  for (let label: Label | undefined = route.end; label?.previous; label = label.previous) labels.unshift(label);
  const hops: Hop[] = [];
  for (const [index, { previous, edge }] of labels.entries()) {
    const hop = previous && edge && hopOf(graph, previous.at, edge);
    if (!hop) return undefined;
    if (edge.kind === 'grant' && 'through' in edge.grant) hops.push(knockAt(previous.at, edge.grant.through, hop));
    if (edge.kind === 'entrance') hops.push(throughGateway(graph, hop, edge, labels[index + 1]?.edge));
    else if (edge.kind === 'route') hops.push(...alongGateways(hop, edge.entrance));
    else hops.push(hop);
  }
  const { at, cost } = route.end;
  const start = labels[0]?.previous?.at ?? route.entry;
  const cause = route.cause;
  const asset = at.kind === 'workload' ? assetOf(graph.facts, at.workload) : TIER0;
  const last = hops.findLast(({ excess }) => excess);
  const key = [
    footholdId(route.entry),
    footholdId(at),
    cause ? causeKey(cause) : '',
    last ? footholdId(last.from) : '',
  ];
  return {
    id: `path-${createHash('sha256').update(key.join('\n')).digest('hex').slice(0, 12)}`,
    kind: cause ? 'excess' : 'inherent',
    from: start,
    to: at,
    asset,
    hops,
    cost,
    ...(cause ? { cause } : {}),
    others: route.others,
  };
}

/**
 * The way into a gateway: with the listener and the request of the route that the path goes on by, or else of one that passes, and with what
 * exposes the gateway. Where no route lets anything pass, its listener alone is asked.
 */
function throughGateway(
  graph: AttackGraph,
  hop: Hop,
  { entrance, workload }: Extract<Edge, { kind: 'entrance' }>,
  next: Edge | undefined,
): Hop {
  if (workload.dataPlane.kind !== 'gateway') return hop;
  const way = next?.kind === 'route' ? next.entrance : passingRoute(graph, workload, entrance.entry);
  const shared = { ...hop, by: entrance.by, requires: [], assumes: entrance.verdict.assumes };
  if (way) return { ...shared, port: way.request.to.port, witness: way.request };
  return { ...shared, witness: { ...entrance.request, to: { ...entrance.request.to, at: 'gateway' } } };
}

const PASSING = new WeakMap<AttackGraph, Map<string, Entrance | undefined>>();

/** The first route of a gateway that lets somebody pass who asks for nothing, else the first that lets anybody pass. */
function passingRoute(graph: AttackGraph, gateway: Workload, entry: Entrance['entry']): Entrance | undefined {
  const known = PASSING.get(graph) ?? new Map<string, Entrance | undefined>();
  PASSING.set(graph, known);
  const key = `${entry} ${gateway.id}`;
  if (!known.has(key)) {
    const passing = (graph.routes.get(gateway.id) ?? [])
      .map((route) => route.entrance)
      .filter((own) => own.entry === entry && own.verdict.outcome === 'allow');
    known.set(key, passing.find(({ verdict }) => verdict.requires.length === 0) ?? passing[0]);
  }
  return known.get(key);
}

/** A route through further gateways, each of which the same request gets to. */
function alongGateways(hop: Hop, { through = [] }: Entrance): readonly Hop[] {
  const { cause: _, ...passing } = hop;
  let from = hop.from;
  const hops = through.map(({ gateway, port, by, why }): Hop => {
    const next: Hop = { ...passing, from, to: { kind: 'workload', workload: gateway }, port, by, why, excess: false };
    from = next.to;
    return next;
  });
  return [...hops, { ...hop, from }];
}

/** The hop before a route that somebody inside takes: as a client of the gateway, by the request that goes through. */
function knockAt(from: Foothold, { gateway, query }: Passage, { identity: _, ...route }: Hop): Hop {
  return {
    ...route,
    from,
    to: { kind: 'workload', workload: gateway },
    port: query.destination.port,
    pivot: 'entry',
    by: route.cause ?? null,
    why: `${gateway.id} takes requests from inside the cluster`,
    requires: [],
    assumes: [],
  };
}

const HOPS = new WeakMap<AttackGraph, Map<string, Map<object, Hop | null>>>();

/** Hops that many paths share are decided once. */
function hopOf(graph: AttackGraph, from: Foothold, edge: Edge): Hop | undefined {
  const byPlace = HOPS.get(graph) ?? new Map<string, Map<object, Hop | null>>();
  HOPS.set(graph, byPlace);
  const id = footholdId(from);
  const known = byPlace.get(id) ?? new Map<object, Hop | null>();
  byPlace.set(id, known);
  const key =
    edge.kind === 'wanted'
      ? edge.hop
      : edge.kind === 'grant'
        ? edge.grant
        : edge.kind === 'pivot'
          ? edge.edge
          : edge.entrance;
  let hop = known.get(key);
  if (hop === undefined) {
    hop = makeHop(graph, from, edge) ?? null;
    known.set(key, hop);
  }
  return hop ?? undefined;
}

function makeHop(graph: AttackGraph, from: Foothold, edge: Edge): Hop | undefined {
  switch (edge.kind) {
    case 'entrance':
    case 'route': {
      const { entrance, workload, port } = edge;
      const { verdict } = entrance;
      const cause = causeOf(edge);
      return {
        from,
        to: { kind: 'workload', workload },
        port,
        pivot: edge.kind === 'route' ? 'route' : 'entry',
        witness: entrance.request,
        verdict: verdict.outcome === 'unknown' ? 'unknown' : 'allow',
        by: verdict.by ?? entrance.by,
        excess: isExcess(edge),
        ...(cause ? { cause } : {}),
        technique: 'T1190',
        status: statusOf(verdict.outcome),
        why:
          edge.kind === 'route' && cause
            ? `${entrance.why}, where tokens are checked and none is asked for`
            : entrance.why,
        requires: verdict.requires,
        demands: [],
        assumes: verdict.assumes,
      };
    }
    case 'pivot': {
      const { pivot, edge: found } = edge;
      return {
        from,
        to: found.to,
        pivot: familyOf(pivot.id, found.to),
        how: pivot.id,
        verdict: found.status === 'UNKNOWN' ? 'unknown' : 'allow',
        by: found.cause,
        excess: true,
        cause: found.cause,
        technique: pivot.technique,
        status: found.status,
        why: found.why,
        requires: [],
        demands: found.requires,
        assumes: found.assumes,
      };
    }
    case 'grant':
      return 'through' in edge.grant ? routeHop(graph, from, edge.grant) : requestHop(graph, from, edge, edge.grant);
    case 'wanted':
      return requestHop(graph, from, edge, edge.hop);
  }
}

function familyOf(id: string, to: Foothold): string {
  if (to.kind === 'tier0') return 'tier0';
  if (to.kind === 'node') return 'node';
  return id.startsWith('rbac/') ? 'identity' : 'control';
}

/** Where packets of a foothold come from. */
function placeOf(from: Foothold): Pick<Source, 'position' | 'ip'> {
  const actor = actorOf(from);
  if (!actor)
    return {
      position: { kind: from.kind === 'pod-outside-mesh' || from.kind === 'node-network' ? from.kind : 'unstated' },
    };
  const [ip, ...others] = actor.place.addresses;
  const position: Position = { kind: 'workload', workload: actor.place };
  return ip === undefined || others.length > 0 ? { position } : { position, ip };
}

/** Through a gateway, which the destination takes for the caller. */
function routeHop({ facts }: AttackGraph, from: Foothold, grant: GatewayGrant): Hop | undefined {
  const { workload, port, cause, who, through } = grant;
  const { gateway, why } = through;
  const asks = through.query;
  const identity = who.kind === 'anyone' ? null : (actorOf(from)?.identity ?? null);
  if (who.kind !== 'anyone' && identity === null) return undefined;
  const query: Query = {
    ...asks,
    source: { ...asks.source, ...placeOf(from), identity },
    ...(asks.tls && identity !== null ? { tls: { ...asks.tls, clientCert: { principal: identity } } } : {}),
  };
  const verdict = decideWay(facts.enforcement, query, workload, port.port);
  if (verdict.outcome === 'deny') return undefined;
  return {
    from: { kind: 'workload', workload: gateway },
    to: { kind: 'workload', workload },
    port: port.port,
    pivot: 'route',
    ...(gateway.identity === null ? {} : { identity: gateway.identity }),
    witness: requestOf(query),
    verdict: verdict.outcome === 'unknown' ? 'unknown' : 'allow',
    by: verdict.by,
    excess: true,
    who: who.kind,
    cause,
    technique: 'T1090.001',
    status: statusOf(verdict.outcome),
    why,
    requires: verdict.requires,
    demands: [],
    assumes: verdict.assumes,
  };
}

function requestHop(
  graph: AttackGraph,
  from: Foothold,
  edge: Extract<Edge, { kind: 'wanted' | 'grant' }>,
  { region, witness, port, workload }: DirectGrant | WantedHop,
): Hop | undefined {
  const actor = actorOf(from);
  const identity = region.transport === 'mtls' ? (actor?.identity ?? null) : null;
  if (region.transport === 'mtls' && identity === null) return undefined;
  const source = { ...placeOf(from), identity };
  const decided = decideWitness(graph.facts.enforcement, region, witness, port, source);
  if (!decided) return undefined;
  const { request, verdict } = decided;
  const cause = causeOf(edge);
  return {
    from,
    to: { kind: 'workload', workload },
    port: port.port,
    pivot: 'reach',
    ...(identity === null ? {} : { identity }),
    witness: request,
    verdict: verdict.outcome === 'unknown' ? 'unknown' : 'allow',
    by: verdict.by,
    excess: edge.kind === 'grant',
    ...(edge.kind === 'grant' ? { who: edge.grant.who.kind } : {}),
    ...(cause ? { cause } : {}),
    technique: 'T1210',
    status: statusOfCall(graph.facts, workload, port.port, verdict),
    why: edge.kind === 'wanted' ? `wanted (${edge.hop.flow.basis}): ${verdict.reason}` : verdict.reason,
    requires: verdict.requires,
    demands: [],
    assumes: verdict.assumes,
  };
}

/** Shown where the proxy of what is called was seen to hold what decides, and nothing else had to be assumed. */
function statusOfCall({ evidence }: Facts, workload: Workload, port: number, verdict: Verdict): EvidenceStatus {
  const seen = evidence?.of(workload)?.ports.get(port);
  if (verdict.outcome === 'unknown' || seen?.authorization.state === 'contradicted') return 'UNKNOWN';
  const isShown = seen?.mtls.state === 'verified' && seen.authorization.state === 'verified';
  const hasProxy = workload.dataPlane.kind === 'sidecar' || workload.dataPlane.kind === 'ambient';
  return isShown && hasProxy && verdict.assumes.length === 0 ? 'VERIFIED' : 'INFERRED';
}

const statusOf = (outcome: string): EvidenceStatus => (outcome === 'unknown' ? 'UNKNOWN' : 'INFERRED');
