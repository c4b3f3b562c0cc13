import type { EnvoyDump } from '../model/observation/envoy-dump.ts';
import type { PortComparison } from './envoy/compare-port.ts';
import type { ServingComparison } from './envoy/compare-serving.ts';
import type { SeenProxy } from './evidence.ts';

/** How far back something seen still counts; see `isRecent`. */
export type IsRecent = (seen: Pick<EnvoyDump, 'at'>) => boolean;

/** What one proxy showed. */
export interface Seen {
  readonly proxy: SeenProxy;
  readonly dump: EnvoyDump;
  /** Why its traffic is not known to pass it; undefined: it does. */
  readonly uncaptured: string | undefined;
  readonly ports: ReadonlyMap<number, PortComparison>;
  /** Of a gateway, what it serves at each port. */
  readonly serving?: ReadonlyMap<number, ServingComparison>;
}
