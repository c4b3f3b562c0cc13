import { actorOf } from '../graph/attack/attack-graph.ts';
import type { AttackPath, Hop } from '../graph/attack/attack-path.ts';
import { canUse, canUseFrom } from '../graph/attack/can-use.ts';
import { grantsOf } from '../graph/attack/find-grants.ts';
import { tokenlessCause } from '../graph/attack/tokenless-cause.ts';
import { gatewayGrantsOf } from '../graph/attack/gateway-grants.ts';
import { footholdId } from '../graph/attack/foothold.ts';
import { NetworkPlaces } from '../graph/attack/network-places.ts';
import { PIVOTS } from '../graph/attack/pivots/index.ts';
import { openedByIdentity } from '../graph/compare/opened-identities.ts';
import { openedRequests } from '../graph/compare/opened-requests.ts';
import type { Opened, States } from '../graph/compare/opened.ts';
import type { Facts } from '../graph/facts.ts';
import { factsWith } from '../graph/facts-with.ts';
import { makeFacts, type Stated } from '../graph/make-facts.ts';
import type { Mesh, Workload } from '../model/inventory/types.ts';
import type { Request } from '../result/request.ts';
import { waypointOf } from '../semantics/ambient/waypoint.ts';
import { shareSymbolic } from '../semantics/algebra/symbolic.ts';
import { decide } from '../semantics/decide.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import { resolveRequest } from '../semantics/resolve-request.ts';
import { applyChanges } from './apply-changes.ts';
import type { Rebuild } from './rebuild.ts';
import type { Candidate, Problem } from './candidate.ts';
import type { Change } from '../model/change/change.ts';
import { passesWebhook, type WebhookCall, webhookCallsTo } from './nameless-callers.ts';
import { leavesInventory, limitPolicies, namespacesOf } from './slice.ts';
import { enforcementOf, pendingIn } from './slices.ts';
import { mayTouch } from './touched-by.ts';
import { callsAround, decideCall, describeCall, type WantedCall } from './wanted-calls.ts';

/** The state that a step is proven against, and what is known of the whole mesh. */
export interface Ground {
  readonly facts: Facts;
  readonly stated: Stated;
  /** What the slices are cut from. */
  readonly mesh: Mesh;
  readonly rebuild: Rebuild;
  /** Changes of steps before, which `mesh` does not have yet. */
  readonly pending: readonly Change[];
  /** Namespaces whose inventory is no longer that of `facts`. */
  readonly moved: ReadonlySet<string>;
}

/** What a candidate does, decided on the model. */
export interface Proof {
  readonly closes: readonly AttackPath[];
  /** Wanted calls that pass today. */
  readonly of: number;
  readonly calls: readonly WantedCall[];
  /** Requests of hops that are closed, and that are refused afterwards. */
  readonly denied: readonly Request[];
  readonly breaks: readonly WantedCall[];
  /** Webhooks that the API server gets to today and would no longer. */
  readonly shutsOut: readonly WebhookCall[];
  readonly opens: readonly Opened[];
  /** What a state between its first and its last object would break or open; in words. */
  readonly between: readonly string[];
}

/** @throws {SearchLimit} when a search over requests was given up. */
export function prove(
  ground: Ground,
  candidate: Candidate,
  { hops, paths }: Pick<Problem, 'hops' | 'paths'>,
): Proof | { readonly refused: string } {
  const { facts, rebuild } = ground;
  const { destinations, senders, changes } = candidate;
  const calls = callsAround(facts.mesh, facts.wanted, destinations, senders);
  const involved = new Set<Workload>([...destinations, ...senders, ...placesOf(hops)]);
  for (const { from, to } of calls) {
    for (const id of [from, to]) {
      const workload = facts.mesh.workloadById.get(id);
      if (workload) involved.add(workload);
    }
  }
  const namespaces = namespacesOf(facts.mesh, involved);
  const keeps = keepsInventory(ground, candidate, hops, namespaces);
  const begun = keeps
    ? applyChanges(
        new Enforcement(
          { ...facts.mesh, resources: limitPolicies(ground.mesh.resources, namespaces) },
          facts.enforcement,
        ),
        pendingIn(ground, namespaces),
        rebuild,
      )
    : enforcementOf(ground, namespaces, [], changes);
  if ('refused' in begun) return begun;
  const before = begun.enforcement;
  const applied = applyChanges(before, changes, rebuild);
  if ('refused' in applied) return applied;
  const after = applied.enforcement;
  shareSymbolic(before, after);
  const passing = calls.filter((call) => decideCall(before, call)?.outcome === 'allow');
  const sliced = factsOf(ground, after, keeps);
  const network = new NetworkPlaces(after);
  // What else is excess on a path is for other steps.
  const shut = new Set(hops.filter((hop) => !isOpen(sliced, network, hop)));
  const closed = new Map(paths.map((path) => [path, path.hops.find((hop) => shut.has(hop))]));
  return {
    closes: paths.filter((path) => closed.get(path)),
    of: passing.length,
    calls: passing,
    denied: [...new Set([...closed.values()].flatMap((hop) => hop?.witness ?? []))].filter((witness) =>
      isRefused(after, witness),
    ),
    breaks: callsTouched(before, changes, passing).filter((call) => isBroken(after, call)),
    shutsOut: webhookCallsTo(facts, destinations).filter(
      (call) => passesWebhook(before, call) && !passesWebhook(after, call),
    ),
    opens: openedBy(before, after, candidate),
    between: between(before, changes, rebuild, passing),
  };
}

