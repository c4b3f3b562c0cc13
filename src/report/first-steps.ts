import type { AuditResult, Finding, PlanStep } from '../result/types.ts';
import { extent, openFindings, type WorkloadOf } from './causes.ts';
import { count, fewOf } from './wording.ts';

/** One line of "do first": the change, what it closes and costs, and the command that shows it in full. */
export interface FirstStep {
  readonly what: string;
  readonly effect: string;
  readonly command?: string;
}

/** The plan's first steps; as long as there is no plan, the remedies of the worst findings, one line per remedy. */
export function firstSteps(result: AuditResult, workloadOf: WorkloadOf, limit: number): FirstStep[] {
  const steps = result.plan.horizons.flatMap((horizon) => horizon.steps);
  if (steps.length > 0) return steps.slice(0, limit).map(stepOfPlan);
  return remediesOf(openFindings(result), workloadOf).slice(0, limit);
}

function stepOfPlan(step: PlanStep): FirstStep {
  return {
    what: step.summary,
    effect: [stepCloses(step) || CLOSES_NOTHING, stepCosts(step), stepOpen(step)].filter(Boolean).join('; '),
    command: `meshproof plan --step ${step.number}`,
  };
}

/** Of what others need first, and of what makes attacks harder without stopping one. */
export const CLOSES_NOTHING = 'closes nothing by itself';

/** `closes 3 paths, 5 findings` */
export function stepCloses({ closes }: PlanStep): string {
  const closed = [
    ...(closes.paths.length > 0 ? [count(closes.paths.length, 'path')] : []),
    ...(closes.findings.length > 0 ? [count(closes.findings.length, 'finding')] : []),
  ];
  return closed.length > 0 ? `closes ${closed.join(', ')}` : '';
}

/** `keeps 6 of 6 wanted flows`, or what it breaks. */
function stepCosts({ keeps, breaks }: PlanStep): string {
  const broken = breaks.map(({ from, to, operation }) => `${from} → ${to}${operation ? ` (${operation})` : ''}`);
  if (broken.length > 0) return `breaks ${fewOf(broken, 2)}`;
  return keeps.of > 0 ? `keeps ${keeps.have} of ${count(keeps.of, 'wanted flow')}` : '';
}

/** What nobody has shown, so that a reader looks before doing it; what is known to break says more. */
export const stepOpen = ({ unproven, breaks }: PlanStep): string =>
  unproven.length > 0 && breaks.length === 0 ? `unproven: ${fewOf(unproven, 1)}` : '';

function remediesOf(findings: readonly Finding[], workloadOf: WorkloadOf): FirstStep[] {
  const bySummary = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (finding.severity === 'INFORMATIONAL') continue;
    const { summary } = finding.remediation;
    const alike = bySummary.get(summary);
    if (alike) alike.push(finding);
    else bySummary.set(summary, [finding]);
  }
  return [...bySummary].map(([what, closed]) => {
    const ids = [...new Set(closed.map(({ id }) => id))];
    return { what, effect: `closes ${fewOf(ids, 2)} on ${extent(closed, workloadOf)}` };
  });
}
