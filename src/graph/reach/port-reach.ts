import type { Principal, Workload, WorkloadPort } from '../../model/inventory/types.ts';
import { byOf, objectOf } from '../../model/by.ts';
import type { By } from '../../result/location.ts';
import type { Request } from '../../result/request.ts';
import { basisOf, type Region, regionsOf, regionsThrough } from '../../semantics/algebra/region.ts';
import { queryOfModel } from '../../semantics/algebra/witness.ts';
import { decide } from '../../semantics/decide.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Query, Source } from '../../semantics/query.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import { addressesFrom } from '../across-networks.ts';
import { divertedWays } from '../diverted-ways.ts';
import { requestOf } from '../request-of.ts';
import { waysThrough } from '../ways-through.ts';
import { type Operation, operationsOf } from './operations.ts';
import { byFirstName, RenamedSources, type Sources, sourcesOf, type Witness } from './sources.ts';

/** Callers that are alike to a port, and what they may send to it. */
export interface SourceReach {
  readonly who:
    | { readonly kind: 'anyone' }
    | { readonly kind: 'any-identity'; readonly except: readonly Principal[] }
    | { readonly kind: 'identities'; readonly identities: readonly Principal[] };
  readonly protocol: 'http' | 'tcp';
  /** Through the waypoint of this service; absent: the pod itself. */
  readonly through?: string;
  readonly operations: readonly Operation[];
  readonly witness: Request;
  readonly verdict: Verdict;
}

/** All ways to a port: the pod itself, and the services that have a waypoint in front of it. */
export function waysTo(enforcement: Enforcement, workload: Workload, port: WorkloadPort): readonly Region[] {
  return knownWays(enforcement, workload, port).all;
}

/** The same without ways that differ in nothing but the bytes that are sent, where nothing looks at these: ztunnel, or no proxy at all. */
export function distinctWays(enforcement: Enforcement, workload: Workload, port: WorkloadPort): readonly Region[] {
  return knownWays(enforcement, workload, port).distinct;
}

interface Ways {
  readonly workload: Workload;
  readonly all: readonly Region[];
  readonly distinct: readonly Region[];
}

const WAYS = new WeakMap<Enforcement, Map<WorkloadPort, Ways>>();

/** Remembered: every rule asks about every port. */
function knownWays(enforcement: Enforcement, workload: Workload, port: WorkloadPort): Ways {
  let byPort = WAYS.get(enforcement);
  if (!byPort) {
    byPort = new Map();
    WAYS.set(enforcement, byPort);
  }
  let ways = byPort.get(port);
  if (ways?.workload !== workload) {
    const all = findWays(enforcement, workload, port);
    ways = { workload, all, distinct: all.filter((way, i) => all.findIndex((other) => isSameWay(other, way)) === i) };
    byPort.set(port, ways);
  }
  return ways;
}

const isSameWay = (a: Region, b: Region): boolean =>
  a.transport === b.transport && a.destination.via === b.destination.via && basisOf(a) === basisOf(b);

function findWays(enforcement: Enforcement, workload: Workload, port: WorkloadPort): readonly Region[] {
  const direct = regionsOf(enforcement, workload, port);
  if (workload.dataPlane.kind !== 'ambient') return direct;
  return [
    ...direct,
    ...[...waysThrough(enforcement, port), ...divertedWays(enforcement, workload, port)].flatMap((via) =>
      regionsThrough(enforcement, workload, port, via),
    ),
  ];
}

/** The request of a witness. Its set is looked at only where that takes more than the values found. */
export function queryOfWitness(region: Region, witness: Witness): Query {
  return queryOfModel({
    region,
    model: witness.model,
    get formula() {
      return witness.formula;
    },
  });
}

/** A witness decided from some place; undefined where it is refused after all. */
export function decideWitness(
  enforcement: Enforcement,
  region: Region,
  witness: Witness,
  port: Pick<WorkloadPort, 'transport'>,
  source: Partial<Source> = {},
): Decided | undefined {
  return decideFrom(enforcement, queryOfWitness(region, witness), port, source);
}

interface Decided {
  readonly request: Request;
  readonly verdict: Verdict;
}

/** The same for a witness that was already put as a query. */
export function decideFrom(
  enforcement: Enforcement,
  found: Query,
  port: Pick<WorkloadPort, 'transport'>,
  source: Partial<Source>,
): Decided | undefined {
  const sent = { ...found, source: { ...found.source, ...source }, transport: port.transport };
  for (const destination of addressesFrom(enforcement, sent.source.position, sent.destination)) {
    const query = { ...sent, destination };
    const verdict = decide(enforcement, query);
    if (verdict.outcome !== 'deny') return { request: requestOf(query), verdict };
  }
  return undefined;
}