/** Policies alone change, in namespaces that are as they were, and no way in from outside is asked about: no inventory has to be made. */
function keepsInventory(
  { moved }: Ground,
  { changes }: Candidate,
  hops: readonly Hop[],
  namespaces: ReadonlySet<string>,
): boolean {
  if (!leavesInventory(changes)) return false;
  if ([...namespaces].some((namespace) => moved.has(namespace))) return false;
  return !hops.some(({ pivot }) => pivot === 'route' || pivot === 'entry');
}

/** The rest of the mesh knows what is wanted; the slice does not have all of it. */
function factsOf({ facts, stated }: Ground, enforcement: Enforcement, keeps: boolean): Facts {
  const { wanted, sensitivity } = facts;
  return factsWith(makeFacts(enforcement, stated), { wanted, ...(keeps ? { sensitivity } : {}) });
}

function* placesOf(hops: readonly Hop[]): Iterable<Workload> {
  for (const { from, to } of hops) {
    for (const foothold of [from, to]) {
      if (foothold.kind === 'workload') yield foothold.workload;
      else if (foothold.kind === 'identity') {
        yield foothold.from;
        if (foothold.holder) yield foothold.holder;
      } else if (foothold.kind === 'node') yield foothold.of;
    }
  }
}

/** Whether a hop is still possible beyond what is wanted. */
function isOpen(facts: Facts, network: NetworkPlaces, hop: Hop): boolean {
  const { from, to, pivot } = hop;
  if (pivot === 'reach' && to.kind === 'workload') {
    const workload = facts.mesh.workloadById.get(to.workload.id);
    const port = workload?.ports.find((own) => own.port === hop.port);
    if (!workload || !port) return false;
    const start = from.kind === 'workload' ? facts.mesh.workloadById.get(from.workload.id) : undefined;
    const actor = from.kind === 'workload' ? start && actorOf({ kind: 'workload', workload: start }) : actorOf(from);
    for (const grant of grantsOf(facts, workload, port))
      if (actor ? canUse(grant, actor, network) : canUseFrom(grant, from, network)) return true;
    return false;
  }
  if (pivot === 'entry' && to.kind === 'workload') {
    // As its client from inside: whether the gateway still asks for it, the route tells; here, whether packets get there.
    if (to.workload.dataPlane.kind === 'gateway') return getsToGateway(facts, network, hop, to.workload);
    const workload = facts.mesh.workloadById.get(to.workload.id);
    return (
      workload !== undefined &&
      facts.entrances
        .of(workload, hop.port ?? 0)
        .some(({ entry, gateway, verdict }) => entry === from.kind && !gateway && verdict.outcome !== 'deny')
    );
  }
  if (pivot === 'route' && to.kind === 'workload' && from.kind === 'workload') {
    const workload = facts.mesh.workloadById.get(to.workload.id);
    const port = workload?.ports.find((own) => own.port === hop.port);
    if (!workload || !port) return false;
    for (const { through } of gatewayGrantsOf(facts, workload, port, []))
      if (through.gateway.id === from.workload.id) return true;
    return facts.entrances
      .of(workload, port.port)
      .some(
        (entrance) =>
          entrance.gateway?.id === from.workload.id &&
          entrance.verdict.outcome !== 'deny' &&
          tokenlessCause(facts, workload, port, entrance) !== undefined,
      );
  }
  const known = PIVOTS.find(({ id }) => id === hop.how);
  for (const edge of known?.find(facts) ?? [])
    if (footholdId(edge.from) === footholdId(from) && footholdId(edge.to) === footholdId(to)) return true;
  return false;
}

