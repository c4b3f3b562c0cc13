import type { AttackPath, AuditResult } from '../../result/types.ts';
import { openPaths, pathLine, pathNote } from '../exposures.ts';
import { assetText, nodeName } from '../path-text.ts';
import { requestLine } from '../request-text.ts';
import { count, number, place } from '../wording.ts';
import { blastRadius, chokePoints } from './attack.ts';
import { bullets, code, decidedBy, folded, severityChip, table } from './marks.ts';
import { drawPath } from './path-drawing.ts';
import { type Content, type Html, html, prose } from './syntax.ts';

/** So many are drawn, and so many told hop by hop; the others are rows of a table. */
const drawn = 5;
const told = 25;

/** Paths that should not be there hop by hop, then what they have in common, how far each workload gets, and the inherent ones. */
export function paths(result: AuditResult): Html {
  const excess = openPaths(result);
  const shown = new Set(excess);
  const rest = result.paths.filter((path) => !shown.has(path));
  const more = excess.slice(told);
  return html`<section id="paths" aria-labelledby="paths-title"><h2 id="paths-title">Attack paths</h2>
${overview(result, excess.length)}${excess.slice(0, told).map((path, index) => pathCard(path, index < drawn))}
${
  more.length > 0 &&
  folded(
    `${count(more.length, 'further path')}`,
    table(
      'Further paths',
      [{ name: 'Rank', numeric: true }, 'Severity', 'Path', 'To change', ''],
      more.map((path) => [
        path.rank,
        severityChip(path.severity),
        html`<span id="path-${path.rank}">${pathLine(path)}</span>`,
        path.cause && decidedBy(path.cause),
        pathNote(path),
      ]),
    ),
  )
}
${chokePoints(result)}${blastRadius(result)}
${rest.length > 0 && html`<h3>Inherent or closed</h3><p>Every hop is wanted: the business needs them. They show what a breach on the way costs.</p>${bullets(rest.map((path) => html`${severityChip(path.severity)} ${pathLine(path)}: ${path.kind}, ${path.result}, ${pathNote(path)}`))}`}
</section>`;
}

function overview({ attack, paths: all }: AuditResult, excess: number): Content {
  if (!attack) return all.length === 0 && html`<p>None is part of this result.</p>`;
  const { entries, found, unlisted, deeper, incomplete } = attack;
  if (incomplete !== undefined) return html`<p>No path was computed: ${incomplete}.</p>`;
  const left = [
    ...(unlisted.excess + unlisted.inherent > 0
      ? [`${number(unlisted.excess + unlisted.inherent)} are not listed here`]
      : []),
    ...(deeper > 0 ? [`${number(deeper)} need more than two breaches and are not followed`] : []),
  ];
  const start = html`From ${entries.map((entry, index) => html`${index > 0 && ', '}${code(entry)}`)}: `;
  return html`<p>${start}${found.excess === 0 ? 'no path that should not be there' : count(found.excess, 'path')}${found.inherent > 0 && `, and ${number(found.inherent)} that the business needs`}.${left.length > 0 && ` ${left.join('; ')}.`}${excess > 0 && ' Excess hops are red, with what to change under them.'}</p>`;
}

function pathCard(path: AttackPath, isDrawn: boolean): Html {
  const asset = assetText(path, 'with reason');
  const hops = path.hops.map((hop, index) => [
    index + 1,
    html`${nodeName(hop.from)} → ${nodeName(hop.to)}${hop.port !== undefined && `:${hop.port}`}<small>${hop.pivot && `by ${hop.how ?? hop.pivot} `}${hop.identity && html`as ${code(hop.identity)}`}</small>`,
    html`${hop.witness && code(requestLine(hop.witness))}${hop.why && html`<small>${prose(hop.why)}</small>`}`,
    hop.by ? decidedBy(hop.by) : 'no object',
    hop.excess ? html`<strong class="tone bad">excess</strong>${hop.cause && decidedBy(hop.cause)}` : 'wanted',
    html`${hop.status}<small>${hop.technique}</small>`,
  ]);
  return html`<article class="card ${path.severity.toLowerCase()}" id="path-${path.rank}"><h3>${severityChip(path.severity)} ${pathLine(path)}</h3>
<p class="marks"><span>${code(path.id)}</span><span>${path.result}</span><span>${path.confidence} confidence</span><span>${pathNote(path)}</span></p>
${asset && html`<p class="small">${asset}</p>`}${isDrawn && html`<div class="drawing" tabindex="0" role="group" aria-label="Drawing of path ${path.rank}">${drawPath(path, `drawing-${path.rank}`)}</div>`}
${path.cause && html`<p class="small"><span class="label">To change:</span> ${path.cause.kind} ${code(path.cause.namespace ? `${path.cause.namespace}/${path.cause.name}` : path.cause.name)} at ${code(place(path.cause.location))}</p>`}
${folded('Hop by hop', [
  table('Hops', ['Hop', 'From and to', 'Witness', 'Decided by', 'Kind', 'Status'], hops),
  bullets([
    ...(path.requires.length > 0 ? [html`requires: ${path.requires.join('; ')}`] : []),
    ...(path.assumes.length > 0
      ? [html`assumes: ${path.assumes.map(prose).map((each, index) => html`${index > 0 && '; '}${each}`)}`]
      : []),
    ...(path.controls.length > 0 ? [html`on the way, and passed: ${path.controls.join('; ')}`] : []),
    ...(path.factors && path.factors.length > 0 ? [html`severity: ${path.factors.join('; ')}`] : []),
  ]),
])}</article>`;
}
