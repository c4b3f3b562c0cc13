import type { Comparison } from '../../result/comparison.ts';
import { groupBy } from '../../util/group-by.ts';
import { type ListOptions, type ListView, listView } from '../list-view.ts';
import { toPrintable } from '../printable.ts';
import { requestLine } from '../request-text.ts';
import { hang, wrap } from '../terminal/layout.ts';
import { count, fewOf, objectName, place } from '../wording.ts';

type Turned = Comparison['opened'][number];

/** The result of `diff` or `whatif` for a terminal: the answer in one line, then what it opens, closes and breaks. */
export function renderComparison(raw: Comparison, options: ListOptions): string {
  const comparison = toPrintable(raw);
  const view = listView(options);
  return `${lines(comparison, view).join('\n')}\n`;
}

function lines({ changes, opened, closed, paths, workloads, findings, breaks }: Comparison, view: ListView): string[] {
  const { style, width, most } = view;
  return [
    style.heading(headline(opened, closed)),
    ...(changes ? hang('  planned  ', wrap(changes.join('; '), width - 11), 11) : []),
    ...turnedLines('OPENS', opened, view),
    ...turnedLines('CLOSES', closed, view),
    ...listLines(
      'NEW ATTACK PATHS',
      paths.opened.map((path) => pathText(path, 'was')),
      view,
    ),
    ...listLines(
      'ATTACK PATHS GONE',
      paths.closed.map((path) => pathText(path, 'now')),
      view,
    ),
    ...listLines(
      'BREAKS WANTED TRAFFIC',
      breaks.map(
        ({ from, to, port, basis, needs }) =>
          `${from} → ${to}${port === undefined ? '' : `:${port}`} (${basis})${needs === undefined ? '' : `: passes with ${needs}`}`,
      ),
      view,
    ),
    ...(workloads.added.length > 0 ? ['', `new: ${fewOf(workloads.added, most)}`] : []),
    ...(workloads.removed.length > 0 ? ['', `gone: ${fewOf(workloads.removed, most)}`] : []),
    ...listLines(
      'NEW FINDINGS',
      findings.added.map(({ severity, id, title }) => `${severity} ${id}: ${title}`),
      view,
    ),
    ...listLines(
      'FINDINGS GONE',
      findings.removed.map(({ severity, id, title }) => `${severity} ${id}: ${title}`),
      view,
    ),
  ];
}

function headline(opened: readonly Turned[], closed: readonly Turned[]): string {
  const ports = (list: readonly Turned[]): string =>
    count(new Set(list.map(({ workload, port }) => `${workload}:${port}`)).size, 'port');
  if (opened.length === 0 && closed.length === 0) return 'no request changes its verdict';
  const parts = [
    opened.length > 0 ? `opens ${ports(opened)}` : 'opens nothing',
    closed.length > 0 ? `closes ${ports(closed)}` : 'closes nothing',
  ];
  return parts.join(', ');
}

function turnedLines(title: string, all: readonly Turned[], view: ListView): string[] {
  if (all.length === 0) return [];
  return [
    '',
    view.style.heading(title),
    ...[...groupBy(all, groupKey).values()].flatMap((group) => groupLines(group, title, view)),
  ];
}

/** Ports that the same objects turn for the same callers fold into one entry. */
const groupKey = ({ who, identities, gateway, by, other }: Turned): string =>
  JSON.stringify([who, identities, gateway, by && objectName(by), other.by && objectName(other.by)]);

function groupLines(group: readonly Turned[], title: string, { width, style, most }: ListView): string[] {
  const [first] = group;
  if (!first) return [];
  const ports = [...new Set(group.map(({ workload, port }) => `${workload}:${port}`))];
  const { by, reason, other, witness, requires } = first;
  const needs = requires.length > 0 ? `, with ${requires.map(({ text }) => text).join(' and ')}` : '';
  const passes = reasonText(reason, by);
  const stops = reasonText(other.reason, other.by);
  const [before, after] = title === 'OPENS' ? [stops, passes] : [passes, stops];
  return [
    ...hang('  ', wrap(`${whoText(group, most)} → ${fewOf(ports, most)}`, width - 2), 2, style.strong),
    ...hang('    for example  ', wrap(`${requestLine(witness)}${needs}`, width - 17), 17),
    ...hang('    before       ', wrap(before, width - 17), 17, style.faint),
    ...hang('    after        ', wrap(after, width - 17), 17, style.faint),
  ];
}

/** The reason with the place of what decided, which is named only if the reason does not. */
function reasonText(reason: string, by: Turned['by']): string {
  if (!by) return reason;
  const named = reason.includes(objectName(by)) ? '' : `${by.kind} ${objectName(by)}   `;
  return `${reason}   ${named}${place(by.location)}`;
}

function whoText(group: readonly Turned[], most: number): string {
  const [first] = group;
  switch (first?.who) {
    case 'anyone':
      return first.gateway === undefined ? 'anyone, in plaintext' : `anyone who gets to ${first.gateway}`;
    case 'any-identity':
      return 'any mesh identity';
    case 'identities':
      return fewOf(first.identities ?? [], most);
    case 'workload':
      return fewOf([...new Set(group.flatMap(({ source }) => source ?? []))], most);
    case 'pod-outside-mesh':
      return 'pods outside the mesh';
    default:
      return `${first?.who === 'internet' ? 'the internet' : 'the node network'}${first?.gateway === undefined ? '' : ` through ${first.gateway}`}`;
  }
}

const pathText = ({ severity, path, breaches, before }: Comparison['paths']['opened'][number], other: string): string =>
  `${severity} ${path}   ${count(breaches, 'breach', 'breaches')}${before ? ` (${other} ${before.path}, ${count(before.breaches, 'breach', 'breaches')})` : ''}`;

function listLines(title: string, items: readonly string[], { style, width, most }: ListView): string[] {
  if (items.length === 0) return [];
  const shown = items.slice(0, most === Number.POSITIVE_INFINITY ? items.length : most * 2);
  return [
    '',
    style.heading(title),
    ...shown.flatMap((item) => hang('  ', wrap(item, width - 2), 2)),
    ...(shown.length < items.length ? [`  and ${items.length - shown.length} more (--verbose)`] : []),
  ];
}
