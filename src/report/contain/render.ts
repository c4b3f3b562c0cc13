import type { Containment } from '../../result/containment.ts';
import { type ListOptions, type ListView, listView } from '../list-view.ts';
import { toPrintable } from '../printable.ts';
import { flowPhrases, hang, wrap } from '../terminal/layout.ts';
import { count, fewOf, namespacedName } from '../wording.ts';

const INDENT = 4;

/** The result of `contain` for a terminal: what it could do, what is made, what is left, whom it costs. */
export function renderContainment(raw: Containment, options: ListOptions): string {
  const answer = toPrintable(raw);
  const view = listView(options);
  const { style, width } = view;
  const { workload, identity, sharedWith, contained, objects, costs, keeps, remains, apply, rollback, out } = answer;
  const list = (title: string, items: readonly string[]): string[] =>
    items.length === 0
      ? []
      : ['', style.heading(title), ...items.flatMap((item) => hang('  -', wrap(item, width - INDENT), INDENT))];
  const raw2 = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', style.heading(title), ...lines.map((line) => `    ${style.code(line)}`.trimEnd())];
  const lines = [
    ...flowPhrases(
      [
        style.strong(`${workload} ${contained ? 'contained' : 'not contained'} by ${count(objects.length, 'object')}`),
        identity ?? 'no identity of the mesh',
      ],
      ' · ',
      width,
    ),
    ...(sharedWith.length > 0
      ? wrap(`the identity is shared: ${fewOf(sharedWith, view.most)} is cut off with it`, width)
      : []),
    ...powers(answer, view),
    ...list(
      'OBJECTS',
      objects.map(({ kind, namespace, name, cluster, how, why }) => {
        const where = cluster === undefined ? '' : ` in cluster ${cluster}`;
        return `${how} ${kind} ${namespacedName(namespace, name)}${where}: ${why}`;
      }),
    ),
    ...list(
      `COSTS  ${keeps.of - keeps.have} of ${count(keeps.of, 'wanted call')} around it`,
      costs
        .slice(0, view.most * 2)
        .map(({ from, to, operation, basis }) => `${from} → ${to}${operation ? ` ${operation}` : ''} (${basis})`),
    ),
    ...(costs.length > view.most * 2 ? [`    +${costs.length - view.most * 2} more (--verbose)`] : []),
    ...list('NOT STOPPED BY IT', remains),
    ...raw2(
      'APPLY',
      out
        ? [`sh ${out.folder}/apply.sh`]
        : objects.flatMap(({ how, manifest }, index) =>
            how === 'removed' ? [] : [...(index > 0 ? ['---'] : []), ...manifest.trimEnd().split('\n')],
          ),
    ),
    ...raw2('AND', out ? [] : apply.filter((line) => line.includes(' delete '))),
    ...raw2('ROLL BACK', out ? [`sh ${out.folder}/rollback.sh`] : rollback),
    ...(out
      ? ['', `wrote ${count(out.files.length, 'file')} to ${out.folder}`]
      : ['', '--out DIR writes the objects, apply.sh and rollback.sh']),
  ];
  return `${lines.join('\n')}\n`;
}

function powers({ before, after }: Containment, { style, width, most }: ListView): string[] {
  const names = (reached: Containment['before']['reaches']): readonly string[] => [
    ...new Set(reached.map(({ workload, port }) => `${workload}:${port}`)),
  ];
  const row = (label: string, was: readonly string[], is: readonly string[]): string[] => [
    ...hang(
      `  ${label}`,
      [
        ...wrap(`before  ${was.length === 0 ? 'nothing' : `${was.length}: ${fewOf(was, most)}`}`, width - 18),
        ...wrap(`after   ${is.length === 0 ? 'nothing' : `${is.length}: ${fewOf(is, most)}`}`, width - 18),
      ],
      18,
    ),
  ];
  return [
    '',
    style.heading('DECIDED ON THE MODEL'),
    ...row('it reaches', names(before.reaches), names(after.reaches)),
    ...row('its identity', names(before.asIdentity), names(after.asIdentity)),
    ...row(
      'reached by',
      before.reachedBy.map(({ port, from }) => `:${port} ${from}`),
      after.reachedBy.map(({ port, from }) => `:${port} ${from}`),
    ),
    ...row(
      'rights',
      before.rights.map(({ how }) => how),
      after.rights.map(({ how }) => how),
    ),
  ];
}
