import type { AuditResult, PlanStep } from '../../result/types.ts';
import { CLOSES_NOTHING, stepCloses } from '../first-steps.ts';
import { narrowsText, nextProofs } from '../next-proof.ts';
import { count } from '../wording.ts';
import { patch } from './findings.ts';
import { bullets, code, prose, fenced, folded, numbered, table } from './syntax.ts';

/** The steps by horizon, each with what it closes and costs; then what no step closes. */
export function plan({ plan: { horizons, unclosed, incomplete } }: AuditResult): string[] {
  return [
    '## Remediation plan',
    ...(horizons.length === 0 ? [noPlan(unclosed.length, incomplete)] : []),
    ...horizons.flatMap(({ name, steps }) => [`### ${prose(name)}`, ...steps.flatMap(stepSection)]),
    ...(unclosed.length > 0
      ? [
          '### Not closed by any step',
          ...bullets(
            unclosed.map(({ path, severity, what, why }) => `${severity} ${code(path)} ${prose(what)}: ${prose(why)}`),
          ),
        ]
      : []),
  ];
}

function noPlan(unclosed: number, incomplete: string | undefined): string {
  if (incomplete !== undefined) return `No plan was made: ${prose(incomplete)}.`;
  return unclosed > 0 ? 'No step is known.' : 'No path asks for a change: for findings see “Do first”.';
}

function stepSection(step: PlanStep): string[] {
  const { number, id, summary, closes, rollout, preconditions, effort, patches, tests, rollback, after, breaks } = step;
  const closed = [...closes.paths, ...closes.findings];
  const { canary, soak, abort } = rollout;
  return [
    `#### ${number}. ${prose(summary)}`,
    `${code(id)} · ${step.severity}${step.owner === undefined ? '' : ` · owner ${prose(step.owner)}`}`,
    ...bullets([
      `${stepCloses(step) || CLOSES_NOTHING}${closed.length > 0 ? `: ${closed.map(code).join(', ')}` : ''}`,
      `keeps ${step.keeps.have} of ${count(step.keeps.of, 'wanted call')} (${prose(step.basis)})`,
      ...breaks.map(
        ({ from, to, operation, basis }) =>
          `breaks ${prose(from)} → ${prose(to)}${operation ? ` (${prose(operation)})` : ''}, ${basis}`,
      ),
      `effort ${effort} of 5`,
      ...(after.length > 0 ? [`after ${after.map(code).join(', ')}`] : []),
      ...step.needs.map((flag) => `needs ${code(flag)}`),
      ...preconditions.map((text) => `first: ${prose(text)}`),
      ...step.unproven.map((text) => `unproven: ${prose(text)}`),
      ...step.sideEffects.map((text) => `also: ${prose(text)}`),
      ...step.byHand.map(
        ({ object, message, help }) => `by hand: ${prose(object)}, ${prose(message)} (${prose(help)})`,
      ),
      `canary: ${prose(canary)}`,
      `soak: ${prose(soak)}`,
      `abort: ${code(abort.metric)} ${prose(abort.threshold)}`,
      `rollback: ${prose(rollback)}`,
    ]),
    ...patches.flatMap(patch),
    ...(tests.positive.length > 0 ? ['Must still pass:', fenced(tests.positive.join('\n'), 'sh')] : []),
    ...(tests.negative.length > 0 ? ['Must be refused:', fenced(tests.negative.join('\n'), 'sh')] : []),
    ...(tests.cases === '' ? [] : folded('as cases of a policy test', [fenced(tests.cases, 'yaml')])),
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
        (proof) =>
          `settles ${proof.settles}${narrowsText(proof)}: ${proof.unknowns.map(prose).join('; ')}\n\n${fenced(proof.command, 'sh')}`,
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
