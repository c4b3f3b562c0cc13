import { severityRows } from '../result/method.ts';
import type { Severity } from '../result/status.ts';
import type { AuditResult, Finding, Subject, WorkloadResult } from '../result/types.ts';
import { count } from './wording.ts';

/** Open findings, worst first, else in the order of the result. Each is one cause. */
export function openFindings(result: AuditResult): Finding[] {
  return worstFirst(result.findings.filter(({ exception }) => !exception));
}

/** Findings that somebody accepted: still part of every report and of the score. */
export function acceptedFindings(result: AuditResult): Finding[] {
  return worstFirst(result.findings.filter(({ exception }) => exception));
}

function worstFirst(findings: readonly Finding[]): Finding[] {
  const rank = new Map(severityRows.map(({ severity }, index) => [severity, index]));
  return findings.toSorted((a, b) => (rank.get(a.severity) ?? 0) - (rank.get(b.severity) ?? 0));
}

/** How many findings of each severity, worst first; severities without a finding are left out. */
export function severityCounts(findings: readonly Finding[]): { severity: Severity; findings: number }[] {
  return severityRows
    .map(({ severity }) => ({ severity, findings: findings.filter((finding) => finding.severity === severity).length }))
    .filter((row) => row.findings > 0);
}

/** Finds the workload that a subject is, if it is one. Built once per report: a mesh may have 10,000. */
export type WorkloadOf = (subject: Subject) => WorkloadResult | undefined;

export function indexWorkloads(result: AuditResult): WorkloadOf {
  const key = ({ cluster, kind, namespace, name }: Subject | WorkloadResult) =>
    [cluster, kind, namespace, name].join('\n');
  const workloads = new Map(result.inventory.workloads.map((workload) => [key(workload), workload]));
  return (subject) => workloads.get(key(subject));
}

/** What a finding touches: `6 workloads, 9 ports`, or `2 objects` where no workload is named. */
export function extent(findings: readonly Finding[], workloadOf: WorkloadOf): string {
  const workloads = new Set<string>();
  const ports = new Set<string>();
  const objects = new Set<string>();
  for (const subject of findings.flatMap(({ subjects }) => subjects)) {
    const id = [subject.cluster, subject.kind, subject.namespace, subject.name].join('\n');
    if (!workloadOf(subject)) objects.add(id);
    else {
      workloads.add(id);
      if (subject.port !== undefined) ports.add(`${id}\n${subject.port}`);
    }
  }
  if (workloads.size === 0) return count(objects.size, 'object');
  return ports.size > workloads.size
    ? `${count(workloads.size, 'workload')}, ${count(ports.size, 'port')}`
    : count(workloads.size, 'workload');
}

/** Sorted by owner, those without one last. An owner of an affected workload counts where the finding itself names none. */
export function findingsByOwner(
  findings: readonly Finding[],
  workloadOf: WorkloadOf,
): { owner: string | undefined; findings: Finding[] }[] {
  const owners = new Map<string, Finding[]>();
  const nobodys: Finding[] = [];
  for (const finding of findings) {
    const named = ownersOf(finding, workloadOf);
    if (named.length === 0) nobodys.push(finding);
    for (const owner of named) {
      const owned = owners.get(owner);
      if (owned) owned.push(finding);
      else owners.set(owner, [finding]);
    }
  }
  const rows: { owner: string | undefined; findings: Finding[] }[] = [...owners.keys()]
    .sort()
    .map((owner) => ({ owner, findings: owners.get(owner) ?? [] }));
  return nobodys.length === 0 ? rows : [...rows, { owner: undefined, findings: nobodys }];
}

function ownersOf(finding: Finding, workloadOf: WorkloadOf): string[] {
  if (finding.owner) return [finding.owner];
  return [...new Set(finding.subjects.flatMap((subject) => workloadOf(subject)?.owner ?? []))];
}
