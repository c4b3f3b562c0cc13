import type { AttackPath } from '../../result/types.ts';
import { causeName } from '../exposures.ts';
import { nodeName, pathStops } from '../path-text.ts';
import { place } from '../wording.ts';
import { type Html, html } from './syntax.ts';

type Hop = AttackPath['hops'][number];

/** Widths of the monospaced font that boxes and captions are set in; boxes of other fonts come out a little loose. */
const charWidth = { box: 7.6, caption: 6.7 };
const boxHeight = 46;
const rowHeight = 98;
const arrow = { plain: 62, most: 270 };
const sheet = 940;
const longest = 34;

interface Box {
  readonly lines: readonly string[];
  readonly full: string;
  readonly kind: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

interface Arrow {
  readonly hop: Hop;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly above: string;
  readonly below: readonly string[];
}

/** A path from left to right, and on in the next row where the sheet ends; drawn when the report is made, with nothing to load or run. */
export function drawPath(path: AttackPath, id: string): Html {
  const { boxes, arrows, width, height } = layOut(path);
  const title = `Attack path: ${pathStops(path).join(' to ')}`;
  return html`<svg class="path" viewBox="0 0 ${Math.ceil(width)} ${height}" width="${Math.ceil(width)}" height="${height}" role="img" aria-labelledby="${id}-t ${id}-d">
<title id="${id}-t">${title}</title><desc id="${id}-d">${path.hops.map(describe).join(' ')}</desc>
<g aria-hidden="true">${arrows.map(drawArrow)}${boxes.map(drawBox)}</g></svg>`;
}

function describe(hop: Hop, index: number): string {
  const to = `${nodeName(hop.to)}${hop.port === undefined ? '' : ` port ${hop.port}`}`;
  const cause = hop.cause ? `, because of ${causeName(hop.cause)}` : '';
  return `Hop ${index + 1} to ${to}: ${hop.excess ? `excess${cause}` : 'wanted'}.`;
}

function layOut(path: AttackPath): { boxes: Box[]; arrows: Arrow[]; width: number; height: number } {
  const boxes: Box[] = [];
  const arrows: Arrow[] = [];
  let x = 1;
  let y = 22;
  const put = (lines: readonly string[], full: string, kind: string): void => {
    const shown = lines.map(shorten);
    const width = Math.max(64, ...shown.map((line) => line.length * charWidth.box + 26));
    boxes.push({ lines: shown, full, kind, x, y, width });
    x += width;
  };
  put(boxLines(path.from, undefined), nodeName(path.from), path.from.kind);
  for (const hop of path.hops) {
    const above = hop.excess ? 'excess' : 'wanted';
    const below =
      hop.excess && hop.cause ? [causeName(hop.cause), shortPlace(place(hop.cause.location))].map(shorten) : [];
    const caption = Math.max(...[above, ...below].map((line) => line.length * charWidth.caption));
    const width = Math.min(arrow.most, Math.max(arrow.plain, caption + 28));
    const lines = boxLines(hop.to, hop.port);
    const next = Math.max(64, ...lines.map((line) => shorten(line).length * charWidth.box + 26));
    if (x + width + next > sheet && x > 1) {
      x = 1;
      y += rowHeight;
    }
    arrows.push({ hop, x, y, width, above, below });
    x += width;
    put(lines, nodeName(hop.to), hop.to.kind);
  }
  const width = Math.max(...boxes.map((box) => box.x + box.width)) + 1;
  return { boxes, arrows, width, height: y + boxHeight + 16 };
}

/** Namespace above, name and port below. */
function boxLines(node: AttackPath['from'], port: number | undefined): readonly string[] {
  const name = nodeName(node);
  const to = port === undefined ? '' : `:${port}`;
  const slash = node.kind === 'workload' ? name.lastIndexOf('/') : -1;
  if (slash > 0) return [name.slice(0, slash), `${name.slice(slash + 1)}${to}`];
  const colon = name.indexOf(': ');
  return colon > 0 ? [name.slice(0, colon), name.slice(colon + 2)] : [`${name}${to}`];
}

/** Long names keep their beginning and their end. */
const shorten = (text: string): string => {
  const letters = Array.from(text);
  return letters.length <= longest ? text : `${letters.slice(0, 20).join('')}…${letters.slice(-12).join('')}`;
};

const shortPlace = (text: string): string => text.split('/').slice(-1).join('');

function drawBox({ lines, full, kind, x, y, width }: Box): Html {
  const middle = x + width / 2;
  const text = (line: string, at: number, className: string): Html =>
    html`<text class="${className}" x="${middle}" y="${at}">${line}</text>`;
  const [first = '', second] = lines;
  return html`<g class="box ${kind === 'workload' ? '' : kind === 'tier0' ? 'tier' : 'place'}"><title>${full}</title><rect x="${x}" y="${y}" width="${width}" height="${boxHeight}" rx="5"/>${
    second === undefined ? text(first, y + 28, 'name') : [text(first, y + 19, 'space'), text(second, y + 35, 'name')]
  }</g>`;
}

function drawArrow({ hop, x, y, width, above, below }: Arrow): Html {
  const line = y + boxHeight / 2;
  const end = x + width;
  const middle = x + width / 2 - 2;
  return html`<g class="hop ${hop.excess ? 'excess' : ''}"><path d="M${x + 2} ${line}H${end - 9}"/><path class="head" d="M${end - 10} ${line - 5}L${end - 1} ${line}L${end - 10} ${line + 5}Z"/><text x="${middle}" y="${line - 7}">${above}</text>${below.map(
    (text, index) =>
      html`<text class="${index > 0 && 'where'}" x="${middle}" y="${line + 16 + index * 14}">${text}</text>`,
  )}</g>`;
}
