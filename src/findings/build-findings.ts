import type { Facts } from '../graph/facts.ts';
import { controlsOf } from '../packs/controls.ts';
import { weakestStatus } from '../result/status.ts';
import type { Change } from '../model/change/change.ts';
import type { AuditResult, Finding } from '../result/types.ts';
import type { Factors, Fail, Outcome, Rule } from '../rules/rule.ts';
import { evidenceOf } from './evidence.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Rank } from './order.ts';
import { entryRank, severityOf, severityRank } from './severity.ts';
import {
  compare,
  compareSubjects,
  findWorkload,
  sortSubjects,
  subjectName,
  subjectOfCause,
  workloadsOf,
} from './subjects.ts';

export type RuleRun = AuditResult['rulesRun'][number];

export interface BuiltFindings {
  /** One per cause, in no order that matters: see `orderFindings`. */
  readonly findings: readonly Finding[];
  /** What orders them beyond their severity, by fingerprint. */
  readonly ranks: ReadonlyMap<string, Rank>;
  readonly run: RuleRun;
}

/** Changes as patches, and in words what these leave to do. */
export type RenderChanges = (changes: readonly Change[]) => Pick<Finding['remediation'], 'patches' | 'steps'>;

const WITHOUT_PATCHES: RenderChanges = () => ({ patches: [], steps: [] });

/** Makes findings of what a rule said: fails of one cause are one finding with several subjects. */
export function buildFindings(
  rule: Rule,
  outcomes: Iterable<Outcome>,
  facts: Facts,
  render = WITHOUT_PATCHES,
): BuiltFindings {
  const groups = new Map<string, Fail[]>();
  const seen = { pass: 0, fail: 0, 'not-applicable': 0 };
  for (const outcome of outcomes) {
    seen[outcome.kind] += 1;
    if (outcome.kind !== 'fail') continue;
    const key = causeOf(outcome);
    const group = groups.get(key);
    if (group) group.push(outcome);
    else groups.set(key, [outcome]);
  }
  const findings: Finding[] = [];
  const ranks = new Map<string, Rank>();
  for (const [, group] of [...groups].sort(([a], [b]) => compare(a, b))) {
    const { finding, rank } = buildFinding(rule, group.sort(bySubject), facts, render);
    findings.push(finding);
    ranks.set(finding.fingerprint, rank);
  }
  const { pass: passed, fail: failed, 'not-applicable': notApplicable } = seen;
  const run = { id: rule.meta.id, checked: passed + failed + notApplicable, passed, failed, notApplicable };
  return { findings, ranks, run };
}

/** A policy acts in its own cluster: one of the same name elsewhere is another cause. */
export function causeOf({ cause, causeKey, subject }: Fail): string {
  return JSON.stringify([subject.cluster, cause?.kind, cause?.namespace, cause?.name, causeKey]);
}

const bySubject = (a: Fail, b: Fail): number =>
  compareSubjects(a.subject, b.subject) || compareFactors(a.factors, b.factors);

function buildFinding(
  rule: Rule,
  fails: readonly Fail[],
  facts: Facts,
  render: RenderChanges,
): { finding: Finding; rank: Rank } {
  const deciding = worstOf(fails);
  const { severity, factors } = severityOf(deciding.factors);
  const { cause, causeKey } = deciding;
  const affected = sortSubjects(fails.map(({ subject }) => subject));
  const workloads = workloadsOf(facts.mesh, affected);
  const status = weakestStatus(fails.map((fail) => fail.status));
  const { title, scenario, impact, remediation, validation, rollback } = rule.explain(
    { cause, causeKey, fails },
    facts,
  );
  const { patches, steps } = render(remediation.changes);
  const owner = commonOwner(workloads.map((workload) => workload.owner));
  const finding: Finding = {
    id: rule.meta.id,
    fingerprint: fingerprintOf(rule.meta.id, fails),
    title,
    severity,
    factors:
      fails.length === 1
        ? factors
        : [...factors, `decided by ${subjectName(deciding.subject)}, the worst of ${fails.length}`],
    confidence: confidenceOf(deciding, fails, facts),
    status,
    ...(owner === undefined ? {} : { owner }),
    subjects: withCauseFirst(deciding, affected),
    evidence: evidenceOf(deciding, fails),
    // A control that was seen on the data plane to be missing is one that is not enforced.
    enforcement: status === 'VERIFIED' ? 'no' : 'not tested',
    scenario,
    impact,
    ...(deciding.witness ? { witness: deciding.witness } : {}),
    remediation: { summary: remediation.summary, patches, steps: [...steps, ...remediation.steps] },
    validation,
    rollback,
    references: rule.meta.references,
    controls: controlsOf(rule.meta.id),
  };
  const { entry, requires, breaches } = deciding.factors;
  const reached = workloads.length || affected.length;
  return { finding, rank: { exploit: [entryRank(entry), requires.length, breaches, statusRank(status)], reached } };
}

function withCauseFirst(
  { cause, subject }: Fail,
  affected: readonly Finding['subjects'][number][],
): Finding['subjects'] {
  if (!cause) return affected;
  const first = subjectOfCause(cause, subject.cluster);
  return [first, ...affected.filter((each) => compareSubjects(each, first) !== 0)];
}

/** The fail that decides severity; of equals the easiest to exploit, then the first by subject. */
function worstOf(fails: readonly Fail[]): Fail {
  return fails.reduce((worst, fail) => (compareFactors(fail.factors, worst.factors) < 0 ? fail : worst));
}

function compareFactors(a: Factors, b: Factors): number {
  return (
    severityRank(severityOf(a).severity) - severityRank(severityOf(b).severity) ||
    entryRank(a.entry) - entryRank(b.entry) ||
    a.requires.length - b.requires.length ||
    a.breaches - b.breaches
  );
}

/** Low: something missing may turn it over, or a guess about the asset decided its severity. Medium: it rests on an assumption. */
function confidenceOf(deciding: Fail, fails: readonly Fail[], facts: Facts): Finding['confidence'] {
  if (fails.some(({ status }) => status === 'UNKNOWN') || isDecidedByGuess(deciding, facts)) return 'low';
  return fails.some(({ assumes }) => assumes.length > 0) ? 'medium' : 'high';
}

function isDecidedByGuess({ subject, factors }: Fail, facts: Facts): boolean {
  const workload = findWorkload(facts.mesh, subject);
  if (!workload || facts.sensitivity(workload).basis !== 'inferred') return false;
  return severityOf({ ...factors, sensitivity: 'medium' }).severity !== severityOf(factors).severity;
}

/** Owner of the finding where all affected workloads have the same one. */
function commonOwner([first, ...others]: readonly (string | undefined)[]): string | undefined {
  return others.every((owner) => owner === first) ? first : undefined;
}

const statusRank = (status: Finding['status']): number => ['VERIFIED', 'INFERRED', 'UNKNOWN'].indexOf(status);
