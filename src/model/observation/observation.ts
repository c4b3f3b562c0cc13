import type { EnvoyDump } from './envoy-dump.ts';

/** Something that was seen of a running mesh, as one file of the input holds it. What it shows is worked out in `evidence`. */
export type Observation = EnvoyDump;
