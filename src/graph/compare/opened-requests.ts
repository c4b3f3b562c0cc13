import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import { PEER, TOKEN } from '../../semantics/algebra/axes.ts';
import { all, any, EVERYTHING, type Formula, literal, NOTHING, not } from '../../semantics/algebra/formula.ts';
import type { Region } from '../../semantics/algebra/region.ts';
import { anything, literally } from '../../semantics/algebra/strings/glob.ts';
import { SearchLimit } from '../../semantics/algebra/strings/find-word.ts';
import { symbolicOf } from '../../semantics/algebra/symbolic.ts';
import { NO_TOKENS, type TokenSets } from '../../semantics/algebra/token-sets.ts';
import { tokensAsIn } from '../../semantics/algebra/tokens-as-in.ts';
import { queryOfModel } from '../../semantics/algebra/witness.ts';
import type { Position } from '../../semantics/attempt.ts';
import { decide } from '../../semantics/decide.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Query } from '../../semantics/query.ts';
import { strangerOf } from '../../semantics/stranger.ts';
import { queryOfWitness, waysTo } from '../reach/port-reach.ts';
import { type Sources, sourcesOf, type Witness } from '../reach/sources.ts';
import { requestOf } from '../request-of.ts';
import { isWider, type Opened, type Opener, type States } from './opened.ts';
import { pathSpellings } from './path-spellings.ts';
import { isSameConfig, isSameSet } from './same-way.ts';

/**
 * Requests to one port that its own enforcement points refused and now let pass: the difference of two sets, so that a rewrite that means the
 * same opens nothing. Confirmed by deciding a request of each difference in both states; where sets are wider than what passes, by deciding
 * one of each of their parts.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function openedRequests(
  states: States,
  earlier: Workload,
  later: Workload,
  port: WorkloadPort,
): readonly Opened[] {
  const before = waysTo(states.before, earlier, portOf(earlier, port));
  const isAlike = isSameConfig(states.before.configOf(earlier), states.after.configOf(later));
  const trusted = newlyTrusted(states);
  return waysTo(states.after, later, port).flatMap((region) => {
    const counterpart = counterpartOf(region, before);
    const isSame = isAlike && trusted === NOTHING && counterpart?.protocol === region.protocol;
    if (isSame && isSameSet(states, counterpart, region)) return [];
    const old = counterpart && inTokensOf(states.after, counterpart, region);
    const newly = (now: Formula, was: Formula = NOTHING): Formula => all([now, any([not(was), trusted])]);
    const sure = newly(region.passes, old?.passes);
    // What passed for certain or not at all, and now may.
    const difference = region.mayPass === region.passes ? sure : any([sure, newly(region.mayPass, old?.mayPass)]);
    if (readsPathsAlike(states, earlier, later) && isSurelyEmpty(region, difference)) return [];
    const opened: Region = { ...region, passes: difference, mayPass: difference };
    const { anonymous, stranger, named } = sourcesOf(states.after, opened);
    const confirm = (who: Opener, witness: Witness | undefined): readonly Opened[] => {
      const found = witness && confirmed(states, queryOfWitness(opened, witness), earlier, port);
      return found ? [{ workload: later, port: port.port, who, ...found }] : [];
    };
    const unnamed = [...confirm({ kind: 'anyone' }, anonymous), ...confirm({ kind: 'any-identity' }, stranger)];
    if (unnamed.length > 0) return unnamed;
    const found = named.flatMap((members) => confirmMember(states, opened, members, confirm));
    return found.length > 0 ? found : confirmOther(states, { opened, region, counterpart }, { earlier, later, port });
  });
}

/** The same way as it was; what takes HTTP now may have taken it for bytes. */
function counterpartOf(region: Region, before: readonly Region[]): Region | undefined {
  const same = (protocol: Region['protocol']): Region | undefined =>
    before.find((candidate) => candidate.protocol === protocol && isSameWay(candidate, region));
  return same(region.protocol) ?? (region.protocol === 'http' ? same('tcp') : undefined);
}

/** What passed, with tokens as the rules of today number them. */
function inTokensOf(after: Enforcement, old: Region, now: Region): Pick<Region, 'passes' | 'mayPass'> {
  const [own, other] = [tokensOf(old), tokensOf(now)];
  const { pool } = symbolicOf(after);
  const passes = tokensAsIn(pool, TOKEN, old.passes, own, other);
  return {
    passes,
    mayPass: old.mayPass === old.passes ? passes : tokensAsIn(pool, TOKEN, old.mayPass, own, other),
  };
}

const tokensOf = ({ point, protocol }: Region): TokenSets =>
  point && point.kind !== 'ztunnel' && protocol === 'http' ? point.sets.tokens : NO_TOKENS;

/** Identities that policies do not tell apart; NetworkPolicy may let one of them come and another one not. */
function confirmMember(
  { after }: States,
  opened: Region,
  { identities, witness }: Sources['named'][number],
  confirm: (who: Opener, witness: Witness) => readonly Opened[],
): readonly Opened[] {
  const who: Opener = { kind: 'identities', identities };
  const first = confirm(who, witness);
  if (first.length > 0 || after.network.namespaces.size === 0) return first;
  const { pool } = symbolicOf(after);
  for (const identity of identities.slice(1, MOST_MEMBERS)) {
    const source = literal(PEER, pool.exactly([identity]));
    const formula = all([opened.passes, source]);
    const model = opened.solver.find(formula);
    const found = model ? confirm(who, { source, formula, model }) : [];
    if (found.length > 0) return found;
  }
  return [];
}

/** More members of one class are not tried. */
const MOST_MEMBERS = 50;

interface Difference {
  readonly opened: Region;
  readonly region: Region;
  readonly counterpart: Region | undefined;
}

