import type { AuditResult } from '../../result/types.ts';
import { type PlanStep, stepCloses } from '../first-steps.ts';
import { nextProofs } from '../next-proof.ts';
import { count } from '../wording.ts';
import { patch } from './findings.ts';
import { bullets, code, prose, fenced, numbered, table } from './syntax.ts';

/** The steps by horizon, each with what it closes and costs; then what no step closes. */
export function plan({ plan: { horizons, unclosed } }: AuditResult): string[] {
  return [
    '## Remediation plan',
    ...(horizons.length === 0
      ? ['No plan is part of this result: the order is that of the findings, see “Do first”.']
      : []),
    ...horizons.flatMap(({ name, steps }) => [`### ${prose(name)}`, ...steps.flatMap(stepSection)]),
    ...(unclosed.length > 0
      ? ['### Not closed by any step', ...bullets(unclosed.map(({ path, why }) => `${code(path)}: ${prose(why)}`))]
      : []),
  ];
}

function stepSection(step: PlanStep): string[] {
  const { id, summary, closes, preconditions, effort, patches, tests, rollback, after, breaks, keeps } = step;
  const closed = [...closes.paths, ...closes.findings];
  return [
    `#### ${prose(id)}. ${prose(summary)}`,
    ...bullets([
      `${stepCloses(step) || 'closes nothing by itself'}${closed.length > 0 ? `: ${closed.map(code).join(', ')}` : ''}`,
      `keeps ${keeps.have} of ${count(keeps.of, 'wanted flow')}`,
      ...breaks.map(
        ({ from, to, operation, basis }) =>
          `breaks ${prose(from)} → ${prose(to)}${operation ? ` (${prose(operation)})` : ''}, ${basis}`,
      ),
      `effort ${effort} of 5`,
      ...(after.length > 0 ? [`after ${after.map(code).join(', ')}`] : []),
      ...preconditions.map((text) => `first: ${prose(text)}`),
      `rollback: ${prose(rollback)}`,
    ]),
    ...patches.flatMap(patch),
    ...(tests.positive.length > 0 ? ['Must still pass:', fenced(tests.positive.join('\n'), 'sh')] : []),
    ...(tests.negative.length > 0 ? ['Must be refused:', fenced(tests.negative.join('\n'), 'sh')] : []),
  ];
}

/** What is open, ranked by how much each command settles, and what confidence lost. */
export function residual(result: AuditResult): string[] {
  const { proofs, open } = nextProofs(result);
  const { value, deductions, evidenceCoverage } = result.confidence;
  const share = (part: number) => `${Math.round(part * 100)} %`;
  return [
    '## Residual risk and retest',
    proofs.length > 0 ? `${count(open, 'conclusion')} open. The commands only read.` : 'No open question is listed.',
    ...numbered(
      proofs.map(
        ({ command, settles, unknowns }) =>
          `settles ${settles}: ${unknowns.map(prose).join('; ')}\n\n${fenced(command, 'sh')}`,
      ),
    ),
    `### Confidence ${value} %`,
    `Conclusions: ${share(evidenceCoverage.verified)} verified, ${share(evidenceCoverage.inferred)} inferred, ${share(evidenceCoverage.unknown)} unknown.`,
    ...table(
      ['Points', 'Lost because of', 'Won back by'],
      deductions.map(({ points, reason, remedy }) => [`−${points}`, prose(reason), prose(remedy)]),
    ),
  ];
}
