import type { Workload, WorkloadPort } from '../model/inventory/types.ts';
import type { By } from '../result/location.ts';
import { viewAtWaypoint, waypointOf, waypointPolicies } from '../semantics/ambient/waypoint.ts';
import type { PolicyChain } from '../semantics/authz/chain.ts';
import { decideChain } from '../semantics/authz/decide-chain.ts';
import { admitsUnnamed } from '../semantics/authz/unnamed.ts';
import type { Enforcement, EnvoyPolicies } from '../semantics/enforcement.ts';
import type { Source } from '../semantics/query.ts';
import { viewAt } from '../semantics/sidecar.ts';
import { queryOf } from './access.ts';
import { divertedWays } from './diverted-ways.ts';
import { strangerOf } from '../semantics/stranger.ts';
import { ANONYMOUS, type Answer, ask, bearerOf, type Question } from './ask.ts';
import { type Via, waysThrough } from './ways-through.ts';
import { type Attempt, conditionsOf, httpAttempts, TCP_ATTEMPTS } from './probe.ts';

/** Whether callers that no rule names may use a port as they like. */
export type Opening =
  | OpenPort
  /** An ALLOW rule would let anyone in, and something else stops them or has to approve. */
  | { readonly kind: 'held'; readonly openRule: By; readonly heldBy: readonly By[] }
  | { readonly kind: 'closed' };

export interface OpenPort {
  readonly kind: 'open';
  /** `anyone`: in plaintext already; `any-identity`: with any certificate of the mesh. */
  readonly callers: 'anyone' | 'any-identity';
  readonly chain: 'http' | 'tcp';
  /** The ALLOW rule that lets them in; null: no ALLOW policy applies, so that everything passes. */
  readonly by: By | null;
  /** What a caller has to send or leave out, which costs nothing: `no header x-user`. */
  readonly conditions: readonly string[];
  /** Everything below this path, where the policies of the port allow nothing else: `/v1/*`, `/package.Service/*`. */
  readonly part?: string;
  /** Reached through the service's waypoint; the pod itself refuses them. */
  readonly through?: Workload;
  readonly answer: Answer;
}

const CLOSED: Opening = { kind: 'closed' };

/**
 * Asks `decide` for requests that no policy names, from callers that no policy names, on a path that nobody has: what lets those in lets
 * in anyone, however it is written. A DENY, or a condition, on parts of the port leaves it open.
 */
export function findOpening(enforcement: Enforcement, workload: Workload, port: WorkloadPort): Opening {
  let held: Opening = CLOSED;
  for (const way of waysTo(enforcement, workload, port)) {
    for (const chain of port.chain === 'auto' ? (['http', 'tcp'] as const) : [port.chain]) {
      const opening = openingOf(enforcement, workload, port, chain, way);
      if (opening.kind === 'open') return opening;
      if (held.kind === 'closed') held = opening;
    }
  }
  return held;
}

interface Way {
  readonly via?: Via;
  readonly waypoint?: Workload;
  readonly policies: EnvoyPolicies;
}

/** The pod itself, then its services where a waypoint stands in front of them. */
function waysTo(enforcement: Enforcement, workload: Workload, port: WorkloadPort): readonly Way[] {
  const direct: Way = { policies: enforcement.envoy(workload) };
  if (workload.dataPlane.kind !== 'ambient') return [direct];
  const vias = [...waysThrough(enforcement, port), ...divertedWays(enforcement, workload, port)];
  const through = vias.flatMap((via): readonly Way[] => {
    const waypoint = waypointOf(enforcement, via.service);
    return waypoint
      ? [
          {
            via,
            waypoint,
            policies: waypointPolicies(enforcement, { destination: { workload, port: port.port, via } }, waypoint),
          },
        ]
      : [];
  });
  return [direct, ...through];
}

