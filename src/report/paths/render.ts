import type { PathsAnswer } from '../../result/paths.ts';
import type { AttackPath, AttackSummary } from '../../result/types.ts';
import { assetText, breachText, nodeName, pathStops, severityTally } from '../path-text.ts';
import { type ListOptions, type ListView, listView } from '../list-view.ts';
import { toPrintable } from '../printable.ts';
import { requestLine } from '../request-text.ts';
import { flow, flowPhrases, hang, wrap } from '../terminal/layout.ts';
import { severityLabel } from '../terminal/style.ts';
import { count, fewOf, objectName, place } from '../wording.ts';

type Hop = AttackPath['hops'][number];
type By = NonNullable<Hop['by']>;

/** The result of `paths` for a terminal: one block per path, worst first. */
export function renderPaths(raw: PathsAnswer, options: ListOptions): string {
  const { paths, attack, to } = toPrintable(raw);
  const view = listView(options);
  const excess = paths.filter(({ kind }) => kind === 'excess');
  const inherent = paths.filter(({ kind }) => kind === 'inherent');
  const lines = [
    ...headline(excess, attack, to, view),
    ...excess.flatMap((path) => ['', ...pathLines(path, view)]),
    ...(inherent.length > 0
      ? ['', view.style.heading('INHERENT: every hop is wanted'), ...inherent.flatMap((path) => shortLines(path, view))]
      : []),
    ...remarks(attack, view),
  ];
  return `${lines.join('\n')}\n`;
}

function headline(
  excess: readonly AttackPath[],
  { entries, found, incomplete }: AttackSummary,
  to: string | undefined,
  { width, style }: ListView,
): string[] {
  const from = `from ${fewOf(entries, 4)}${to === undefined ? '' : ` to ${to}`}`;
  if (incomplete !== undefined) return wrap(`no path was computed ${from}: ${incomplete}`, width);
  const what = found.excess === 0 ? 'no path that should not be there' : count(found.excess, 'path');
  const tally = found.excess === excess.length ? severityTally(excess) : '';
  const inherent = found.inherent > 0 ? [`${found.inherent} inherent`] : [];
  return flowPhrases([style.strong(`${what} ${from}`), ...(tally ? [tally] : []), ...inherent], ' · ', width);
}

function pathLines(path: AttackPath, view: ListView): string[] {
  const { width, style } = view;
  const label = `${path.rank} ${style.severity(path.severity)(severityLabel(path.severity))}`;
  const indent = `${path.rank} ${severityLabel(path.severity)}  `.length;
  const columns = width - indent;
  const asset = assetText(path, 'with reason');
  const notes = [
    ...(asset ? [asset] : []),
    breachText(path),
    ...(path.requires.length > 0 ? [`needs ${path.requires.join(' and ')}`] : []),
    `${path.confidence} confidence`,
    ...(path.result === 'UNKNOWN' ? ['conditional'] : []),
    ...(path.folded > 0 ? [`+${count(path.folded, 'other way')}`] : []),
  ];
  return [
    ...hang(label, flow(chain(path), ' ', columns).map(style.strong), indent),
    ...hang('', flowPhrases(notes, ' · ', columns), indent),
    ...path.hops.flatMap((hop, index) => hopLines(hop, index + 1, view)),
    ...facts('holds', path.controls, view),
    ...facts('assumes', path.assumes, view),
  ];
}

/** The stops with the arrows before them, so that lines break between two stops. */
const chain = (path: AttackPath): string[] => pathStops(path).map((stop, index) => (index === 0 ? stop : `→ ${stop}`));

const hopIndent = 5;

function hopLines(hop: Hop, number: number, { width, style }: ListView): string[] {
  const columns = width - hopIndent;
  const { to, port, excess, technique, status, pivot, witness, by, cause, why } = hop;
  const title = [
    `→ ${nodeName(to)}${port === undefined ? '' : `:${port}`}`,
    excess ? style.severity('HIGH')('EXCESS') : 'wanted',
    ...(technique === undefined ? [] : [technique]),
    style.faint(status === 'UNKNOWN' ? 'UNKNOWN: not settled' : status),
  ];
  const sameCause = cause && by && objectName(cause) === objectName(by) && cause.kind === by.kind;
  // A route is taken by the request of the hop before it.
  const says = pivot === 'route' ? why : witness ? requestLine(witness) : why;
  const says2 = witness && pivot === 'reach' && by?.kind !== 'AuthorizationPolicy' ? why : undefined;
  return [
    ...hang(`   ${number}`, flow(title, '  ', columns), hopIndent),
    ...[says, says2].flatMap((text) => (text === undefined ? [] : hang('', wrap(text, columns), hopIndent))),
    ...(by && !(cause && !sameCause && pivot !== 'route') ? objectLines('by', by, hop, { width: columns, style }) : []),
    ...(cause && !sameCause ? objectLines('to change:', cause, hop, { width: columns, style }) : []),
  ];
}

function objectLines(
  label: string,
  by: By,
  { excess }: Hop,
  { width, style }: Pick<ListView, 'width' | 'style'>,
): string[] {
  const kind = by.kind === 'AuthorizationPolicy' ? '' : `${by.kind} `;
  const text = `${label} ${kind}${objectName(by)}`;
  const lines = flow([excess ? style.strong(text) : text, style.place(place(by.location))], '   ', width);
  return hang('', lines, hopIndent);
}

function facts(label: string, items: readonly string[], { width, most, style }: ListView): string[] {
  if (items.length === 0) return [];
  const indent = hopIndent + label.length + 1;
  return hang(`     ${label}`, wrap(fewOf(items, Math.min(most, 3)), width - indent), indent, style.faint);
}

function shortLines(path: AttackPath, { width }: ListView): string[] {
  const notes = [assetText(path), ...path.requires].filter((note) => note !== '').join(', with ');
  const words = notes === '' ? [] : `(${notes})`.split(' ');
  return hang(`  ${path.rank}`, flow([...chain(path), ...words], ' ', width - 6), 6);
}

function remarks({ unlisted, deeper, chokePoints }: AttackSummary, { width, style }: ListView): string[] {
  const causes = chokePoints.filter(({ kind }) => kind === 'cause').slice(0, 3);
  const points = causes.flatMap(({ cause, paths, assets }) =>
    cause ? [`${cause.kind} ${objectName(cause)}: ${count(paths, 'path')} to ${count(assets, 'asset')}`] : [],
  );
  const left = [
    ...(unlisted.excess > 0 ? [`${count(unlisted.excess, 'further path')} not listed (--max)`] : []),
    ...(unlisted.inherent > 0 ? [`${unlisted.inherent} inherent not listed`] : []),
    ...(deeper > 0 ? [`${deeper} deeper ${deeper === 1 ? 'one' : 'ones'} (more than two breaches) not listed`] : []),
  ];
  return [
    ...(points.length > 0 && causes.some(({ paths }) => paths > 1)
      ? [
          '',
          ...hang(
            style.heading('MOST GO THROUGH'),
            points.flatMap((point) => wrap(point, width - 17)),
            17,
          ),
        ]
      : []),
    ...(left.length > 0 ? ['', ...wrap(left.join('; '), width)] : []),
  ];
}
