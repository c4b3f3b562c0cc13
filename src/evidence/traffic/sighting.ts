import type { Caller, SeenOperation, SeenFlow, Security } from './traffic-seen.ts';
import type { Workload } from '../../model/inventory/types.ts';

/** One series or log entry, with names of the mesh: what flows are made of. */
export interface Sighting {
  readonly from: Caller;
  readonly to: Workload;
  readonly ports: readonly number[];
  readonly service?: string;
  readonly protocol: SeenFlow['protocol'];
  readonly security: Security;
  readonly reporter: SeenFlow['reporter'];
  readonly outcome: 'passed' | 'refused' | 'failed';
  readonly code: string;
  readonly count: number;
  readonly days: readonly string[];
  readonly file: string;
  /** Of logs. */
  readonly operation?: Pick<SeenOperation, 'method' | 'path' | 'host' | 'port' | 'line'>;
}
