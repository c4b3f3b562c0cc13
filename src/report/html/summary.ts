import type { AuditResult, Finding, VerdictWord } from '../../result/types.ts';
import { acceptedFindings, openFindings, severityCounts, type WorkloadOf } from '../causes.ts';
import { type Exposure, topExposures } from '../exposures.ts';
import { firstSteps } from '../first-steps.ts';
import { narrowsText, nextProofs } from '../next-proof.ts';
import { count, number } from '../wording.ts';
import { block, code, severityChip, severityCountChips } from './marks.ts';
import { type Content, type Html, html, joined, prose } from './syntax.ts';

const shown = 5;

const verdictTints: Record<VerdictWord, string> = {
  'HIGH RISK': 'bad',
  INCONCLUSIVE: 'unsure',
  WEAK: 'medium',
  MODERATE: 'low',
  STRONG: 'good',
};

/** How bad, why, what to do first. */
export function summary(result: AuditResult, workloadOf: WorkloadOf, anchor: (finding: Finding) => string): Html {
  const exposures = topExposures(result, workloadOf, shown);
  const steps = firstSteps(result, workloadOf, shown);
  const { proofs, open } = nextProofs(result);
  const [best] = proofs;
  return html`<section id="summary" aria-labelledby="summary-title">
<h2 id="summary-title" class="unseen">Executive summary</h2>
${verdictPanel(result)}
<div class="two"><div>
<h3>Top exposure</h3>
${exposures.length > 0 ? html`<ol class="ranked">${exposures.map((exposure) => exposureItem(exposure, anchor))}</ol>` : html`<p>None found.</p>`}
</div><div>
<h3>Do first</h3>
${
  steps.length > 0
    ? html`<ol class="ranked">${steps.map(({ what, effect, command }) => html`<li><p class="what">${prose(what)}</p><p class="small muted">${prose(effect)}</p>${command && html`<p class="small">${code(command)}</p>`}</li>`)}</ol>`
    : html`<p>Nothing is open that asks for a change.</p>`
}
<h3>Next best evidence</h3>
${best ? html`<p class="small muted">Settles ${number(best.settles)} of ${count(open, 'open conclusion')}${narrowsText(best)}.</p>${block(best.command, 'Command')}` : html`<p>No open question is listed.</p>`}
</div></div>
</section>`;
}

export function verdictPanel(result: AuditResult): Html {
  const { verdict, verdictWhy, score, maturity, confidence } = result;
  const accepted = acceptedFindings(result).length;
  const open = openFindings(result);
  return html`<div class="verdict ${verdictTints[verdict]}">
<p class="word">${verdict}</p><p class="why">${prose(verdictWhy)}</p>
<dl class="figures">
${figureItem('Configured', 'if the input is delivered as written', score.configured)}
${figureItem('Proven', 'what evidence of the data plane supports', score)}
<div><dt>Maturity</dt><dd><div class="value">${maturity.level} <small>of 7, configured for ${maturity.configuredFor}</small></div><div class="note">${maturity.name}</div></dd></div>
<div><dt>Confidence</dt><dd><div class="value">${confidence.value} %</div>${scale('Confidence', { value: confidence.value, low: confidence.value, high: confidence.value })}<div class="note">${confidence.deductions[0]?.reason}</div></dd></div>
</dl>
<ul class="counts" aria-label="Open findings by severity">${severityCountChips(severityCounts(open))}${open.length === 0 && html`<li class="muted">no open finding</li>`}${accepted > 0 && html`<li class="muted small">and ${number(accepted)} accepted${score.withExceptions !== undefined && `: ${score.withExceptions}/100 with accepted risks`}</li>`}</ul>
</div>`;
}

type Figure = AuditResult['score']['configured'];

function figureItem(name: string, note: string, figure: Figure): Html {
  const { value, low, high } = figure;
  const band = low !== high && ` (${low}–${high})`;
  return html`<div><dt>${name}</dt><dd><div class="value">${value ?? 'N/A'} <small>${value !== null && 'of 100'}${band}</small></div>${scale(name, figure)}<div class="note">${note}</div></dd></div>`;
}

/** 0 to 100 with the band from low to high. */
function scale(name: string, { value, low, high }: Figure): Html {
  const label = `${name}: ${value ?? 'not available'}, between ${low} and ${high} of 100`;
  return html`<svg class="scale" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="${label}"><rect class="track" y="1.5" width="100" height="3"/><rect class="band" x="${low}" y="1.5" width="${Math.max(0, high - low)}" height="3"/>${value !== null && html`<rect class="mark" y="1.5" width="${value}" height="3" opacity="${low === high ? 1 : 0.35}"/><rect class="mark" x="${Math.max(0, value - 0.8)}" width="1.6" height="6"/>`}</svg>`;
}

function exposureItem(
  { severity, what, note, witness, decidedBy, at, of }: Exposure,
  anchor: (finding: Finding) => string,
): Html {
  const target = 'finding' in of ? anchor(of.finding) : `path-${of.path.rank}`;
  const facts: Content[] = [
    ...(decidedBy && at ? [html`${code(decidedBy)} at <code class="place">${at}</code>`] : []),
    html`<span class="extent">${note}</span>`,
  ];
  return html`<li><p class="what">${severityChip(severity)} <a href="#${target}">${prose(what)}</a></p>
${witness && html`<p class="small">${code(witness)}</p>`}<p class="small muted">${joined(facts, ' · ')}</p></li>`;
}
