import type { Workload } from '../../model/inventory/types.ts';
import type { Request } from '../../result/request.ts';
import { decideLandings, mostPermissive } from '../../semantics/decide-request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Query } from '../../semantics/query.ts';
import type { Unresolved } from '../../semantics/resolve-request.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import type { DriftKind } from '../evidence.ts';

/** What the mesh answered to a request. */
export interface Answered {
  readonly request: Request;
  readonly answer: 'allowed' | 'denied';
  /** What refused it, as far as that showed: an authorization policy, the check of its token, or the connection itself. */
  readonly by?: 'policy' | 'token' | 'connection';
}

export interface Comparison {
  /** Where it arrives, by the configuration; the first, where a service has several workloads. */
  readonly query: Query;
  /** Every port that may have answered. */
  readonly ports: readonly { readonly workload: Workload; readonly port: number }[];
  readonly verdict: Verdict;
  /** What differs: the layer that answered, or the one that should have refused. Absent: the configuration says the same, or leaves it open. */
  readonly kind?: DriftKind;
}

/** An answer held against what the configuration says; undefined: it says nothing of where the request goes. */
export function compareAnswer(
  enforcement: Enforcement,
  { request, answer, by }: Answered,
): Comparison | Unresolved | undefined {
  const landings = decideLandings(enforcement, request);
  if ('error' in landings) return landings;
  const { query, verdict } = mostPermissive(landings);
  if (!query) return undefined;
  const compared = { query, ports: landings.flatMap((each) => (each.query ? [each.query.destination] : [])), verdict };
  const says = verdict.outcome === 'allow' ? 'allowed' : verdict.outcome === 'deny' ? 'denied' : answer;
  // A token that the configuration asks for was in the request, or the approval of an authorizer is its own: neither contradicts a refusal.
  const isOpen = says === 'allowed' && answer === 'denied' && verdict.requires.length > 0;
  return says === answer || isOpen ? compared : { ...compared, kind: kindOf(answer, by, verdict) };
}

function kindOf(answer: Answered['answer'], by: Answered['by'], verdict: Verdict): DriftKind {
  if (answer === 'denied') return by === 'token' ? 'tokens' : by === 'connection' ? 'mutual-tls' : 'policies';
  const stop = stopOf(verdict);
  return stop === 'transport' ? 'mutual-tls' : stop === 'jwt' ? 'tokens' : 'policies';
}

/** Where a verdict's request ends. */
export const stopOf = ({ trace }: Verdict): string | undefined =>
  trace.findLast(({ outcome }) => outcome === 'stop')?.stage;
