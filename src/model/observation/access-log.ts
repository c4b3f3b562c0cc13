import type { Seen } from './seen.ts';
import type { SeenRequest } from './seen-request.ts';

/** Lines of access logs, alike ones together. Query strings are left out: they may hold credentials. */
export interface AccessLog extends Seen {
  readonly kind: 'access-log';
  readonly lines: number;
  /** Times of the first and the last line that tells one. */
  readonly window?: { readonly from: string; readonly to: string };
  readonly requests: readonly LoggedRequest[];
  /** What shadow rules of dry-run policies said, by Envoy's own debug log or fields of a log format. */
  readonly shadows: readonly ShadowResult[];
}

export interface LoggedRequest {
  readonly seen: SeenRequest;
  /** Of the first such line. */
  readonly line: number;
  readonly count: number;
  /** In UTC, sorted. */
  readonly days: readonly string[];
}

export interface ShadowResult {
  readonly result: 'allowed' | 'denied';
  /** Absent: the log names none, as where no rule of a shadow ALLOW matched. */
  readonly policy?: { readonly namespace: string; readonly name: string };
  readonly count: number;
}
