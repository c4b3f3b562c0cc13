import type { Entrance } from '../../graph/facts.ts';
import type { Operation } from '../../graph/reach/operations.ts';
import type { SourceReach } from '../../graph/reach/port-reach.ts';
import type { RouteReach } from '../../graph/reach/route-reach.ts';
import type { Reached } from '../../graph/reach/reach-from.ts';
import type { Mesh } from '../../model/inventory/types.ts';
import type { Reach } from '../../result/reach.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import { describeRequirement } from '../describe-requirement.ts';

type Destination = NonNullable<Reach['to']>[number];
type SourceResult = Destination['sources'][number];
type Decided = Pick<SourceResult, 'verdict' | 'requires' | 'assumes'>;

/** A set of callers as the result shows it. */
export function sourceResult(
  mesh: Mesh,
  { who, protocol, through, operations, witness, verdict }: SourceReach,
): SourceResult {
  return {
    who: who.kind,
    ...(who.kind === 'identities'
      ? {
          identities: who.identities.map((principal) => ({
            principal,
            workloads: (mesh.identities.get(principal) ?? []).map(({ id }) => id),
          })),
        }
      : {}),
    ...(who.kind === 'any-identity' && who.except.length > 0 ? { except: [...who.except] } : {}),
    protocol,
    ...(through === undefined ? {} : { through }),
    may: operations.map(operationResult),
    ...decidedResult(verdict),
    witness,
  };
}

export function reachedResult({ workload, port, as, protocol, through, operations, witness, verdict }: Reached) {
  return {
    workload: workload.id,
    port: port.port,
    as,
    protocol,
    ...(through === undefined ? {} : { through }),
    may: operations.map(operationResult),
    ...decidedResult(verdict),
    witness,
  };
}

export function entranceResult(
  { entry, gateway, why, request, verdict }: Entrance,
  set: RouteReach | undefined,
): Destination['entrances'][number] {
  return {
    from: entry,
    ...(gateway ? { gateway: gateway.id } : {}),
    why,
    ...(set
      ? {
          set: {
            hosts: [...set.hosts],
            takes: set.takes,
            atGateway: set.atGateway.map(operationResult),
            may: set.may.map(operationResult),
          },
        }
      : {}),
    ...decidedResult(verdict),
    witness: request,
  };
}

export const operationResult = ({ what, by, except, asks }: Operation): SourceResult['may'][number] => ({
  what,
  by,
  except: [...except],
  asks: [...asks],
});

export function decidedResult({ outcome, requires, assumes }: Verdict): Decided {
  return {
    verdict: outcome === 'allow' ? 'allow' : 'unknown',
    requires: requires.map((requirement) => ({
      kind: requirement.kind,
      text: describeRequirement(requirement),
      ...('by' in requirement && requirement.by ? { by: requirement.by } : {}),
    })),
    assumes: [...new Set(assumes)],
  };
}
