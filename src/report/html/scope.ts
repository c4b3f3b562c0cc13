import { dimensionMethod } from '../../result/method.ts';
import type { AuditResult, Dimension } from '../../result/types.ts';
import { namespacesOf } from '../headline.ts';
import { count, number } from '../wording.ts';
import { at, bullets, code, folded, table } from './marks.ts';
import { type Html, html, joined, prose } from './syntax.ts';

/** What was read and what was not, and what is assumed for lack of it. */
export function scope(result: AuditResult): Html {
  const { input, diagnostics } = result;
  const version = input.istioVersion;
  const kinds = Object.entries(input.counts).sort(([a], [b]) => (a < b ? -1 : 1));
  const namespaces = namespacesOf(result);
  const sources = table(
    'Sources',
    ['Source', 'Kind', { name: 'Documents', numeric: true }, 'SHA-256'],
    input.sources.map(({ name, kind, documents, sha256 }) => [
      code(name),
      kind,
      number(documents),
      code(sha256.slice(0, 16)),
    ]),
  );
  const names = joined(namespaces.map(code), ', ');
  return html`<section id="scope" aria-labelledby="scope-title"><h2 id="scope-title">Scope and evidence</h2>
${bullets([
  version ? html`Istio ${version.value}, by ${version.by}` : 'Istio version unknown',
  namespaces.length > 30
    ? folded(count(namespaces.length, 'namespace'), names)
    : html`namespaces: ${namespaces.length > 0 ? names : 'none'}`,
  html`taken as complete for: ${input.scope.complete.join(', ') || 'nothing'}`,
  html`objects: ${kinds.map(([kind, amount]) => `${kind} ${number(amount)}`).join(', ') || 'none'}`,
])}
${input.sources.length > 12 ? folded(count(input.sources.length, 'source'), sources) : sources}
<h3>Mesh config in force</h3>
${
  table(
    'Mesh config in force',
    ['Field', 'Value', 'From'],
    input.meshConfig.map(({ field, value, from, location }) => [
      code(field),
      code(value),
      html`${from} ${location && at(location)}`,
    ]),
  ) ?? html`<p>Nothing that the audit rests on.</p>`
}
<h3>Assumed, because the input does not show it</h3>
${bullets(input.assumptions.map(prose)) || html`<p>Nothing.</p>`}
<h3>Left out or read with doubt</h3>
${
  table(
    'Diagnostics',
    ['Where', 'Severity', 'What', 'What to do'],
    diagnostics.map(({ severity, file, line, message, help }) => [
      code(`${file}:${line}`),
      severity,
      prose(message),
      prose(help),
    ]),
  ) ?? html`<p>Nothing.</p>`
}
</section>`;
}

/** The eight dimensions with both ratings, the coverage they follow from, and the next rung. */
export function scorecard({ dimensions, score }: AuditResult): Html {
  const names = new Map(dimensionMethod.map(({ id, name }) => [id, name]));
  const capped =
    score.cappedBy &&
    score.cappedBy.length > 0 &&
    html`<p>An open CRITICAL caps the score: ${joined(score.cappedBy.map(code), ', ')}.</p>`;
  return html`<section id="scorecard" aria-labelledby="scorecard-title"><h2 id="scorecard-title">Scorecard</h2>
<p class="muted small">Ratings from 0 to 5: ${bar(1, 1, 1)} proven, ${bar(0, 1, 1)} configured and not proven. <a href="#method">How they make the score</a>.</p>
${table(
  'Scorecard',
  [
    'Dimension',
    'Rating',
    { name: 'Configured', numeric: true },
    { name: 'Proven', numeric: true },
    { name: 'Points', numeric: true },
    'Status',
    'Coverage and next rung',
  ],
  dimensions.map(({ id, weight, rating, configured, weighted, status, coverage, next }) => [
    names.get(id) ?? id,
    bar(rating, configured),
    configured,
    rating,
    `${Math.round(weighted * 10) / 10} of ${weight}`,
    status,
    html`${coverageText(coverage)}<small>next: ${prose(next)}</small>`,
  ]),
)}${capped}</section>`;
}

function coverageText(coverage: Dimension['coverage']): Html {
  return html`${joined(
    coverage.map(({ what, have, of }) => `${number(have)} of ${number(of)} ${what}`),
    html`<br>`,
  )}`;
}

function bar(rating: number, configured: number, steps = 5): Html {
  const boxes = Array.from({ length: steps }, (_, index) => {
    const kind = index < rating ? 'full' : index < configured ? 'part' : 'track';
    const inset = kind === 'part' ? 0.75 : 0;
    return html`<rect class="${kind}" x="${index * 18 + inset}" y="${inset}" width="${15 - 2 * inset}" height="${12 - 2 * inset}"/>`;
  });
  const label = steps === 5 ? `configured ${configured}, proven ${rating} of 5` : '';
  return steps === 5
    ? html`<svg class="bar" viewBox="0 0 87 12" role="img" aria-label="${label}">${boxes}</svg>`
    : html`<svg width="15" height="12" viewBox="0 0 15 12" aria-hidden="true">${boxes}</svg>`;
}
