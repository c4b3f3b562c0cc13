import type { AttackPath, AuditResult } from '../../result/types.ts';
import { openPaths, pathLine, pathNote } from '../exposures.ts';
import { nodeName } from '../path-text.ts';
import { requestLine } from '../request-text.ts';
import { byName, place } from '../wording.ts';
import { bullets, code, prose, fenced, table } from './syntax.ts';

const drawnPaths = 5;

/** Paths that should not be there hop by hop, inherent ones as a list, and a drawing of the first. */
export function paths(result: AuditResult): string[] {
  const excess = openPaths(result);
  const shown = new Set(excess);
  const rest = result.paths.filter((path) => !shown.has(path));
  if (result.paths.length === 0) return ['## Attack paths', 'None is part of this result.'];
  return [
    '## Attack paths',
    ...(excess.length > 0
      ? [fenced(drawing(excess.slice(0, drawnPaths)), 'mermaid')]
      : ['None that should not be there.']),
    ...excess.flatMap(pathSection),
    ...(rest.length > 0
      ? [
          '### Inherent or closed',
          ...bullets(
            rest.map((path) => `${prose(pathLine(path))}: ${path.kind}, ${path.result}, ${prose(pathNote(path))}`),
          ),
        ]
      : []),
  ];
}

function pathSection(path: AttackPath): string[] {
  return [
    `### ${path.rank}. ${path.severity}: ${prose(pathLine(path))}`,
    `${code(path.id)} · ${path.result} · ${path.confidence} confidence · ${prose(pathNote(path))}`,
    ...table(
      ['Hop', 'To', 'Witness', 'Decided by', 'Excess', 'Status', 'ATT&amp;CK'],
      path.hops.map((hop, index) => [
        `${index + 1} from ${prose(nodeName(hop.from))}`,
        `${prose(nodeName(hop.to))}${hop.port === undefined ? '' : `:${hop.port}`}${hop.pivot ? ` by ${prose(hop.pivot)}` : ''}${hop.identity ? ` as ${code(hop.identity)}` : ''}`,
        hop.witness ? code(requestLine(hop.witness)) : '',
        hop.by ? `${code(byName(hop.by))} at ${code(place(hop.by.location))}` : 'no object',
        hop.excess ? 'yes' : 'no',
        hop.status,
        prose(hop.technique ?? ''),
      ]),
    ),
    ...bullets([
      ...(path.requires.length > 0 ? [`Requires: ${path.requires.map(prose).join('; ')}`] : []),
      ...(path.assumes.length > 0 ? [`Assumes: ${path.assumes.map(prose).join('; ')}`] : []),
      ...(path.controls.length > 0 ? [`Controls on the way: ${path.controls.map(prose).join('; ')}`] : []),
    ]),
  ];
}

/** Names become labels in quotes with every special character as a reference: Mermaid reads nothing in them. */
function drawing(drawn: readonly AttackPath[]): string {
  const ids = new Map<string, string>();
  const idOf = (name: string) => {
    const id = ids.get(name) ?? `n${ids.size + 1}`;
    ids.set(name, id);
    return id;
  };
  const edges = new Set(
    drawn.flatMap(({ hops }) =>
      hops.map(
        ({ from, to, excess }) => `  ${idOf(nodeName(from))} ${excess ? '==>|excess|' : '-->'} ${idOf(nodeName(to))}`,
      ),
    ),
  );
  const label = (name: string) => name.replace(/[^\w ./:-]/gu, (character) => `#${character.codePointAt(0)};`);
  return ['flowchart LR', ...Array.from(ids, ([name, id]) => `  ${id}["${label(name)}"]`), ...edges].join('\n');
}
