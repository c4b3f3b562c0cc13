import type { PlanStep } from '../../result/types.ts';
import { stepCloses } from '../first-steps.ts';
import type { ListView } from '../list-view.ts';
import { hang, wrap } from '../terminal/layout.ts';
import { severityLabel } from '../terminal/style.ts';
import { count } from '../wording.ts';

const INDENT = 10;

/** One step in full: all that somebody needs who makes the change, and who takes it back. */
export function stepDetails(step: PlanStep, steps: readonly PlanStep[], { width, style }: ListView): string[] {
  const { number, id, severity, summary, closes, keeps, basis, breaks, effort, after, rollout, tests } = step;
  const list = (label: string, items: readonly string[]): string[] =>
    items.flatMap((item, index) => hang(index === 0 ? label : '', wrap(item, width - INDENT), INDENT));
  // Commands and patches are there to be copied: never wrapped.
  const raw = (label: string, text: readonly string[]): string[] =>
    text.length === 0 ? [] : ['', style.heading(label), ...text.map((line) => `  ${style.code(line)}`.trimEnd())];
  return [
    ...wrap(`${number} ${style.severity(severity)(severityLabel(severity))} ${style.strong(summary)}`, width),
    ...list('id', [id]),
    ...list('owner', step.owner === undefined ? [] : [step.owner]),
    ...list('closes', [stepCloses(step).replace(/^closes /, '') || 'nothing by itself']),
    ...list(
      '',
      [...closes.paths, ...closes.findings].length > 0 ? [[...closes.paths, ...closes.findings].join(' ')] : [],
    ),
    ...list('keeps', [`${keeps.have} of ${count(keeps.of, 'wanted call')} (${basis})`]),
    ...list(
      'breaks',
      breaks.length === 0
        ? ['none of them']
        : breaks.map(
            ({ from, to, operation, basis: by }) => `${from} → ${to}${operation ? ` ${operation}` : ''} (${by})`,
          ),
    ),
    ...list('effort', [`${effort} of 5`]),
    ...list('after', after.length > 0 ? [`step ${numbersOf(after, steps)}`] : []),
    ...list('needs', step.needs),
    ...list('first', step.preconditions),
    ...list('unproven', step.unproven),
    ...list('also', step.sideEffects),
    ...list(
      'by hand',
      step.byHand.map(({ object, file, message, help }) => `${object} in ${file}: ${message} (${help})`),
    ),
    ...list('canary', [rollout.canary]),
    ...list('soak', [rollout.soak]),
    ...list('abort', [`${rollout.abort.metric} ${rollout.abort.threshold}`]),
    ...list('rollback', [step.rollback]),
    ...raw(
      'PATCH (patch -p0)',
      step.patches.flatMap(({ diff }) => diff.trimEnd().split('\n')),
    ),
    ...raw('MUST STILL PASS, ON NEW CONNECTIONS', tests.positive),
    ...raw('MUST BE REFUSED', tests.negative),
    ...raw('AS CASES OF A POLICY TEST', tests.cases === '' ? [] : tests.cases.trimEnd().split('\n')),
  ];
}

/** Steps by their numbers: `1, 2`. */
export const numbersOf = (ids: readonly string[], steps: readonly PlanStep[]): string =>
  ids.map((id) => steps.find((step) => step.id === id)?.number ?? id).join(', ');
