/**
 * How sure a conclusion is (method.md, Evidence): seen on the data plane; computed from configuration that is complete for the question;
 * or an input is missing and the answer differs with it.
 */
export type EvidenceStatus = 'VERIFIED' | 'INFERRED' | 'UNKNOWN';

export type Severity = 'CRITICAL' | 'HIGH' | 'MEDIUM' | 'LOW' | 'INFORMATIONAL';

/** From the worst. */
export const SENSITIVITIES = ['critical', 'high', 'medium', 'low', 'none'] as const;
export type Sensitivity = (typeof SENSITIVITIES)[number];

/** The weakest of several: UNKNOWN before INFERRED before VERIFIED. */
export function weakestStatus(statuses: Iterable<EvidenceStatus>): EvidenceStatus {
  let weakest: EvidenceStatus = 'VERIFIED';
  for (const status of statuses) {
    if (status === 'UNKNOWN') return 'UNKNOWN';
    if (status === 'INFERRED') weakest = 'INFERRED';
  }
  return weakest;
}