/** Nobody outside is kept out by it: what exposes a gateway is asked elsewhere. */
function getsToGateway({ mesh }: Facts, network: NetworkPlaces, { from, port }: Hop, { id }: Workload): boolean {
  const gateway = mesh.workloadById.get(id);
  const place = actorOf(from)?.place;
  const position = place
    ? ({ kind: 'workload', workload: mesh.workloadById.get(place.id) ?? place } as const)
    : from.kind === 'pod-outside-mesh' || from.kind === 'node-network'
      ? ({ kind: from.kind } as const)
      : undefined;
  if (!gateway || !position || port === undefined) return true;
  return network.admits(position, gateway, { port, transport: 'TCP' }, 'plaintext') !== 'deny';
}

/** Requests that were refused and now pass, to what changes and, where an identity changes, to everybody near. */
function openedBy(before: Enforcement, after: Enforcement, { destinations, senders }: Candidate): readonly Opened[] {
  const states = { before, after };
  const direct = destinations.flatMap(({ id, dataPlane }) => {
    const earlier = before.mesh.workloadById.get(id);
    const later = after.mesh.workloadById.get(id);
    if (!earlier || !later || dataPlane.kind === 'gateway') return [];
    return later.ports.flatMap((port) => openedRequests(states, earlier, later, port));
  });
  const found = senders.length > 0 ? [...direct, ...openedByIdentity(states)] : direct;
  return found.filter((each) => !passedInPlaintext(before, each.witness) && !isItsWaypoint(states, each));
}

/** A waypoint has to be let in by what stands behind it; who gets through it is asked at the waypoint. */
function isItsWaypoint({ after }: States, { who, workload }: Opened): boolean {
  if (who.kind !== 'identities') return false;
  const waypoints = workload.services.flatMap((id) => {
    const service = after.mesh.serviceById.get(id);
    return (service && waypointOf(after, service)) ?? [];
  });
  return who.identities.every((identity) => {
    const holders = after.holdersOf(identity);
    return holders.length > 0 && holders.every((holder) => waypoints.includes(holder));
  });
}

/** The same request passed before without a certificate: that a proxy now takes one opens nothing. */
function passedInPlaintext(before: Enforcement, witness: Opened['witness']): boolean {
  const queries = resolveRequest(before.mesh, witness);
  if ('error' in queries) return false;
  return queries.some(
    (query) =>
      decide(before, {
        ...query,
        client: 'attacker',
        source: { ...query.source, identity: null, connects: 'plaintext' },
      }).outcome === 'allow',
  );
}

function isRefused(enforcement: Enforcement, witness: Request): boolean {
  const queries = resolveRequest(enforcement.mesh, witness);
  return !('error' in queries) && queries.every((query) => decide(enforcement, query).outcome === 'deny');
}

/** States in which only some objects of a step are there, in their order: what the last ones leave alone is as it was before them. */
function between(
  before: Enforcement,
  changes: readonly Change[],
  rebuild: Rebuild,
  passing: readonly WantedCall[],
): readonly string[] {
  let fresh: readonly Change[] = [];
  for (const [i, change] of changes.slice(0, Math.min(changes.length - 1, MOST_STATES)).entries()) {
    fresh = [...fresh, change];
    const touched = callsTouched(before, fresh, passing);
    if (touched.length === 0) continue;
    const applied = applyChanges(before, changes.slice(0, i + 1), rebuild);
    if ('refused' in applied) continue;
    fresh = [];
    const broken = touched.find((call) => isBroken(applied.enforcement, call));
    if (broken) return [`with ${i + 1} of ${changes.length} objects applied, ${describeCall(broken)} would fail`];
  }
  return [];
}

const isBroken = (enforcement: Enforcement, call: WantedCall): boolean =>
  decideCall(enforcement, call)?.outcome !== 'allow';

/** Calls that may fare otherwise after changes. */
function callsTouched(
  { mesh, rootNamespace }: Enforcement,
  changes: readonly Change[],
  calls: readonly WantedCall[],
): readonly WantedCall[] {
  const known = new Map<WantedCall['to'], boolean>();
  return calls.filter(({ to }) => {
    const workload = mesh.workloadById.get(to);
    if (!workload) return true;
    const touched = known.get(to) ?? changes.some((change) => mayTouch(change, workload, rootNamespace));
    known.set(to, touched);
    return touched;
  });
}

const MOST_STATES = 8;
