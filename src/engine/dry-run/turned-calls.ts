import { waysTo } from '../../graph/reach/port-reach.ts';
import { requestOf } from '../../graph/request-of.ts';
import type { Principal, Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { Request } from '../../result/request.ts';
import { METHOD, PATH, PEER } from '../../semantics/algebra/axes.ts';
import { all, type Formula, literal, not } from '../../semantics/algebra/formula.ts';
import type { Region } from '../../semantics/algebra/region.ts';
import { symbolicOf } from '../../semantics/algebra/symbolic.ts';
import { queryOfModel } from '../../semantics/algebra/witness.ts';
import { decide } from '../../semantics/decide.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Verdict } from '../../semantics/verdict.ts';

/** What telemetry tells of calls; what it does not tell (tokens, headers, addresses) may be anything. */
export interface KnownOfCall {
  readonly to: Workload;
  readonly port: WorkloadPort;
  /** Null: no identity. */
  readonly peer: Principal | null;
  readonly protocol: 'http' | 'tcp';
  readonly operation?: { readonly method: string; readonly path: string };
  /** The service through whose waypoint they come. */
  readonly through?: string;
}

/** What becomes of the calls that pass today. */
export type Turned =
  | { readonly kind: 'kept' }
  /** All, or some: then it depends on what telemetry does not tell. */
  | { readonly kind: 'denied' | 'depends'; readonly witness: Request; readonly verdict: Verdict }
  /** The sets say that some are refused, and no request of them could be confirmed. */
  | { readonly kind: 'unsure' }
  /** The model lets none of them pass today, and yet they were seen. */
  | { readonly kind: 'refused-today' };

/**
 * Which of these calls pass before and not after: as a difference of sets, so that no request is overlooked, and confirmed by deciding one of
 * it in both states.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function turnedCalls(before: Enforcement, after: Enforcement, call: KnownOfCall): Turned {
  const wanted = (region: Region): boolean =>
    region.transport === (call.peer === null ? 'plaintext' : 'mtls') &&
    region.protocol === call.protocol &&
    region.destination.via?.service.id === call.through;
  const earlier = waysTo(before, call.to, call.port).filter(wanted);
  const later = waysTo(after, call.to, call.port).filter(wanted);
  let passes = false;
  let keeps = false;
  let unsure = false;
  let turned: Extract<Turned, { kind: 'denied' | 'depends' }> | undefined;
  for (const [index, region] of earlier.entries()) {
    const now = later[index];
    const known = knownAxes(before, call);
    if (!region.solver.find(all([region.passes, ...known]))) continue;
    passes = true;
    if (now && region.solver.find(all([region.passes, now.passes, ...known]))) keeps = true;
    const refused = all([region.passes, ...(now ? [not(now.passes)] : []), ...known]);
    if (!region.solver.find(refused)) continue;
    const found = witnessOf(before, after, region, refused);
    turned ??= found;
    unsure ||= found === undefined;
  }
  if (!passes) return { kind: 'refused-today' };
  if (!turned) return unsure ? { kind: 'unsure' } : { kind: 'kept' };
  return { ...turned, kind: keeps ? 'depends' : 'denied' };
}

function witnessOf(
  before: Enforcement,
  after: Enforcement,
  region: Region,
  formula: Formula,
): Extract<Turned, { kind: 'denied' | 'depends' }> | undefined {
  const model = region.solver.find(formula);
  if (!model) return undefined;
  const query = queryOfModel({ region, formula, model });
  const verdict = decide(after, query);
  if (verdict.outcome === 'allow' || decide(before, query).outcome !== 'allow') return undefined;
  return { kind: 'denied', witness: requestOf(query), verdict };
}

function knownAxes(enforcement: Enforcement, { peer, operation }: KnownOfCall): readonly Formula[] {
  const { pool } = symbolicOf(enforcement);
  return [
    ...(peer === null ? [] : [literal(PEER, pool.exactly([peer]))]),
    ...(operation
      ? [literal(METHOD, pool.exactly([operation.method])), literal(PATH, pool.exactly([operation.path]))]
      : []),
  ];
}
