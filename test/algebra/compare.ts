import type { Workload } from '../../src/model/inventory/types.ts';
import { requestOf } from '../../src/graph/request-of.ts';
import type { Request } from '../../src/result/request.ts';
import { axisValuesOf } from './model-of-request.ts';
import type { RandomRequest } from './random-request.ts';
import { holds } from '../../src/semantics/algebra/solver.ts';
import { not, all, type Formula } from '../../src/semantics/algebra/formula.ts';
import { type Region, regionsOf } from '../../src/semantics/algebra/region.ts';
import { queryOfModel } from '../../src/semantics/algebra/witness.ts';
import { decide } from '../../src/semantics/decide.ts';
import type { Enforcement } from '../../src/semantics/enforcement.ts';
import type { Query } from '../../src/semantics/query.ts';

/** The query of a random request. */
export function queryOf(workload: Workload, request: RandomRequest): Query {
  const { port, connects, identity, http, claims, place, sni, ip, remoteIp } = request;
  return {
    client: 'attacker',
    source: {
      position: { kind: 'unstated' },
      identity: connects === 'mtls' ? identity : null,
      connects,
      ip,
      remoteIp,
    },
    destination: { workload, port },
    transport: 'TCP',
    ...(http ? { http } : {}),
    ...(claims ? { token: { claims, valid: true, ...(place ? { place } : {}) } } : {}),
    ...(sni === undefined ? {} : { sni }),
  };
}

/** What the algebra says of one request: is it in the set that passes? Undefined: the set and its reading under doubt disagree. */
export function isInReach(enforcement: Enforcement, query: Query): 'allow' | 'deny' | 'unknown' {
  const { workload, port } = query.destination;
  const found = workload.ports.find((candidate) => candidate.port === port);
  if (!found) throw new Error(`no port ${port}`);
  const isTcp = !query.http || (workload.dataPlane.kind === 'sidecar' && found.chain === 'tcp');
  const region = regionsOf(enforcement, workload, found).find(
    ({ transport, protocol }) => transport === query.source.connects && protocol === (isTcp ? 'tcp' : 'http'),
  );
  if (!region) return 'deny';
  const model = axisValuesOf(enforcement, query, region);
  if (!model) return 'deny';
  if (holds(region.passes, model)) return 'allow';
  return holds(region.mayPass, model) ? 'unknown' : 'deny';
}

export interface Disagreement {
  readonly expected: string;
  readonly says: string;
  readonly why: string;
  readonly request: Request;
}

/** Decides again every witness that the algebra gives: of what passes, and of what is refused. */
export function checkWitnesses(enforcement: Enforcement, workload: Workload): readonly Disagreement[] {
  const wrong: Disagreement[] = [];
  const check = (region: Region, formula: Formula, expected: 'allow' | 'deny'): void => {
    const model = region.solver.find(formula);
    if (!model) return;
    const query = queryOfModel({ region, formula, model });
    const { outcome, reason } = decide(enforcement, query);
    if (outcome !== expected) wrong.push({ expected, says: outcome, why: reason, request: requestOf(query) });
  };
  for (const port of workload.ports) {
    for (const region of regionsOf(enforcement, workload, port)) {
      check(region, region.passes, 'allow');
      const refused = not(region.mayPass);
      const authenticated = region.point?.kind === 'sidecar' ? region.point.sets.authenticated : undefined;
      check(region, authenticated ? all([authenticated, refused]) : refused, 'deny');
    }
  }
  return wrong;
}

/** A pair of rules of which the algebra says that one lies in the other, and a request that proves the contrary. */
export function findLostRequest(
  enforcement: Enforcement,
  workload: Workload,
  queries: readonly Query[],
): Request | undefined {
  for (const port of workload.ports) {
    for (const region of regionsOf(enforcement, workload, port)) {
      const { point } = region;
      if (!point) continue;
      const seen = queries
        .filter(({ destination, source }) => destination.port === port.port && source.connects === region.transport)
        .filter(({ http }) => (region.protocol === 'http') === (http !== undefined))
        .flatMap((query) => {
          const model = axisValuesOf(enforcement, query, region);
          return model ? [{ query, model }] : [];
        });
      const rules = [...point.sets.deny, ...point.sets.allow].map(({ matches }) => matches);
      for (const first of rules) {
        for (const second of rules) {
          const difference = all([first, not(second)]);
          const lost = seen.find(({ model }) => holds(difference, model));
          if (lost && region.solver.isEmpty(difference)) return requestOf(lost.query);
        }
      }
    }
  }
  return undefined;
}
