import type { DryRun } from '../../result/dry-run.ts';
import { type ListOptions, type ListView, listView } from '../list-view.ts';
import { toPrintable } from '../printable.ts';
import { requestLine } from '../request-text.ts';
import { formatLocation } from '../../result/location.ts';
import { hang, wrap } from '../terminal/layout.ts';
import { count, objectName } from '../wording.ts';

type Reviewed = DryRun['policies'][number];
type Call = Reviewed['denies'][number];

/** The result of `dry-run` for a terminal: per policy whether it is ready, who would be refused, what is missing, then the patch. */
export function renderDryRun(raw: DryRun, options: ListOptions): string {
  const dryRun = toPrintable(raw);
  const view = listView(options);
  const { policies, together } = dryRun;
  const ready = policies.filter(({ readiness }) => readiness === 'ready').length;
  const headline =
    policies.length === 0
      ? 'no policy of the input carries istio.io/dry-run'
      : `${ready} of ${count(policies.length, 'dry-run policy', 'dry-run policies')} ready to be enforced`;
  const lines = [
    view.style.heading(headline),
    ...(policies.length === 0 ? [] : windowLines(dryRun.window, view)),
    ...policies.flatMap((policy) => policyLines(policy, view)),
    ...(together
      ? ['', `${view.style.heading('ALL AT ONCE')}  ${together.readiness}`, ...reviewLines(together, view)]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

function windowLines({ metrics, logs, files, unplaced }: DryRun['window'], { width }: ListView): string[] {
  const span = (name: string, { days, from, to }: DryRun['window']['metrics']): string =>
    `${name} ${count(days, 'whole day')}${from && to ? ` (${from.slice(0, 10)} to ${to.slice(0, 10)})` : ''}`;
  const text =
    files.length === 0
      ? 'nothing: no telemetry in the input'
      : `${span('metrics', metrics)}, ${span('access logs', logs)}`;
  const more = unplaced > 0 ? `; ${unplaced} requests to or from what the input does not have` : '';
  return hang('  seen   ', wrap(`${text}${more}`, width - 9), 9);
}

function policyLines(policy: Reviewed, view: ListView): string[] {
  const { namespace, name, action, location, readiness, shadow, workloads, patch, tests } = policy;
  const { style, width, most } = view;
  const shadows = shadow
    ? `its shadow rules: ${shadow.denied} denied, ${shadow.allowed} allowed; they see the dry-run policies alone, so that a denial there is none yet`
    : '';
  return [
    '',
    `${style.heading(readiness.toUpperCase())}  ${action} ${namespace}/${name}   ${style.place(formatLocation(location))}`,
    ...hang('  for    ', wrap(workloads.join(', ') || 'no workload', width - 9), 9),
    ...reviewLines(policy, view),
    ...(shadows === '' ? [] : hang('  shadow ', wrap(shadows, width - 9), 9)),
    ...(patch
      ? [
          '  to enforce',
          ...patch.diff
            .trimEnd()
            .split('\n')
            .map((line) => `    ${style.code(line)}`),
        ]
      : []),
    ...(tests === ''
      ? []
      : most === Number.POSITIVE_INFINITY
        ? [
            '  to repeat (PolicyTest)',
            ...tests
              .trimEnd()
              .split('\n')
              .map((line) => `    ${line}`),
          ]
        : ['  to repeat  --verbose or --format json shows the cases of a PolicyTest']),
  ];
}

function reviewLines(
  { reasons, denies, undecided, keeps, breaks }: NonNullable<DryRun['together']>,
  view: ListView,
): string[] {
  const { width } = view;
  return [
    ...reasons.flatMap((reason) => hang('  -      ', wrap(reason, width - 9), 9)),
    ...callLines('would be refused', denies, view),
    ...callLines('cannot be told', undecided, view),
    ...breaks.flatMap((flow) => hang('  breaks ', wrap(flow, width - 9), 9)),
    ...(keeps.of > 0
      ? [`  keeps  ${keeps.have} of ${count(keeps.of, 'kind of call', 'kinds of calls')} that were seen`]
      : []),
  ];
}

function callLines(title: string, calls: readonly Call[], { width, most, style }: ListView): string[] {
  if (calls.length === 0) return [];
  const shown = calls.slice(0, most);
  return [
    `  ${title}`,
    ...shown.flatMap((call) => [
      ...hang('    ', wrap(callText(call), width - 4), 4),
      ...hang('      ', wrap(call.why, width - 6), 6),
      ...(call.witness ? hang('      ', wrap(`for example ${requestLine(call.witness)}`, width - 6), 6) : []),
      ...(call.by ? [`      ${objectName(call.by)}   ${style.place(formatLocation(call.by.location))}`] : []),
    ]),
    ...(calls.length > shown.length ? [`    +${calls.length - shown.length} more`] : []),
  ];
}

function callText({ from, to, port, operation, seen, days, last, wanted, at }: Call): string {
  const when = days > 0 ? ` on ${count(days, 'day')}${last ? `, last ${last}` : ''}` : '';
  const where = `${at.file}${at.line === undefined ? '' : `:${at.line}`}`;
  return `${from} → ${to}${port === undefined ? '' : `:${port}`}${operation === undefined ? '' : ` ${operation}`}: ${count(seen, 'request')}${when}; wanted: ${wanted}   ${where}`;
}
