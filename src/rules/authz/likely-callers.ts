import { strangerOf } from '../../semantics/stranger.ts';
import { ANONYMOUS, bearerOf } from '../../graph/ask.ts';
import { type Via, waysThrough } from '../../graph/ways-through.ts';
import type { PortFacts } from '../../graph/facts.ts';
import { waypointOf, waypointPolicies } from '../../semantics/ambient/waypoint.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Source } from '../../semantics/query.ts';
import { samplesOf } from '../../semantics/sample.ts';
import { callersLike } from './http-deny-probe.ts';

/** A way to a port, with callers that have a chance to be let in on it: those without a name first. */
export interface LikelyCallers {
  readonly via?: Via;
  readonly sources: readonly Source[];
  /** ALLOW policies decide there already. */
  readonly hasAllow: boolean;
}

const NAMED = 4;

/** The pod itself, then its services where a waypoint stands in front of them. A waypoint is no caller of its own accord. */
export function likelyCallers(enforcement: Enforcement, facts: PortFacts): readonly LikelyCallers[] {
  const { workload, port } = facts;
  const stranger = bearerOf(strangerOf(enforcement.configOf(workload).trustDomain.value));
  const { kind } = workload.dataPlane;
  if (kind === 'gateway') {
    return [{ sources: [ANONYMOUS, stranger], hasAllow: enforcement.envoy(workload).http.allow.length > 0 }];
  }
  const { plaintext, anyIdentity, identities } = facts.access;
  const named = [...identities.keys()].filter((identity) => !isWaypoint(enforcement, identity)).slice(0, NAMED);
  const sources = [...(plaintext ? [ANONYMOUS] : []), ...(anyIdentity ? [stranger] : []), ...named.map(bearerOf)];
  const allow = kind === 'ambient' ? enforcement.ztunnel(workload).allow : enforcement.envoy(workload).http.allow;
  const direct: LikelyCallers = { sources, hasAllow: allow.length > 0 };
  if (kind !== 'ambient') return [direct];
  const through = waysThrough(enforcement, port).flatMap((via): readonly LikelyCallers[] => {
    const waypoint = waypointOf(enforcement, via.service);
    if (!waypoint) return [];
    const { http } = waypointPolicies(enforcement, { destination: { workload, port: port.port, via } }, waypoint);
    const samples = http.allow
      .flatMap(({ rules }) => rules)
      .flatMap(samplesOf)
      .filter(({ peer }) => peer);
    const peers = samples.flatMap((sample) => callersLike(enforcement, workload, sample)).slice(0, NAMED);
    return [{ via, sources: [stranger, ...peers], hasAllow: http.allow.length > 0 }];
  });
  return [direct, ...through];
}

function isWaypoint({ mesh }: Enforcement, identity: NonNullable<Source['identity']>): boolean {
  return mesh.identities.get(identity)?.every(({ gateway }) => gateway?.kind === 'waypoint') ?? false;
}
