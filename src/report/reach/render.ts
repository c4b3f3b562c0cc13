import type { Reach } from '../../result/reach.ts';
import { groupBy } from '../../util/group-by.ts';
import { type ListOptions, type ListView, listView } from '../list-view.ts';
import { toPrintable } from '../printable.ts';
import { requestLine } from '../request-text.ts';
import { hang, wrap } from '../terminal/layout.ts';
import { count, fewOf, objectName, place } from '../wording.ts';

type Destination = NonNullable<Reach['to']>[number];
type SourceResult = Destination['sources'][number];
type Reached = NonNullable<Reach['from']>['reaches'][number];
type Operation = SourceResult['may'][number];

/** The result of `reach` for a terminal. */
export function renderReach(raw: Reach, options: ListOptions): string {
  const { to, from, classes } = toPrintable(raw);
  const view = listView(options);
  const lines = [
    ...(to ? destinations(to, view) : []),
    ...(from ? reachLines(from, view) : []),
    ...(classes ? classLines(classes, view) : []),
  ];
  return `${lines.join('\n')}\n`;
}

function destinations(all: readonly Destination[], view: ListView): string[] {
  if (all.length === 0) return ['nothing in the input declares a port of it'];
  return all.flatMap((destination, index) => [...(index > 0 ? [''] : []), ...destinationLines(destination, view)]);
}

function destinationLines(
  { workload, port, protocol, mtls, sources, network, entrances }: Destination,
  view: ListView,
): string[] {
  const { style, width } = view;
  const title = style.heading(`${workload}:${port}`);
  const lines = [`${title}  ${protocol}, mTLS ${mtls}`];
  if (sources.length === 0 && entrances.length === 0) lines.push('  nobody: no request passes');
  for (const group of groupBy(sources, sameUse).values()) lines.push(...sourceLines(group, view));
  if (network.anyPod !== 'allow' || network.exceptions.length > 0) {
    const list = fewOf(network.exceptions, view.most);
    const text =
      network.anyPod === 'deny'
        ? network.exceptions.length > 0
          ? `only from ${list}`
          : 'from nowhere'
        : `from any pod${network.anyPod === 'unknown' ? ' (not certain)' : ''}${network.exceptions.length > 0 ? ` but ${list}` : ''}`;
    const by = network.by.map((each) => `${objectName(each)} ${place(each.location)}`);
    lines.push(...hang('  network   ', wrap(`${text}   ${fewOf(by, view.most)}`, width - 12), 12));
  }
  for (const { from, gateway, why, set, witness, requires } of entrances) {
    const way = gateway === undefined ? from : `${from} → ${gateway}`;
    const hosts = set ? `, host ${fewOf(set.hosts, view.most)}` : '';
    lines.push(...hang('  outside   ', wrap(`${way}: ${why}${hosts}`, width - 12), 12));
    for (const operation of [...(set?.atGateway ?? []), ...(set?.may ?? [])])
      if (operation.by || operation.except.length + operation.asks.length > 0)
        lines.push(...operationLines(operation, view, '            may '));
    lines.push(...hang('', wrap(`${requestLine(witness)}${needs(requires)}`, width - 12), 12, style.faint));
  }
  return lines;
}

/** Callers who may do the same fold into one entry. */
const sameUse = ({ protocol, through, may, requires, verdict }: SourceResult): string =>
  JSON.stringify([protocol, through, verdict, requires.map(({ text }) => text), may.map(operationKey)]);

const operationKey = ({ what, by, except, asks }: Operation): unknown => [
  what,
  by && objectName(by),
  except.map(objectName),
  asks.map(objectName),
];

function sourceLines(group: readonly SourceResult[], view: ListView): string[] {
  const [source] = group;
  if (!source) return [];
  const { style, width } = view;
  const { protocol, through, may, witness, requires, verdict } = source;
  const who = group.map((each) => whoText(each, view)).join('; ');
  const way = `${through === undefined ? '' : ` through ${through}`}${protocol === 'tcp' ? ', as plain TCP' : ''}`;
  const certainty = verdict === 'unknown' ? ' (not certain)' : '';
  return [
    ...hang('  ', wrap(`${who}${way}${certainty}`, width - 2), 2, style.strong),
    ...may.flatMap((operation) => operationLines(operation, view)),
    ...hang('      ', wrap(`${requestLine(witness)}${needs(requires)}`, width - 6), 6, style.faint),
  ];
}

