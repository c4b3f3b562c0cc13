import type { Baseline } from '../result/baseline.ts';
import type { Finding } from '../result/types.ts';
import { severityRank } from './severity.ts';
import { compare, subjectName } from './subjects.ts';

export type { Baseline };
type Known = Baseline['findings'][number];

export interface Compared {
  /** Not in the baseline, or worse than there; in the order given. */
  readonly fresh: readonly { readonly finding: Finding; readonly why: string }[];
  readonly known: readonly Finding[];
  /** In the baseline and no longer found. */
  readonly gone: readonly Known[];
}

/** All findings as a baseline, sorted, so that the file's differences are those of the findings. */
export function writeBaseline(findings: readonly Finding[]): Baseline {
  return {
    apiVersion: 'meshproof.dev/v1',
    kind: 'Baseline',
    findings: findings
      .map(({ id, fingerprint, severity, title, subjects }) => ({
        id,
        fingerprint,
        severity,
        title,
        subjects: namesOf(subjects),
      }))
      .sort((a, b) => compare(a.id, b.id) || compare(a.fingerprint, b.fingerprint)),
  };
}

/**
 * Tells new from known. Known is a finding of the same fingerprint that is no more severe and affects nothing that it did not affect then: a
 * cause that spread to one more workload is news. The headline never changes by it.
 */
export function applyBaseline(findings: readonly Finding[], baseline: Baseline): Compared {
  const before = new Map(baseline.findings.map((each) => [each.fingerprint, each]));
  const now = new Set(findings.map(({ fingerprint }) => fingerprint));
  const fresh: { finding: Finding; why: string }[] = [];
  const known: Finding[] = [];
  for (const finding of findings) {
    const why = newsOf(finding, before.get(finding.fingerprint));
    if (why === undefined) known.push(finding);
    else fresh.push({ finding, why });
  }
  return { fresh, known, gone: baseline.findings.filter(({ fingerprint }) => !now.has(fingerprint)) };
}

function newsOf(finding: Finding, before: Known | undefined): string | undefined {
  if (!before) return 'not in the baseline';
  if (severityRank(finding.severity) < severityRank(before.severity))
    return `${before.severity} in the baseline, ${finding.severity} now`;
  const known = new Set(before.subjects);
  const added = namesOf(finding.subjects).filter((name) => !known.has(name));
  if (added.length === 0) return undefined;
  const more = added.length > 1 ? ` and ${added.length - 1} more` : '';
  return `affects what it did not affect in the baseline: ${added[0]}${more}`;
}

const namesOf = (subjects: Finding['subjects']): string[] => subjects.map(subjectName).sort(compare);
