import type { Workload } from '../../model/inventory/types.ts';
import { decideLandings, mostPermissive } from '../../semantics/decide-request.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Query } from '../../semantics/query.ts';
import type { Verdict } from '../../semantics/verdict.ts';
import type { DriftKind } from '../evidence.ts';
import type { ProbeAnswer } from './answer.ts';

/** A probe that was answered, held against what the configuration says. */
export interface JudgedProbe {
  readonly seen: ProbeAnswer;
  /** Where it arrives, by the configuration; the first, where a service has several workloads. */
  readonly query: Query;
  /** Every port that may have answered. */
  readonly ports: readonly { readonly workload: Workload; readonly port: number }[];
  readonly verdict: Verdict;
  /** Absent: the configuration says the same, or leaves it open. */
  readonly contradiction?: { readonly kind: DriftKind; readonly what: string };
}

/** Undefined: the answer says nothing, or the configuration does not know where the request goes, which is then said in words. */
export function judgeProbe(enforcement: Enforcement, seen: ProbeAnswer): JudgedProbe | string | undefined {
  const { result, answer, why } = seen;
  if (answer === 'inconclusive') return undefined;
  if (holdsPlaceholder(seen)) return undefined;
  const landings = decideLandings(enforcement, result.request);
  if ('error' in landings) return `${result.file}: probe \`${result.name}\`: ${landings.error}`;
  const decisive = mostPermissive(landings);
  const ports = landings.flatMap(({ query }) => (query ? [query.destination] : []));
  const { query } = decisive;
  if (!query) return undefined;
  const { verdict } = decisive;
  const says = verdict.outcome === 'allow' ? 'allowed' : verdict.outcome === 'deny' ? 'denied' : answer;
  // A token that the configuration asks for was in the request, or the approval of an authorizer is its own: neither contradicts a refusal.
  const isOpen = says === 'allowed' && answer === 'denied' && verdict.requires.length > 0;
  if (says === answer || isOpen) return { seen, query, ports, verdict };
  const words = says === 'allowed' ? 'the configuration allows it' : `the configuration denies it (${verdict.reason})`;
  const what = `a probe from ${sourceOf(seen)} was ${answer}: ${why}; ${words}`;
  return { seen, query, ports, verdict, contradiction: { kind: kindOf(seen, verdict), what } };
}

const sourceOf = ({ result }: ProbeAnswer): string => `${result.request.from.workload ?? 'a pod'} (${result.pod})`;

/** The value of a header that holds credentials is not in the results, so that nothing can be decided for it. */
function holdsPlaceholder({ result }: ProbeAnswer): boolean {
  const { headers = [] } = result.request.http ?? {};
  const values = Array.isArray(headers) ? headers.map(([, value]) => value) : Object.values(headers);
  return values.some((value) => typeof value === 'string' && value.startsWith('$MESHPROOF_'));
}

/** What differs: the layer that answered, or the one that should have refused. */
function kindOf({ answer, by }: ProbeAnswer, verdict: Verdict): DriftKind {
  if (answer === 'denied') return by === 'token' ? 'tokens' : by === 'connection' ? 'mutual-tls' : 'policies';
  const stop = stopOf(verdict);
  return stop === 'transport' ? 'mutual-tls' : stop === 'jwt' ? 'tokens' : 'policies';
}

/** Where a verdict's request ends. */
export const stopOf = ({ trace }: Verdict): string | undefined =>
  trace.findLast(({ outcome }) => outcome === 'stop')?.stage;
