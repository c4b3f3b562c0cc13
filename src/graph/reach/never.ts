import { isRouter } from '../../model/inventory/is-router.ts';
import type { Principal, Workload, WorkloadPort } from '../../model/inventory/types.ts';
import { all, type Formula, not } from '../../semantics/algebra/formula.ts';
import type { Region } from '../../semantics/algebra/region.ts';
import { queryOfModel } from '../../semantics/algebra/witness.ts';
import { withPeer } from '../../semantics/algebra/with-peer.ts';
import { decide } from '../../semantics/decide.ts';
import type { Source } from '../../semantics/query.ts';
import type { Facts } from '../facts.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import { addressesFrom } from '../across-networks.ts';
import { requestOf } from '../request-of.ts';
import { exemptIn, type Unless } from './exempt.ts';
import type { NeverAnswer } from './never-answer.ts';
import { neverAtGateway } from './never-at-gateway.ts';
import { neverThroughGateways } from './never-through-gateways.ts';
import { doubtsAt } from './doubts.ts';
import { waysTo } from './port-reach.ts';

/** Where requests of an invariant come from. */
export type Origin =
  | { readonly kind: 'internet' }
  | { readonly kind: 'pod-outside-mesh' }
  | { readonly kind: 'workloads'; readonly workloads: readonly Workload[] };

export interface Never {
  readonly from: Origin;
  readonly to: readonly Workload[];
  readonly unless?: Unless;
}

const HOLDS: NeverAnswer = { kind: 'holds' };

/**
 * Whether no request from some place gets to some workloads, but for those that are exempt: proved over all requests, or refuted with one
 * that was decided.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function proveNever(facts: Facts, { from, to, unless }: Never): NeverAnswer {
  let open: NeverAnswer = HOLDS;
  for (const workload of to) {
    for (const port of workload.ports) {
      if (unless?.ports && Object.keys(unless).length === 1 && unless.ports.includes(port.port)) continue;
      for (const answer of answersFor(facts, from, workload, port, unless)) {
        if (answer.kind === 'refuted') return answer;
        if (answer.kind === 'open' && open.kind === 'holds') open = answer;
      }
    }
  }
  return open;
}

function* answersFor(
  facts: Facts,
  from: Origin,
  workload: Workload,
  port: WorkloadPort,
  unless: Unless | undefined,
): Iterable<NeverAnswer> {
  if (from.kind === 'internet') {
    const entrances = facts.entrances.of(workload, port.port).filter(({ entry }) => entry === 'internet');
    if (isRouter(workload)) {
      if (entrances.length > 0) yield* neverAtGateway(facts, workload, port, unless);
      return;
    }
    if (entrances.some(({ gateway }) => gateway === undefined))
      yield* answersFrom(facts, workload, port, unless, { position: { kind: 'internet' }, identity: null });
    yield* neverThroughGateways(facts, workload, port, unless);
    return;
  }
  if (isRouter(workload)) {
    const name = `${workload.id}:${port.port}`;
    yield { kind: 'open', why: `${name} is a gateway: what its routes let through is proved from the internet only` };
    return;
  }
  if (from.kind === 'pod-outside-mesh') {
    yield* answersFrom(facts, workload, port, unless, { position: { kind: 'pod-outside-mesh' }, identity: null });
    return;
  }
  for (const source of from.workloads) {
    if (source === workload) continue;
    const position = { kind: 'workload', workload: source } as const;
    yield* answersFrom(facts, workload, port, unless, { position, identity: source.identity });
  }
}

function* answersFrom(
  { enforcement }: Pick<Facts, 'enforcement'>,
  workload: Workload,
  port: WorkloadPort,
  unless: Unless | undefined,
  source: Pick<Source, 'position' | 'identity'>,
): Iterable<NeverAnswer> {
  for (const region of waysTo(enforcement, workload, port)) {
    if (region.transport === 'mtls' && source.identity === null) continue;
    const peer = region.transport === 'mtls' ? source.identity : null;
    const exempt = exemptIn(enforcement, region, unless);
    const wanted = withPeer(all([region.mayPass, not(exempt)]), peer);
    yield refute(enforcement, region, wanted, port, { ...source, identity: peer });
  }
  const [doubt] = doubtsAt(enforcement, workload, port);
  if (doubt) yield { kind: 'open', why: `it holds only if ${doubt}` };
}

/** Decides a request of the set, if it has one. */
function refute(
  enforcement: Facts['enforcement'],
  region: Region,
  formula: Formula,
  port: WorkloadPort,
  source: { readonly position: Source['position']; readonly identity: Principal | null },
): NeverAnswer {
  const model = region.solver.find(formula);
  if (!model) return HOLDS;
  const found = queryOfModel({ region, formula, model }, source.position);
  const sent = { ...found, source: { ...found.source, identity: source.identity }, transport: port.transport };
  let open: NeverAnswer = HOLDS;
  for (const destination of addressesFrom(enforcement, source.position, sent.destination)) {
    const query = { ...sent, destination };
    const verdict = decide(enforcement, query);
    if (verdict.outcome === 'allow') return { kind: 'refuted', request: requestOf(query), verdict };
    if (open.kind === 'holds' && !isAboutPlaces(verdict)) open = { kind: 'open', why: verdict.reason };
  }
  return open;
}

/** What NetworkPolicy and the ways between networks look at, no other request could do otherwise. */
const isAboutPlaces = ({ outcome, point, trace }: Verdict): boolean =>
  outcome === 'deny' &&
  (point === 'network-policy' || trace.some(({ stage, outcome: end }) => stage === 'resolve' && end === 'stop'));