function whoText(
  { who, identities = [], except = [] }: Pick<SourceResult, 'who' | 'identities' | 'except'>,
  { most }: ListView,
): string {
  switch (who) {
    case 'anyone':
      return 'anyone, in plaintext';
    case 'any-identity':
      return `any mesh identity${except.length > 0 ? ` but ${fewOf(except.map(shortName), most)}` : ''}`;
    case 'identities':
      return fewOf(
        identities.map(({ principal, workloads }) =>
          workloads.length > 0 ? workloads.join(', ') : `${shortName(principal)} (held by nobody in the input)`,
        ),
        most,
      );
  }
}

function operationLines(
  { what, by, except, asks }: Operation,
  { width, style, most }: ListView,
  lead = '    may ',
): string[] {
  const where = by ? `   ${objectName(by)}   ${place(by.location)}` : '   no ALLOW policy applies';
  const minus = except.length > 0 ? `, but not what ${fewOf(except.map(objectName), most)} denies` : '';
  const ask = asks.length > 0 ? `, approved by ${fewOf(asks.map(objectName), most)}` : '';
  const text = `${what}${minus}${ask}${style.place(where)}`;
  return hang(lead, wrap(text, width - lead.length), lead.length);
}

function reachLines({ source, reaches, refused }: NonNullable<Reach['from']>, view: ListView): string[] {
  const { style } = view;
  const workloads = new Set(reaches.map(({ workload }) => workload));
  const lines = [
    `${style.heading(source)} reaches ${count(new Set(reaches.map(({ workload, port }) => `${workload}:${port}`)).size, 'port')} of ${count(workloads.size, 'workload')}; ${count(refused, 'port')} refused`,
  ];
  for (const group of groupBy(reaches, groupKey).values()) lines.push(...groupLines(group, view));
  return lines;
}

/** Destinations that are reached in the same way fold into one entry. */
const groupKey = ({ as, protocol, through, may, requires }: Reached): string =>
  JSON.stringify([
    as,
    protocol,
    through,
    requires.map(({ text }) => text),
    may.map(({ what, by }) => [what, by && objectName(by)]),
  ]);

function groupLines(group: readonly Reached[], view: ListView): string[] {
  const { style, width, most } = view;
  const [first] = group;
  if (!first) return [];
  const how = { identity: 'as itself', plaintext: 'in plaintext', internet: 'from outside' }[first.as];
  const ports = group.map(({ workload, port }) => `${workload}:${port}`);
  return [
    ...hang(
      '  ',
      wrap(
        `${fewOf(ports, most)}   ${how}${first.through === undefined ? '' : ` through ${first.through}`}${first.protocol === 'tcp' ? ', as plain TCP' : ''}`,
        width - 2,
      ),
      2,
      style.strong,
    ),
    ...first.may.flatMap((operation) => operationLines(operation, view)),
    ...hang('      ', wrap(`${requestLine(first.witness)}${needs(first.requires)}`, width - 6), 6, style.faint),
  ];
}

function classLines(classes: NonNullable<Reach['classes']>, view: ListView): string[] {
  const { style, width, most } = view;
  const total = classes.reduce((sum, { ports }) => sum + ports.length, 0);
  return [
    `${count(total, 'port')} in ${count(classes.length, 'class', 'classes')} of destinations that the same callers may use in the same way`,
    ...classes.flatMap(({ ports, sources }) => [
      '',
      ...hang(
        '',
        wrap(
          `${count(ports.length, 'port')}: ${fewOf(
            ports.map(({ workload, port }) => `${workload}:${port}`),
            most,
          )}`,
          width,
        ),
        0,
        style.heading,
      ),
      ...(sources.length === 0
        ? ['  nobody: no request passes']
        : [...groupBy(sources, sameUse).values()].flatMap((group) => sourceLines(group, view))),
    ]),
  ];
}

const needs = (requires: SourceResult['requires']): string =>
  requires.length > 0 ? `, with ${requires.map(({ text }) => text).join(' and ')}` : '';

/** `ns/account` of a principal; the trust domain only where it is not the usual one. */
function shortName(principal: string): string {
  const [trustDomain, , namespace, , account] = principal.split('/');
  const short = `${namespace}/${account}`;
  return trustDomain === 'cluster.local' ? short : `${short} of ${trustDomain}`;
}
