import type { AccessLog } from './access-log.ts';
import type { AmbientIndexDump, ZtunnelDump } from './ambient-state.ts';
import type { EnvoyDump } from './envoy-dump.ts';
import type { HeldObjects } from './held-objects.ts';
import type { KnownServices } from './known-services.ts';
import type { Metrics } from './metrics.ts';
import type { ProbeResult } from './probe-result.ts';
import type { SyncStatus } from './sync-status.ts';
import type { Testimony } from './testimony.ts';
import type { WantedFile } from './wanted-file.ts';

/** Something that was seen of a running mesh, as a file of the input holds it. What it shows is worked out in `evidence`. */
export type Observation =
  | EnvoyDump
  | ZtunnelDump
  | AmbientIndexDump
  | HeldObjects
  | KnownServices
  | SyncStatus
  | Metrics
  | AccessLog
  | WantedFile
  | ProbeResult
  | Testimony;
