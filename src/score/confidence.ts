import { confidenceDeductions } from '../result/method.ts';
import type { EvidenceStatus } from '../result/status.ts';
import type { AuditResult, Finding } from '../result/types.ts';
import { type Observed, openQuestions } from './open-questions.ts';
import type { Population } from './population.ts';

export type Confidence = AuditResult['confidence'];

/** What the audit is sure of: 100 minus what is missing, each with what would win it back, and the share of conclusions by status. */
export function confidenceOf(
  population: Population,
  findings: readonly Pick<Finding, 'status'>[],
  observed: Observed = {},
): Confidence {
  const questions = openQuestions(population, observed);
  const deductions = confidenceDeductions.flatMap(({ id, points, reason }) => {
    const remedy = questions[id];
    return remedy === undefined ? [] : [{ points, reason, remedy }];
  });
  const lost = deductions.reduce((sum, { points }) => sum + points, 0);
  return {
    value: Math.max(0, 100 - lost),
    deductions,
    evidenceCoverage: coverageOf(conclusionsOf(population, findings)),
  };
}

/** The statuses of everything that was concluded: data planes, effective mTLS and authorization per port, findings. */
function conclusionsOf(
  { members }: Population,
  findings: readonly Pick<Finding, 'status'>[],
): readonly EvidenceStatus[] {
  const statuses = findings.map(({ status }) => status);
  for (const { workload, ports } of members) {
    statuses.push(workload.dataPlane.status);
    for (const { mtls, authorization } of ports.map(({ facts }) => facts)) {
      statuses.push(mtls.status, authorization.posture === 'conditional' ? 'UNKNOWN' : authorization.status);
    }
  }
  return statuses;
}

function coverageOf(statuses: readonly EvidenceStatus[]): Confidence['evidenceCoverage'] {
  const counts = { VERIFIED: 0, INFERRED: 0, UNKNOWN: 0 };
  for (const status of statuses) counts[status] += 1;
  const all = counts.VERIFIED + counts.INFERRED + counts.UNKNOWN;
  const share = (count: number): number => (all === 0 ? 0 : Math.round((count / all) * 10_000) / 10_000);
  return { verified: share(counts.VERIFIED), inferred: share(counts.INFERRED), unknown: share(counts.UNKNOWN) };
}
