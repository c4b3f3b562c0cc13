import type { WorkloadId } from '../model/inventory/types.ts';
import type { Evidence, WorkloadEvidence } from './evidence.ts';

/** The same evidence with what is known of workloads in place of what it held of them. */
export const withWorkloads = (evidence: Evidence, known: ReadonlyMap<WorkloadId, WorkloadEvidence>): Evidence => ({
  ...evidence,
  of: ({ id }) => known.get(id),
  all: [...known.values()],
});
