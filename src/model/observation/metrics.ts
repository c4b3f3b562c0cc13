import type { Seen } from './seen.ts';

/** The answer of Prometheus to one query: series of Istio's metrics, as what was counted in which time. */
export interface Metrics extends Seen {
  readonly kind: 'prometheus';
  /** The query, where the file says it. */
  readonly query?: string;
  /** The time that it covers; without `from`: counters of one moment, which tell nothing of when. */
  readonly window: { readonly from?: string; readonly to: string };
  readonly series: readonly MetricSeries[];
}

export interface MetricSeries {
  /** As Prometheus has them, `__name__` too where the query kept it. */
  readonly labels: Readonly<Record<string, string>>;
  /** Where something was counted, in order of time. */
  readonly counts: readonly Counted[];
}

export interface Counted {
  readonly count: number;
  /** Days in UTC, `2026-11-20`, on which it may have been counted; one: it was that day. Empty: not known. */
  readonly days: readonly string[];
}
