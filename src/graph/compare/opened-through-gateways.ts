import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import { all, any, EVERYTHING, type Formula, not } from '../../semantics/algebra/formula.ts';
import { routePlaces } from '../../semantics/algebra/routes/route-places.ts';
import type { WayIn } from '../../semantics/algebra/routes/way-in.ts';
import { queryOfWay } from '../../semantics/algebra/routes/way-query.ts';
import { isSameFormula } from '../../semantics/algebra/same-formula.ts';
import { symbolicOf } from '../../semantics/algebra/symbolic.ts';
import { TOKEN } from '../../semantics/algebra/axes.ts';
import { NO_TOKENS, type TokenSets } from '../../semantics/algebra/token-sets.ts';
import { tokensAsIn } from '../../semantics/algebra/tokens-as-in.ts';
import { withPeer } from '../../semantics/algebra/with-peer.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { gatewayExposure } from '../../semantics/gateway/exposure.ts';
import type { Query } from '../../semantics/query.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import { decideWay } from '../decide-way.ts';
import { requestOf } from '../request-of.ts';
import { waysIn } from '../ways-in.ts';
import { gatewayIn } from './opened-entrances.ts';
import { isWider, type Opened, type Opener, type States } from './opened.ts';
import { pathSpellings } from './path-spellings.ts';
import { isSameConfig } from './same-way.ts';

/**
 * Requests that gateways refused, or led elsewhere, and now let through to a port: what each route takes now without all that the same door
 * let through to that port before, by whatever route. One entry per gateway.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function openedThroughGateways(
  states: States,
  earlier: Workload,
  later: Workload,
  { port }: Pick<WorkloadPort, 'port'>,
): readonly Opened[] {
  if (routePlaces(states.after).to(later, port).length === 0) return [];
  const before = knownWays(states.before, earlier, port);
  const found = new Map<Workload, Opened>();
  for (const way of knownWays(states.after, later, port)) {
    if (found.has(way.gateway)) continue;
    const doors = before.filter((old) => isSameDoor(old, way));
    if (isKnown(states, way, doors)) continue;
    const opened = openedOn(states, way, doors, earlier, later);
    if (opened) found.set(way.gateway, opened);
  }
  return [...found.values()];
}

const WAYS = new WeakMap<Enforcement, WeakMap<Workload, Map<number, readonly WayIn[]>>>();

/** Remembered: what closes is asked of the same states as what opens. */
function knownWays(enforcement: Enforcement, workload: Workload, port: number): readonly WayIn[] {
  const byWorkload = WAYS.get(enforcement) ?? new WeakMap<Workload, Map<number, readonly WayIn[]>>();
  WAYS.set(enforcement, byWorkload);
  const byPort = byWorkload.get(workload) ?? new Map<number, readonly WayIn[]>();
  byWorkload.set(workload, byPort);
  const ways = byPort.get(port) ?? waysIn(enforcement, workload, port);
  byPort.set(port, ways);
  return ways;
}

/** Connections of the one may be opened at the other too. A certificate that nobody asks for changes nothing. */
function isSameDoor(old: WayIn, now: WayIn): boolean {
  const { certificate } = old.handshake;
  return (
    old.gateway.id === now.gateway.id &&
    old.port === now.port &&
    old.protocol === now.protocol &&
    old.handshake.tls === now.handshake.tls &&
    old.handshake.peer === now.handshake.peer &&
    (JSON.stringify(certificate) === JSON.stringify(now.handshake.certificate) || certificate === undefined)
  );
}

/** One of the ways of before is written alike. */
const isKnown = ({ before, after }: States, way: WayIn, doors: readonly WayIn[]): boolean =>
  doors.some(
    (old) =>
      isSameFormula(old.passes, way.passes) &&
      isSameFormula(old.mayPass, way.mayPass) &&
      isSameConfig(before.configOf(old.gateway), after.configOf(way.gateway)) &&
      isSameConfig(before.configOf(old.endpoint.workload), after.configOf(way.endpoint.workload)),
  );

