import type { AuditResult, PlanStep } from '../../result/types.ts';
import { CLOSES_NOTHING, stepCloses } from '../first-steps.ts';
import { narrowsText, nextProofs } from '../next-proof.ts';
import { count, percent } from '../wording.ts';
import { block, bullets, code, folded, patchBlock, table } from './marks.ts';
import { type Html, html, joined, prose } from './syntax.ts';

/** The steps by horizon, each with what it closes and costs; then what no step closes. */
export function plan({ plan: { horizons, unclosed, incomplete } }: AuditResult): Html {
  return html`<section id="plan" aria-labelledby="plan-title"><h2 id="plan-title">Remediation plan</h2>
${incomplete !== undefined && html`<p>No plan was made: ${prose(incomplete)}.</p>`}${horizons.length === 0 && incomplete === undefined && html`<p>${unclosed.length > 0 ? 'No step is known.' : html`No path asks for a change: for findings see <a href="#summary">Do first</a>.`}</p>`}
${horizons.map(({ name, steps }) => html`<h3>${name}</h3>${steps.map(stepCard)}`)}
${unclosed.length > 0 && html`<h3>Not closed by any step</h3>${bullets(unclosed.map(({ path, severity, what, why }) => html`${severity} ${code(path)} ${what}: ${prose(why)}`))}`}
</section>`;
}

function stepCard(step: PlanStep): Html {
  const { closes, breaks, keeps, preconditions, tests, after, rollout } = step;
  const closed = [...closes.paths, ...closes.findings];
  return html`<article class="card"><h3>${step.number}. ${prose(step.summary)}</h3>
<p class="marks"><span>${code(step.id)}</span><span>${step.severity}</span>${step.owner !== undefined && html`<span>owner ${step.owner}</span>`}</p>
${bullets([
  html`${stepCloses(step) || CLOSES_NOTHING}${closed.length > 0 && html`: ${joined(closed.map(code), ', ')}`}`,
  `keeps ${keeps.have} of ${count(keeps.of, 'wanted call')} (${step.basis})`,
  ...breaks.map(
    ({ from, to, operation, basis }) =>
      html`<strong>breaks</strong> ${from} → ${to}${operation && ` (${operation})`}, ${basis}`,
  ),
  ...preconditions.map((text) => html`first: ${prose(text)}`),
  ...(after.length > 0 ? [html`after ${joined(after.map(code), ', ')}`] : []),
  `effort ${step.effort} of 5`,
  ...step.needs.map((flag) => html`needs ${code(flag)}`),
  ...step.unproven.map((text) => html`unproven: ${prose(text)}`),
  ...step.sideEffects.map((text) => html`also: ${prose(text)}`),
  ...step.byHand.map(({ object, message, help }) => html`by hand: ${object}, ${prose(message)} (${prose(help)})`),
  html`canary: ${prose(rollout.canary)}`,
  html`soak: ${prose(rollout.soak)}`,
  html`abort: ${code(rollout.abort.metric)} ${prose(rollout.abort.threshold)}`,
])}
${folded('Patch, tests, rollback', [
  step.patches.map(patchBlock),
  tests.positive.length > 0 && html`<h4>Must still pass</h4>${block(tests.positive.join('\n'), 'Positive tests')}`,
  tests.negative.length > 0 && html`<h4>Must be refused</h4>${block(tests.negative.join('\n'), 'Negative tests')}`,
  tests.cases !== '' && html`<h4>As cases of a policy test</h4>${block(tests.cases, 'Cases')}`,
  html`<h4>Roll back</h4><p>${prose(step.rollback)}</p>`,
])}</article>`;
}

/** What is open, ranked by how much each command settles, and what confidence lost. */
export function residual(result: AuditResult): Html {
  const { proofs, open } = nextProofs(result);
  const { value, deductions, evidenceCoverage } = result.confidence;
  return html`<section id="residual" aria-labelledby="residual-title"><h2 id="residual-title">Residual risk and retest</h2>
<p>${proofs.length > 0 ? `${count(open, 'conclusion')} open. The commands only read.` : 'No open question is listed.'}</p>
${proofs.length > 0 && html`<ol class="ranked">${proofs.map((proof) => html`<li><p>settles ${count(proof.settles, 'conclusion')}${narrowsText(proof)}</p>${block(proof.command, 'Command')}${bullets(proof.unknowns.map(prose))}</li>`)}</ol>`}
<h3>Confidence ${value} %</h3>
<p>Conclusions: ${percent(evidenceCoverage.verified)} verified, ${percent(evidenceCoverage.inferred)} inferred, ${percent(evidenceCoverage.unknown)} unknown.</p>
${table(
  'What confidence lost',
  ['Lost because of', { name: 'Points', numeric: true }, 'Won back by'],
  deductions.map(({ points, reason, remedy }) => [prose(reason), `−${points}`, prose(remedy)]),
)}</section>`;
}
