import type { Enforcement } from '../../semantics/enforcement.ts';
import type { DriftKind } from '../evidence.ts';
import type { ProbeAnswer } from './answer.ts';
import { type Comparison, compareAnswer } from './compare-answer.ts';

/** A probe that was answered, held against what the configuration says. */
export interface JudgedProbe extends Pick<Comparison, 'query' | 'ports' | 'verdict'> {
  readonly seen: ProbeAnswer;
  /** Absent: the configuration says the same, or leaves it open. */
  readonly contradiction?: { readonly kind: DriftKind; readonly what: string };
}

/** Undefined: the answer says nothing, or the configuration does not know where the request goes, which is then said in words. */
export function judgeProbe(enforcement: Enforcement, seen: ProbeAnswer): JudgedProbe | string | undefined {
  const { result, answer, by, why } = seen;
  if (answer === 'inconclusive') return undefined;
  if (holdsPlaceholder(seen)) return undefined;
  const compared = compareAnswer(enforcement, {
    request: result.request,
    answer,
    ...(by === undefined ? {} : { by }),
  });
  if (compared === undefined) return undefined;
  if ('error' in compared) return `${result.file}: probe \`${result.name}\`: ${compared.error}`;
  const { query, ports, verdict, kind } = compared;
  if (kind === undefined) return { seen, query, ports, verdict };
  const words =
    verdict.outcome === 'deny' ? `the configuration denies it (${verdict.reason})` : 'the configuration allows it';
  const what = `a probe from ${sourceOf(seen)} was ${answer}: ${why}; ${words}`;
  return { seen, query, ports, verdict, contradiction: { kind, what } };
}

const sourceOf = ({ result }: ProbeAnswer): string => `${result.request.from.workload ?? 'a pod'} (${result.pod})`;

/** The value of a header that holds credentials is not in the results, so that nothing can be decided for it. */
function holdsPlaceholder({ result }: ProbeAnswer): boolean {
  const { headers = [] } = result.request.http ?? {};
  const values = Array.isArray(headers) ? headers.map(([, value]) => value) : Object.values(headers);
  return values.some((value) => typeof value === 'string' && value.startsWith('$MESHPROOF_'));
}
