import type { AttackPath, AuditResult } from '../../result/types.ts';
import { causeName, openPaths, pathLine, pathNote } from '../exposures.ts';
import { assetText, nodeName } from '../path-text.ts';
import { requestLine } from '../request-text.ts';
import { byName, count, number, place } from '../wording.ts';
import { blastRadius, chokePoints } from './attack.ts';
import { bullets, code, fenced, folded, prose, table } from './syntax.ts';

/** So many are drawn, and so many told hop by hop; the others are rows of a table. */
const drawnPaths = 5;
const toldPaths = 25;

/** Paths that should not be there hop by hop, what they have in common, how far each workload gets, and the inherent ones. */
export function paths(result: AuditResult): string[] {
  const excess = openPaths(result);
  const shown = new Set(excess);
  const rest = result.paths.filter((path) => !shown.has(path));
  if (result.paths.length === 0 && !result.attack) return ['## Attack paths', 'None is part of this result.'];
  const more = excess.slice(toldPaths);
  return [
    '## Attack paths',
    overview(result),
    ...excess.slice(0, toldPaths).flatMap((path, index) => pathSection(path, index < drawnPaths)),
    ...folded(
      count(more.length, 'further path'),
      table(
        ['Rank', 'Severity', 'Path', 'To change', 'Notes'],
        more.map((path) => [
          String(path.rank),
          path.severity,
          prose(pathLine(path)),
          path.cause ? `${code(causeName(path.cause))} at ${code(place(path.cause.location))}` : '',
          prose(pathNote(path)),
        ]),
      ),
    ),
    ...chokePoints(result),
    ...blastRadius(result),
    ...(rest.length > 0
      ? [
          '### Inherent or closed',
          'Every hop is wanted: the business needs them. They show what a breach on the way costs.',
          ...bullets(
            rest.map(
              (path) =>
                `${path.severity} ${prose(pathLine(path))}: ${path.kind}, ${path.result}, ${prose(pathNote(path))}`,
            ),
          ),
        ]
      : []),
  ];
}

function overview({ attack, paths: all }: AuditResult): string {
  if (!attack) return openPathsText(all.filter(({ kind }) => kind === 'excess').length);
  const { entries, found, unlisted, deeper, incomplete } = attack;
  if (incomplete !== undefined) return `No path was computed: ${prose(incomplete)}.`;
  const left = unlisted.excess + unlisted.inherent;
  return [
    `From ${entries.map(code).join(', ')}: ${openPathsText(found.excess)}`,
    ...(found.inherent > 0 ? [`${number(found.inherent)} more are what the business needs.`] : []),
    ...(left > 0 ? [`${number(left)} are not listed here.`] : []),
    ...(deeper > 0 ? [`${number(deeper)} need more than two breaches and are not followed.`] : []),
  ].join(' ');
}

const openPathsText = (excess: number): string =>
  excess === 0 ? 'None that should not be there.' : `${count(excess, 'path')} that should not be there.`;

function pathSection(path: AttackPath, isDrawn: boolean): string[] {
  const asset = assetText(path, 'with reason');
  return [
    `### ${path.rank}. ${path.severity}: ${prose(pathLine(path))}`,
    `${code(path.id)} · ${path.result} · ${path.confidence} confidence · ${prose(pathNote(path))}${asset ? ` · ${prose(asset)}` : ''}`,
    ...(isDrawn ? [fenced(drawing(path), 'mermaid')] : []),
    ...table(
      ['Hop', 'To', 'Witness', 'Decided by', 'Excess', 'Status', 'ATT&amp;CK'],
      path.hops.map((hop, index) => [
        `${index + 1} from ${prose(nodeName(hop.from))}`,
        `${prose(nodeName(hop.to))}${hop.port === undefined ? '' : `:${hop.port}`}${hop.pivot ? ` by ${prose(hop.how ?? hop.pivot)}` : ''}${hop.identity ? ` as ${code(hop.identity)}` : ''}`,
        hop.witness ? code(requestLine(hop.witness)) : prose(hop.why ?? ''),
        hop.by ? `${code(byName(hop.by))} at ${code(place(hop.by.location))}` : 'no object',
        hop.excess
          ? `yes${hop.cause ? `: ${code(causeName(hop.cause))} at ${code(place(hop.cause.location))}` : ''}`
          : 'no',
        hop.status,
        prose(hop.technique ?? ''),
      ]),
    ),
    ...bullets([
      ...(path.cause
        ? [`To change: ${prose(path.cause.kind)} ${code(byName(path.cause))} at ${code(place(path.cause.location))}`]
        : []),
      ...(path.requires.length > 0 ? [`Requires: ${path.requires.map(prose).join('; ')}`] : []),
      ...(path.assumes.length > 0 ? [`Assumes: ${path.assumes.map(prose).join('; ')}`] : []),
      ...(path.controls.length > 0 ? [`On the way, and passed: ${path.controls.map(prose).join('; ')}`] : []),
    ]),
  ];
}

/** Names become labels in quotes with every special character as a reference: Mermaid reads nothing in them. */
function drawing({ from, hops }: AttackPath): string {
  const label = (name: string) => name.replace(/[^\w ./:-]/gu, (character) => `#${character.codePointAt(0)};`);
  const stops = [
    nodeName(from),
    ...hops.map(({ to, port }) => `${nodeName(to)}${port === undefined ? '' : `:${port}`}`),
  ];
  const edges = hops.map(({ excess, cause }, index) => {
    const why = cause ? `excess: ${causeName(cause)}` : 'excess';
    return `  n${index + 1} ${excess ? `==>|"${label(why)}"|` : '-->'} n${index + 2}`;
  });
  return [
    'flowchart LR',
    ...stops.map((name, index) => `  n${index + 1}["${label(name)}"]`),
    ...edges,
    ...hops.flatMap(({ excess }, index) => (excess ? [`  linkStyle ${index} stroke:#b3261e,stroke-width:3px`] : [])),
  ].join('\n');
}
