import type { Seen } from './seen.ts';

/** What istiod says its proxies have taken: `/debug/syncz`. */
export interface SyncStatus extends Seen {
  readonly kind: 'istiod-syncz';
  readonly proxies: readonly SyncedProxy[];
}

export interface SyncedProxy {
  readonly pod: string;
  readonly namespace: string;
  readonly istioVersion?: string;
  /** The push whose listeners it has taken last, `2026-11-23T20:38:58Z/3`; absent: none. */
  readonly listeners?: string;
  /** What it was sent and has not answered, in istiod's words for the kinds: `listener`. Those that it refused are not among them. */
  readonly unanswered: readonly string[];
  /** What a sidecar was never sent, and cannot be without. */
  readonly unsent: readonly string[];
  /** Why it did not take what it was sent, in its own words. */
  readonly errors: readonly string[];
}
