import type { Principal, Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { Request } from '../../result/request.ts';
import { type Region, regionsOf, regionsThrough } from '../../semantics/algebra/region.ts';
import { queryOfModel } from '../../semantics/algebra/witness.ts';
import { decide } from '../../semantics/decide.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Source } from '../../semantics/query.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import { requestOf } from '../request-of.ts';
import { waysThrough } from '../ways-through.ts';
import { type Operation, operationsOf } from './operations.ts';
import { sourcesOf, type Witness } from './sources.ts';

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
  const direct = regionsOf(enforcement, workload, port);
  if (workload.dataPlane.kind !== 'ambient') return direct;
  return [
    ...direct,
    ...waysThrough(enforcement, port).flatMap((via) => regionsThrough(enforcement, workload, port, via)),
  ];
}

/** The same without ways that differ in nothing but the bytes that are sent, where nothing looks at these: ztunnel, or no proxy at all. */
export function distinctWays(enforcement: Enforcement, workload: Workload, port: WorkloadPort): readonly Region[] {
  const ways = waysTo(enforcement, workload, port);
  return ways.filter(
    ({ mayPass, transport, destination: { via } }, i) =>
      !ways
        .slice(0, i)
        .some((other) => other.mayPass === mayPass && other.transport === transport && other.destination.via === via),
  );
}

/** A witness decided from some place; undefined where it is refused after all. */
export function decideWitness(
  enforcement: Enforcement,
  region: Region,
  witness: Witness,
  port: Pick<WorkloadPort, 'transport'>,
  source: Partial<Source> = {},
): { readonly request: Request; readonly verdict: Verdict } | undefined {
  const found = queryOfModel({ region, ...witness }, source.position);
  const query = { ...found, source: { ...found.source, ...source }, transport: port.transport };
  const verdict = decide(enforcement, query);
  return verdict.outcome === 'deny' ? undefined : { request: requestOf(query), verdict };
}

/**
 * Who may send what to a port, NetworkPolicy aside: sets of callers with what the rules let each of them send. Every set holds a witness that
 * was decided.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function portReach(enforcement: Enforcement, workload: Workload, port: WorkloadPort): readonly SourceReach[] {
  return distinctWays(enforcement, workload, port).flatMap((region) => {
    const { via } = region.destination;
    const shared = {
      protocol: region.protocol,
      ...(via ? { through: `${via.service.id}:${via.port.port}` } : {}),
    };
    const reach = (who: SourceReach['who'], witness: Witness | undefined): readonly SourceReach[] => {
      const decided = witness && decideWitness(enforcement, region, witness, port);
      if (!witness || !decided) return [];
      const { request, verdict } = decided;
      return [{ who, ...shared, operations: operationsOf(region, witness.source), witness: request, verdict }];
    };
    const { anonymous, stranger, named, refused } = sourcesOf(enforcement, region);
    return [
      ...reach({ kind: 'anyone' }, anonymous),
      ...reach({ kind: 'any-identity', except: stranger ? refused : [] }, stranger),
      ...named
        .filter(({ witness }) => !stranger || differs(region, stranger, witness))
        .flatMap(({ identities, witness }) => reach({ kind: 'identities', identities }, witness)),
    ];
  });
}

/** Whether a named class may send something that any identity may not, or the reverse. */
function differs(region: Region, a: Witness, b: Witness): boolean {
  const text = ({ source }: Witness): string =>
    JSON.stringify(
      operationsOf(region, source).map(({ what, by, except }) => [what, by?.name, by?.rule, except.length]),
    );
  return text(a) !== text(b);
}