function openedOn(
  states: States,
  way: WayIn,
  doors: readonly WayIn[],
  earlier: Workload,
  later: Workload,
): Opened | undefined {
  const { before, after } = states;
  const { port } = way.endpoint;
  const gateway = gatewayIn(before, way.gateway.id);
  const { who, position } = openerAt(after, way.gateway);
  const decided = new Set<string>();
  for (const found of candidates(states, way, doors)) {
    const query: Query = { ...found, source: { ...found.source, position } };
    const key = JSON.stringify(requestOf(query));
    if (decided.has(key)) continue;
    decided.add(key);
    const verdict = decideWay(after, query, later, port);
    const was = gateway
      ? decideWay(before, { ...query, destination: { ...query.destination, workload: gateway } }, earlier, port)
      : NO_GATEWAY;
    if (isWider(was, verdict))
      return {
        workload: later,
        port,
        who,
        witness: requestOf(query),
        verdict,
        was: { by: was.by, reason: was.reason },
      };
  }
  return undefined;
}

const NO_GATEWAY: Pick<Verdict, 'outcome' | 'by' | 'reason'> = {
  outcome: 'deny',
  by: null,
  reason: 'nothing led there from outside',
};

function openerAt(
  { mesh }: Enforcement,
  gateway: Workload,
): { readonly who: Opener; readonly position: Query['source']['position'] } {
  const { exposed } = gatewayExposure(mesh, gateway);
  if (exposed === 'cluster') return { who: { kind: 'anyone', gateway }, position: { kind: 'unstated' } };
  const kind = exposed === 'node-network' ? exposed : 'internet';
  return { who: { kind, gateway }, position: { kind } };
}

/** Requests of the difference, those that pass for certain first; then one of each part of what is not known exactly. */
function* candidates(states: States, way: WayIn, doors: readonly WayIn[]): Iterable<Query> {
  const old = doors.map((each) => inTokensOf(states.after, each, way));
  const passed = not(any(old.map(({ passes }) => passes)));
  const mayHave = not(any(old.map(({ mayPass }) => mayPass)));
  const inexact = way.passes !== way.mayPass || old.some(({ passes, mayPass }) => passes !== mayPass);
  const sets = inexact
    ? [all([way.passes, mayHave]), all([way.passes, passed]), all([way.mayPass, mayHave]), all([way.mayPass, passed])]
    : [all([way.passes, passed])];
  for (const set of sets) yield* queriesIn(way, set, [EVERYTHING]);
  const parts = [...partsOf(way, 'allow'), ...doors.flatMap((each) => partsOf(each, 'deny'))];
  for (const set of sets) if (!way.solver.isEmpty(set)) yield* queriesIn(way, set, parts);
  if (doors.every((each) => readsPathsAlike(states, each, way))) return;
  // One path is another one to proxies that normalise otherwise: sets of paths cannot be compared.
  for (const query of queriesIn(way, way.taken(), [EVERYTHING, ...parts])) {
    const { http } = query;
    if (http) for (const path of pathSpellings(http.path)) yield { ...query, http: { ...http, path } };
  }
}

function* queriesIn(way: WayIn, set: Formula, parts: readonly Formula[]): Iterable<Query> {
  for (const part of parts) {
    const formula = all([set, part]);
    const model = way.solver.find(formula);
    if (model) yield queryOfWay(way, formula, model);
  }
}

const readsPathsAlike = ({ before, after }: States, old: WayIn, now: WayIn): boolean =>
  before.configOf(old.gateway).pathNormalization.value === after.configOf(now.gateway).pathNormalization.value &&
  before.configOf(old.endpoint.workload).pathNormalization.value ===
    after.configOf(now.endpoint.workload).pathNormalization.value;

/** What passed, with tokens as the rules of today number them, at the gateway and at the destination. */
function inTokensOf(after: Enforcement, old: WayIn, now: WayIn): Pick<WayIn, 'passes' | 'mayPass'> {
  const { pool } = symbolicOf(after);
  const told = (set: Formula): Formula => {
    const atGateway = tokensAsIn(pool, now.side.token, set, old.side.tokens, now.side.tokens);
    return tokensAsIn(pool, TOKEN, atGateway, tokensBehind(old), tokensBehind(now));
  };
  const passes = told(old.passes);
  return { passes, mayPass: old.mayPass === old.passes ? passes : told(old.mayPass) };
}

function tokensBehind({ behind: { region } }: WayIn): TokenSets {
  return region?.point && region.point.kind !== 'ztunnel' ? region.point.sets.tokens : NO_TOKENS;
}

/** What the rules of the gateway and of the destination match, in terms of what the client sends. */
function partsOf({ side, behind, before }: WayIn, action: 'allow' | 'deny'): readonly Formula[] {
  const { region, peer } = behind;
  return [
    ...side.sets[action].map(({ matches }) => side.sent(matches).possibly),
    ...(region?.point?.sets[action] ?? []).map(({ matches }) => before(withPeer(matches, peer)).possibly),
  ];
}
