import type { Workload } from '../model/inventory/types.ts';
import type { Formula } from '../semantics/algebra/formula.ts';
import { routePlaces } from '../semantics/algebra/routes/route-places.ts';
import { type WayIn, waysBy } from '../semantics/algebra/routes/way-in.ts';
import { queryOfWay } from '../semantics/algebra/routes/way-query.ts';
import type { Position } from '../semantics/attempt.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import type { Query } from '../semantics/query.ts';
import type { Verdict } from '../semantics/verdict.ts';
import { decideWay } from './decide-way.ts';

/** All sets of requests by which gateways lead to a port, one per route, virtual host and kind of connection. */
export const waysIn = (enforcement: Enforcement, workload: Workload, port: number): readonly WayIn[] =>
  routePlaces(enforcement)
    .along(workload, port)
    .flatMap(([place, ...further]) => waysBy(enforcement, place, further));

export interface FoundRequest {
  readonly query: Query;
  readonly verdict: Verdict;
}

/** What a part of a way comes to. */
export type WayAnswer =
  /** No request is in it. */
  | { readonly kind: 'empty' }
  /** This one is, decided. */
  | ({ readonly kind: 'found' } & FoundRequest)
  /** One may be, and what was found is refused. */
  | { readonly kind: 'open'; readonly why: string };

/**
 * A request of a way that also lies in another set, decided; where the way is not exact, first of what passes for certain.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function findOnWay(
  enforcement: Enforcement,
  way: WayIn,
  within: (set: Formula) => Formula = (set) => set,
  position: Position = { kind: 'internet' },
): WayAnswer {
  const { workload, port } = way.endpoint;
  let refused: Verdict | undefined;
  for (const set of way.passes === way.mayPass ? [way.passes] : [way.passes, way.mayPass]) {
    const formula = within(set);
    const model = way.solver.find(formula);
    if (!model) continue;
    const sent = queryOfWay(way, formula, model);
    const query = { ...sent, source: { ...sent.source, position } };
    const verdict = decideWay(enforcement, query, workload, port);
    if (verdict.outcome !== 'deny') return { kind: 'found', query, verdict };
    refused = verdict;
  }
  if (!refused) return { kind: 'empty' };
  return { kind: 'open', why: way.doubts.length > 0 ? way.doubts.join('; ') : refused.reason };
}