interface Place {
  readonly earlier: Workload;
  readonly later: Workload;
  readonly port: WorkloadPort;
}

/** Somebody that no workload of the input is: of another trust domain, or of a name that only a pattern knows; or what else is in a part. */
function confirmOther(
  states: States,
  { opened, region, counterpart }: Difference,
  { earlier, later, port }: Place,
): readonly Opened[] {
  if (!opened.solver.find(opened.passes) && readsPathsAlike(states, earlier, later)) return [];
  const stranger = strangerOf(states.after.configOf(later).trustDomain.value);
  const decided = new Set<string>();
  for (const query of candidates(states, { opened, region, counterpart }, { earlier, later, port })) {
    const key = JSON.stringify(requestOf(query));
    if (decided.has(key)) continue;
    decided.add(key);
    const found = confirmed(states, query, earlier, port);
    if (!found) continue;
    const { identity } = query.source;
    const who: Opener =
      identity === null
        ? { kind: 'anyone' }
        : identity === stranger
          ? { kind: 'any-identity' }
          : { kind: 'identities', identities: [identity] };
    return [{ workload: later, port: port.port, who, ...found }];
  }
  return [];
}

function* candidates(
  states: States,
  { opened, region, counterpart }: Difference,
  { earlier, later }: Place,
): Iterable<Query> {
  const parts = [EVERYTHING, ...partsOf(region, 'allow'), ...(counterpart ? partsOf(counterpart, 'deny') : [])];
  const queries = function* (set: Formula): Iterable<Query> {
    for (const part of parts) {
      const formula = all([set, part]);
      const model = opened.solver.find(formula);
      if (model) yield queryOfModel({ region, formula, model });
    }
  };
  yield* queries(opened.passes);
  if (readsPathsAlike(states, earlier, later)) return;
  // One path is another one to proxies that normalise otherwise: sets of paths cannot be compared.
  for (const query of queries(EVERYTHING)) {
    const { http } = query;
    if (http) for (const path of pathSpellings(http.path)) yield { ...query, http: { ...http, path } };
  }
}

const readsPathsAlike = ({ before, after }: States, earlier: Workload, later: Workload): boolean =>
  before.configOf(earlier).pathNormalization.value === after.configOf(later).pathNormalization.value;

/** What the rules of a point match, rule by rule. */
const partsOf = ({ point }: Region, action: 'allow' | 'deny'): readonly Formula[] =>
  point ? point.sets[action].map(({ matches }) => matches) : [];

/** The port as it was; one that nobody declared is served all the same, by its bytes. */
const portOf = ({ ports }: Workload, port: WorkloadPort): WorkloadPort =>
  ports.find((own) => own.port === port.port && own.transport === port.transport) ?? {
    ...port,
    chain: 'auto',
    protocol: 'auto',
    services: [],
  };

const isSameWay = (a: Region, b: Region): boolean =>
  a.transport === b.transport &&
  a.destination.via?.service.id === b.destination.via?.service.id &&
  a.destination.via?.port.port === b.destination.via?.port.port;

/** Whether nothing is in a set: then nobody has to be asked about it. False also where the search was given up. */
function isSurelyEmpty({ solver }: Region, formula: Formula): boolean {
  try {
    return solver.isEmpty(formula);
  } catch (error) {
    if (error instanceof SearchLimit) return false;
    throw error;
  }
}

/** Identities of trust domains whose certificates were refused before. */
function newlyTrusted({ before, after }: States): Formula {
  const old = new Set(before.trustedDomains(before.mesh.config));
  const added = after.trustedDomains(after.mesh.config).filter((trustDomain) => !old.has(trustDomain));
  if (added.length === 0) return NOTHING;
  const { pool } = symbolicOf(after);
  const set = pool.words(`of ${added.join()}`, 'as-is', () =>
    added.map((trustDomain) => [...literally(`${trustDomain}/`), ...anything()]),
  );
  return literal(PEER, set);
}

type Confirmed = Pick<Opened, 'witness' | 'verdict' | 'was'>;

/** The witness from a place that NetworkPolicy lets it come from, refused before. */
function confirmed(
  { before, after }: States,
  found: Query,
  earlier: Workload,
  port: WorkloadPort,
): Confirmed | undefined {
  const query = { ...found, transport: port.transport };
  const verdict = decide(after, query);
  if (verdict.outcome === 'deny' || !hasPlace(after, query)) return undefined;
  const { via } = query.destination;
  const service = via && before.mesh.serviceById.get(via.service.id);
  const oldPort = service?.ports.find((own) => own.port === via?.port.port);
  const was = decide(before, {
    ...query,
    destination: {
      workload: earlier,
      port: port.port,
      ...(query.destination.ip === undefined ? {} : { ip: query.destination.ip }),
      ...(service && oldPort ? { via: { service, port: oldPort } } : {}),
    },
  });
  if (!isWider(was, verdict)) return undefined;
  return { witness: requestOf(query), verdict, was: { by: was.by, reason: was.reason } };
}

/** Whether NetworkPolicy lets anybody who could send it: a holder of the identity, or any pod. */
function hasPlace(enforcement: Enforcement, query: Query): boolean {
  const { mesh, network } = enforcement;
  if (mesh.cni === 'ignores-network-policy' || network.namespaces.size === 0) return true;
  const { identity } = query.source;
  const holders = identity === null ? undefined : mesh.identities.get(identity);
  const passes = (position: Position): boolean =>
    decide(enforcement, { ...query, source: { ...query.source, position }, at: 'network-policy' }).outcome !== 'deny';
  if (!holders && passes({ kind: 'pod-outside-mesh' })) return true;
  return (holders ?? mesh.workloads).some((workload) => passes({ kind: 'workload', workload }));
}
