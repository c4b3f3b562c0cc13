import { createHash } from 'node:crypto';
import type { Fail } from '../rules/rule.ts';
import { sortSubjects, subjectName } from './subjects.ts';

const DIGITS = 16;

/**
 * Identifies a finding from run to run: rule, cluster, object at fault and how it is at fault. What may change without making another
 * finding of it stays out: files, lines, order, and also the subjects, since a deployment more under the same policy is the same cause. (A
 * baseline notes the subjects beside the fingerprint, so that nothing new hides behind an old cause.) Only where neither an object nor a key
 * names the cause, the subjects do.
 */
export function fingerprintOf(ruleId: string, fails: readonly Fail[]): string {
  const [first] = fails;
  const cause = first?.cause;
  const key = first?.causeKey ?? '';
  const parts = [
    ruleId,
    first?.subject.cluster ?? '',
    cause?.kind ?? '',
    cause?.namespace ?? '',
    cause?.name ?? '',
    key,
  ];
  if (!cause && key === '') parts.push(...sortSubjects(fails.map(({ subject }) => subject)).map(subjectName));
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, DIGITS);
}
