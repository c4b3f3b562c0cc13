import type { Finding } from '../result/types.ts';
import { severityRank } from './severity.ts';
import { compare } from './subjects.ts';

/** What orders findings of one severity. */
export interface Rank {
  /** How easily it is exploited, smallest first: entry, things required, breaches, evidence status. */
  readonly exploit: readonly number[];
  /** How many workloads (or objects) it affects. */
  readonly reached: number;
}

/** By severity, exploitability, blast radius, then id and fingerprint (method.md, A finding). */
export function orderFindings(findings: readonly Finding[], ranks: ReadonlyMap<string, Rank>): Finding[] {
  return findings.toSorted((a, b) => {
    const left = ranks.get(a.fingerprint);
    const right = ranks.get(b.fingerprint);
    return (
      severityRank(a.severity) - severityRank(b.severity) ||
      compareNumbers(left?.exploit ?? [], right?.exploit ?? []) ||
      (right?.reached ?? 0) - (left?.reached ?? 0) ||
      compare(a.id, b.id) ||
      compare(a.fingerprint, b.fingerprint)
    );
  });
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, position) => value !== b[position]);
  return index < 0 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}
