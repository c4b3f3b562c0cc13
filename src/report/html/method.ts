import {
  confidenceDeductions,
  dimensionMethod,
  highestRating,
  maturityLevels,
  ratingMeanings,
  scoreLimits,
  severityRows,
  verdictRows,
} from '../../result/method.ts';
import type { AuditResult } from '../../result/types.ts';
import { rungText } from '../method-text.ts';
import { number } from '../wording.ts';
import { code, severityChip, table } from './marks.ts';
import { type Html, html, prose } from './syntax.ts';

/** The arithmetic of the audit, with what applied here marked. */
export function method(result: AuditResult): Html {
  const { maturity, verdict, rulesRun, confidence } = result;
  const lost = new Set(confidence.deductions.map(({ reason }) => reason));
  const level = (index: number) =>
    [index === maturity.level && 'proven', index === maturity.configuredFor && 'configured for']
      .filter(Boolean)
      .join(', ');
  return html`<section id="method" aria-labelledby="method-title"><h2 id="method-title">Appendix: method</h2>
<h3>Score</h3>
<p>Score = Σ rating / ${highestRating} × weight. Proven: a dimension that is not VERIFIED rates ${scoreLimits.unverifiedRating} at most. Configured: without that limit. An open CRITICAL caps both at ${scoreLimits.openCritical}. With ${scoreLimits.unknownDimensions} or more UNKNOWN dimensions the figure is N/A.</p>
${table(
  'Weights',
  ['Dimension', { name: 'Weight', numeric: true }],
  dimensionMethod.map(({ name, weight }) => [name, weight]),
)}
${table(
  'Ratings',
  ['Rating', 'From coverage', 'Meaning'],
  ratingMeanings.map((meaning, rating) => [rating, rungText(rating), meaning]),
)}
<h3>Verdict: the first row that fits</h3>
${table(
  'Verdicts',
  ['Verdict', 'When', 'Here'],
  verdictRows.map((row) => [row.verdict, row.when, row.verdict === verdict && 'yes']),
)}
<h3>Confidence: 100 minus</h3>
${table(
  'Confidence deductions',
  ['Reason', { name: 'Points', numeric: true }, 'Here'],
  confidenceDeductions.map(({ points, reason }) => [reason, points, lost.has(reason) && 'yes']),
)}
<h3>Maturity: the highest level that is verified with all before it</h3>
${table(
  'Maturity levels',
  ['Level', 'Name', 'Here'],
  maturityLevels.map((name, index) => [index, name, level(index)]),
)}
${maturity.next.unmet.length > 0 && html`<p>For level ${maturity.next.level}: ${prose(maturity.next.unmet.join('; '))}.</p>`}
<h3>Severity</h3>
${table(
  'Severities',
  ['Severity', 'When'],
  severityRows.map(({ severity, when }) => [severityChip(severity), when]),
)}
<h3>Evidence status</h3>
<p>VERIFIED: seen on the data plane. INFERRED: computed from configuration that is complete for the question. UNKNOWN: an input is missing and the answer differs with it.</p>
<h3>Rules that ran</h3>
${
  table(
    'Rules that ran',
    [
      'Rule',
      { name: 'Checked', numeric: true },
      { name: 'Passed', numeric: true },
      { name: 'Failed', numeric: true },
      { name: 'Not applicable', numeric: true },
    ],
    rulesRun.map(({ id, checked, passed, failed, notApplicable }) => [
      code(id),
      number(checked),
      number(passed),
      number(failed),
      number(notApplicable),
    ]),
  ) ?? html`<p>None.</p>`
}
</section>`;
}