/** Callers that are alike in one way to a port, and what they may send in it; nothing of it was decided yet. */
export interface SourceSet {
  readonly who: SourceReach['who'];
  readonly operations: readonly Operation[];
  readonly witness: Witness;
}

/** What one way to a port lets through, worked out once for all ports whose policies are the same. */
export function sourceSets(enforcement: Enforcement, region: Region): readonly SourceSet[] {
  const sources = sourcesOf(enforcement, region);
  let sets = SETS.get(sources);
  if (!sets) {
    sets = sources instanceof RenamedSources ? renameSets(enforcement, sources) : findSets(region, sources);
    SETS.set(sources, sets);
  }
  return sets;
}

const SETS = new WeakMap<Sources, readonly SourceSet[]>();

function findSets(region: Region, { anonymous, stranger, named, refused }: Sources): readonly SourceSet[] {
  const set = (who: SourceReach['who'], witness: Witness): SourceSet => {
    return { who, operations: operationsOf(region, witness.source), witness };
  };
  return [
    ...(anonymous ? [set({ kind: 'anyone' }, anonymous)] : []),
    ...(stranger ? [set({ kind: 'any-identity', except: refused }, stranger)] : []),
    ...named
      .filter(({ witness }) => !stranger || differs(region, stranger, witness))
      .map(({ identities, witness }) => set({ kind: 'identities', identities }, witness)),
  ];
}

/** The sets of the first way of a shape, told with the names and the policies of another. */
function renameSets(enforcement: Enforcement, sources: RenamedSources): readonly SourceSet[] {
  const { first, anonymous, stranger } = sources;
  const own = (by: By): By => renameBy(by, sources);
  const operation = ({ what, by, except, asks }: Operation): Operation => {
    return { what, by: by && own(by), except: except.map(own), asks: asks.map(own) };
  };
  const unnamed: SourceSet[] = [];
  const named: (SourceSet & { readonly identities: readonly Principal[] })[] = [];
  for (const { who, witness, operations } of sourceSets(enforcement, first.region)) {
    const renamed = operations.map(operation);
    switch (who.kind) {
      case 'anyone':
        unnamed.push({ who, witness: anonymous ?? witness, operations: renamed });
        break;
      case 'any-identity': {
        const except = sources.renameAll(who.except);
        unnamed.push({ who: { ...who, except }, witness: stranger ?? witness, operations: renamed });
        break;
      }
      case 'identities': {
        const at = first.sources.named.findIndex((each) => each.witness === witness);
        const { identities, witness: found } = sources.classes[at] ?? { identities: who.identities, witness };
        named.push({ who: { ...who, identities }, witness: found, operations: renamed, identities });
        break;
      }
    }
  }
  const sorted = named.sort(byFirstName).map(({ who, witness, operations }) => ({ who, witness, operations }));
  return [...unnamed, ...sorted];
}

/** The rule at the same place of the policy at the same place. */
function renameBy(by: By, sources: RenamedSources): By {
  const { resource = by, path } = objectOf(by) ?? {};
  return byOf(sources.renamePolicy(resource), {
    ...(by.rule === undefined ? {} : { rule: by.rule }),
    ...(path ? { path } : {}),
  });
}

/** The sets of one way with their witnesses decided; what is refused after all is left out. */
export function decideSets(
  enforcement: Enforcement,
  region: Region,
  sets: readonly SourceSet[],
  port: Pick<WorkloadPort, 'transport'>,
): readonly SourceReach[] {
  const { protocol } = region;
  const through = throughOf(region);
  return sets.flatMap(({ who, operations, witness }): readonly SourceReach[] => {
    const decided = decideWitness(enforcement, region, witness, port);
    if (!decided) return [];
    const { request, verdict } = decided;
    return [{ who, protocol, ...(through === undefined ? {} : { through }), operations, witness: request, verdict }];
  });
}

/** The service whose waypoint a way goes through, and its port. */
export function throughOf({ destination: { via } }: Region): string | undefined {
  return via && `${via.service.id}:${via.port.port}`;
}

/**
 * Who may send what to a port, NetworkPolicy aside: sets of callers with what the rules let each of them send. Every set holds a witness that
 * was decided.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function portReach(enforcement: Enforcement, workload: Workload, port: WorkloadPort): readonly SourceReach[] {
  return distinctWays(enforcement, workload, port).flatMap((region) =>
    decideSets(enforcement, region, sourceSets(enforcement, region), port),
  );
}

/** Whether a named class may send something that any identity may not, or the reverse. */
function differs(region: Region, a: Witness, b: Witness): boolean {
  const text = ({ source }: Witness): string =>
    JSON.stringify(
      operationsOf(region, source).map(({ what, by, except }) => [what, by?.name, by?.rule, except.length]),
    );
  return text(a) !== text(b);
}
