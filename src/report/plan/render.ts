import type { PlanAnswer, Standing } from '../../result/plan.ts';
import type { PlanStep } from '../../result/types.ts';
import { CLOSES_NOTHING, stepCloses, stepOpen } from '../first-steps.ts';
import { type ListOptions, type ListView, listView } from '../list-view.ts';
import { toPrintable } from '../printable.ts';
import { flowPhrases, hang, wrap } from '../terminal/layout.ts';
import { severityLabel } from '../terminal/style.ts';
import { count, fewOf, figure } from '../wording.ts';
import { numbersOf, stepDetails } from './step-details.ts';

/** The result of `plan` for a terminal: one block per step in its order; with `--step` that one in full. */
export function renderPlan(raw: PlanAnswer, options: ListOptions): string {
  const answer = toPrintable(raw);
  const view = listView(options);
  const { plan, step, now, planned, out } = answer;
  const steps = plan.horizons.flatMap((horizon) => horizon.steps);
  const asked = steps.find(({ id }) => id === step);
  const lines = asked
    ? stepDetails(asked, steps, view)
    : [
        ...summary(answer, view),
        ...plan.horizons.flatMap(({ name, steps: own }) => [
          '',
          view.style.heading(name.toUpperCase()),
          ...own.flatMap((each) => stepLines(each, steps, view)),
        ]),
        ...unclosed(answer, view),
        ...(steps.length > 0
          ? [
              '',
              ...standing('now', now, view),
              ...standing('then', planned, view),
              ...wrap('--step N shows one in full, --out DIR writes patches, --write edits the input', view.width).map(
                view.style.faint,
              ),
            ]
          : []),
      ];
  return `${[...lines, ...(out ? ['', `wrote ${count(out.files.length, 'file')} to ${out.folder}`, ...out.files.map((file) => `  ${file}`)] : []), ...writtenLines(answer, steps, view)].join('\n')}\n`;
}

function summary({ plan, closes }: PlanAnswer, { width, style }: ListView): string[] {
  const { horizons, unclosed: open, incomplete } = plan;
  if (incomplete !== undefined) return wrap(`no plan was made: ${incomplete}`, width);
  const steps = horizons.flatMap((horizon) => horizon.steps);
  if (steps.length === 0 && open.length === 0) return ['no attack path asks for a change'];
  return flowPhrases(
    [
      style.strong(count(steps.length, 'step')),
      `close ${count(closes.paths.length, 'path')}, ${count(closes.findings.length, 'finding')}`,
      ...(open.length > 0 ? [`${count(open.length, 'path')} not closed`] : []),
    ],
    ' · ',
    width,
  );
}

type WrittenFile = NonNullable<PlanAnswer['written']>['steps'][number]['files'][number];

const INDENT = 4;

function stepLines(step: PlanStep, steps: readonly PlanStep[], { width, style }: ListView): string[] {
  const { number, severity, summary: what, effort, keeps, basis, breaks, needs, after, byHand } = step;
  const notes = [
    stepCloses(step) || CLOSES_NOTHING,
    `keeps ${keeps.have} of ${count(keeps.of, 'wanted call')} (${basis})`,
    ...(breaks.length > 0
      ? [
          `breaks ${fewOf(
            breaks.map(({ from, to }) => `${from} → ${to}`),
            2,
          )}`,
        ]
      : []),
    `effort ${effort}`,
    ...(after.length > 0 ? [`after ${numbersOf(after, steps)}`] : []),
    ...needs.map((flag) => `needs ${flag}`),
    ...(byHand.length > 0 ? [`${count(byHand.length, 'object')} by hand`] : []),
    ...[stepOpen(step)].filter(Boolean),
  ];
  return [
    ...hang(` ${number}`, wrap(`${style.severity(severity)(severityLabel(severity))} ${what}`, width - INDENT), INDENT),
    ...hang('', flowPhrases(notes, ' · ', width - INDENT), INDENT, style.faint),
  ];
}

function unclosed({ plan }: PlanAnswer, { width, style, most }: ListView): string[] {
  const { unclosed: open } = plan;
  if (open.length === 0) return [];
  const shown = open.slice(0, most);
  return [
    '',
    style.heading('NOT CLOSED'),
    ...shown.flatMap(({ severity, what, why }) => [
      ...hang('', wrap(`${style.severity(severity)(severityLabel(severity))} ${what}`, width - INDENT), INDENT),
      ...hang('', wrap(why, width - INDENT - 2), INDENT + 2, style.faint),
    ]),
    ...(open.length > shown.length ? [`    +${open.length - shown.length} more (--verbose)`] : []),
  ];
}

function standing(label: string, { verdict, score, findings, paths }: Standing, { width, style }: ListView): string[] {
  const counts = (what: string, by: Readonly<Record<string, number>>): string => {
    const each = Object.entries(by).map(([severity, amount]) => `${amount} ${severity.toLowerCase()}`);
    return `${what}: ${each.length > 0 ? each.join(', ') : 'none'}`;
  };
  const parts = [
    style.verdict(verdict)(verdict),
    `configured ${figure(score.configured)}`,
    counts('paths', paths),
    counts('findings', findings),
  ];
  return hang(label.padEnd(6), flowPhrases(parts, ' · ', width - 6), 6);
}

function writtenLines({ written, now }: PlanAnswer, steps: readonly PlanStep[], view: ListView): string[] {
  if (!written) return [];
  const { width, style } = view;
  const { leftOut, after, keeps, onTrial, broken } = written;
  return [
    '',
    style.heading('WRITTEN'),
    ...(written.steps.length === 0 ? ['  nothing'] : []),
    ...written.steps.flatMap(({ step, files }) => hang(` ${numbersOf([step], steps)}`, fileLines(files, view), INDENT)),
    ...(leftOut.length > 0
      ? [
          style.heading('LEFT OUT'),
          ...leftOut.flatMap(({ step, why, help }) =>
            hang(` ${numbersOf([step], steps)}`, wrap(`${why} (${help})`, width - INDENT), INDENT),
          ),
        ]
      : []),
    ...(written.steps.length === 0
      ? []
      : [
          style.heading('AUDITED AGAIN'),
          ...standing('  was', now, view),
          ...standing('  is', after, view),
          `  ${keeps.have} of ${count(keeps.of, 'wanted call')} pass`,
          ...(onTrial > 0
            ? [`  ${count(onTrial, 'new finding')} about policies on trial, which enforce nothing yet`]
            : []),
          ...(broken.length === 0
            ? [`  all came as promised, nothing ${onTrial > 0 ? 'else ' : ''}is new`]
            : broken.flatMap((each) => hang('  !', wrap(each, width - INDENT), INDENT, style.severity('HIGH')))),
        ]),
  ];
}

function fileLines(files: readonly WrittenFile[], { width, most }: ListView): string[] {
  const shown = files.slice(0, most);
  const lines = shown.flatMap(({ file, how, objects }) =>
    wrap(`${how} ${file}: ${objects.join(', ')}`, width - INDENT),
  );
  return files.length > shown.length ? [...lines, `+${files.length - shown.length} more (--verbose)`] : lines;
}
