import type { Proof } from '../evidence/evidence.ts';
import type { EvidenceStatus } from '../result/status.ts';

/**
 * A fact with the status that what was seen of it gives: VERIFIED needs proof of its own, beyond that of the data plane; what a proxy contradicts
 * is open until somebody explains it.
 */
export function asSeen<F extends { readonly status: EvidenceStatus }>(fact: F, proof: Proof | undefined): F {
  if (proof?.state === 'contradicted') return { ...fact, status: 'UNKNOWN' };
  if (proof?.state === 'verified' && proof.exercised && fact.status === 'INFERRED')
    return { ...fact, status: 'VERIFIED' };
  if (fact.status === 'VERIFIED' && proof?.state !== 'verified') return { ...fact, status: 'INFERRED' };
  return fact;
}