function openingOf(
  enforcement: Enforcement,
  workload: Workload,
  port: WorkloadPort,
  chain: 'http' | 'tcp',
  way: Way,
): Opening {
  const { via, waypoint, policies } = way;
  const stranger = bearerOf(strangerOf(enforcement.configOf(workload).trustDomain.value));
  // Without an identity nobody gets to a waypoint.
  const sources: readonly Source[] = waypoint ? [stranger] : [ANONYMOUS, stranger];
  const held = policies[chain];
  // At ztunnel rules are read otherwise than this compiled form of them.
  if (workload.dataPlane.kind !== 'ambient' || waypoint) {
    const admits = admitsUnnamed(held, stranger.identity ?? strangerOf(''));
    if (!admits.stranger && !admits.anonymous) return CLOSED;
  }
  const attempts = chain === 'tcp' ? TCP_ATTEMPTS : httpAttempts(port, held.allow, workload);
  const question = { workload, port, chain, ...(via ? { via } : {}) };
  for (const attempt of attempts) {
    for (const source of sources) {
      const first = askAll(enforcement, { ...question, source }, attempt);
      if (!first) continue;
      return {
        kind: 'open',
        callers: source === ANONYMOUS ? 'anyone' : 'any-identity',
        chain,
        by: first.verdict.by,
        conditions: conditionsOf(held.allow, first.verdict.by),
        ...(attempt.part === undefined ? {} : { part: attempt.part }),
        ...(waypoint ? { through: waypoint } : {}),
        answer: first,
      };
    }
  }
  return heldOpening(enforcement, { ...question, source: stranger }, held, attempts[0]);
}

/** The first answer, if all requests of an attempt pass freely. */
function askAll(
  enforcement: Enforcement,
  question: Omit<Question, 'sample'>,
  { samples }: Attempt,
): Answer | undefined {
  let first: Answer | undefined;
  for (const sample of samples) {
    const answer = askFreely(enforcement, { ...question, sample });
    if (!answer) return undefined;
    first ??= answer;
  }
  return first;
}

/** Two addresses that have nothing in common, for policies on addresses. */
const ADDRESSES: readonly string[] = ['203.0.113.7', '10.244.7.9'];

/** The answer, if it is `allow` and asks nothing of the caller: no approval, no particular address. */
function askFreely(enforcement: Enforcement, question: Question): Answer | undefined {
  const answer = ask(enforcement, question);
  const { outcome, requires, assumes } = answer.verdict;
  if (outcome !== 'allow' || requires.some(({ kind }) => kind !== 'source-ip')) return undefined;
  if (requires.length === 0 && !assumes.some((text) => text.includes('address'))) return answer;
  const anywhere = ADDRESSES.every((address) => {
    const sample = { ...question.sample, sourceIp: address, remoteIp: address };
    const { verdict } = ask(enforcement, { ...question, sample });
    return verdict.outcome === 'allow' && verdict.requires.length === 0;
  });
  return anywhere ? { ...answer, verdict: { ...answer.verdict, requires: [] } } : undefined;
}

/** What stops, or has to approve, callers that the ALLOW policies by themselves would let in. */
function heldOpening(
  enforcement: Enforcement,
  question: Omit<Question, 'sample'>,
  chain: PolicyChain,
  attempt: Attempt | undefined,
): Opening {
  if (!attempt || chain.allow.length === 0) return CLOSED;
  const allowOnly: PolicyChain = { ...chain, custom: [], deny: [] };
  let openRule: By | null = null;
  const heldBy: By[] = [];
  for (const sample of attempt.samples) {
    const { workload, port, source, chain: type, via } = question;
    const query = queryOf(workload, port, source, sample, type === 'http');
    const path = query.http?.path;
    const view = via
      ? viewAtWaypoint({ ...query, destination: { ...query.destination, via } }, path)
      : viewAt(query, source.identity, path);
    const alone = decideChain(allowOnly, [], { view }, 'sidecar');
    if (alone.outcome !== 'allow' || alone.requires.length > 0 || !alone.by) return CLOSED;
    openRule ??= alone.by;
    const { verdict } = ask(enforcement, { ...question, sample });
    const stopped = verdict.trace.find(
      ({ stage, outcome }) => outcome === 'stop' && (stage === 'deny' || stage === 'custom'),
    );
    const by =
      stopped?.by ??
      verdict.requires
        .map((each) => (each.kind === 'ext-authz' ? each.by : undefined))
        .find((each) => each !== undefined);
    if (
      by &&
      !heldBy.some(({ kind, namespace, name }) => kind === by.kind && namespace === by.namespace && name === by.name)
    )
      heldBy.push(by);
  }
  return openRule && heldBy.length > 0 ? { kind: 'held', openRule, heldBy } : CLOSED;
}
