import type { Explanation } from '../../result/explanation.ts';
import { requestLine } from '../request-text.ts';
import { hang, wrap } from '../terminal/layout.ts';
import { count, number } from '../wording.ts';
import type { View } from './view.ts';

const indent = 2;
type Step = NonNullable<Explanation['change']>['steps'][number];

/** What would have to change, as text to apply, and what else it would turn. */
export function changeLines({ change, verdict }: Explanation, view: View): string[] {
  const { style, width, verbose } = view;
  const to = verdict === 'allow' ? 'REFUSE IT' : 'LET IT PASS';
  const title = ['', style.heading(`WHAT WOULD HAVE TO CHANGE TO ${to}`)];
  const columns = width - indent;
  if (change === undefined) return [];
  if (!change) return [...title, '  no small change of a policy was found that does'];
  const several = change.steps.length > 1;
  return [
    ...title,
    ...(change.advice === undefined ? [] : hang('', wrap(change.advice, columns), indent)),
    ...change.steps.flatMap((step, index) => [
      ...hang(several ? `  ${index + 1}` : '', wrap(step.summary, columns - 2), several ? 4 : indent, style.strong),
      ...effectLines(step, change.to, view),
      ...byHandLines(step, view),
      ...patchLines(step, view),
    ]),
    ...(change.after
      ? hang('', wrap(`decided again: ${change.after.verdict}, ${change.after.reason}`, columns), indent)
      : []),
    ...change.alternatives.flatMap((step) => [
      ...hang('  or', wrap(step.summary, columns - 3), 5),
      ...effectLines(step, change.to, view),
      ...(verbose ? [...byHandLines(step, view), ...patchLines(step, view)] : []),
    ]),
  ];
}

const byHandLines = ({ byHand = [] }: Step, { width, style }: View): string[] =>
  byHand.flatMap((text) => hang('', wrap(text, width - 5), 5, style.faint));

const CONTEXT = 3;

/** What is left and added, with a few lines around it: the whole object with --verbose, and always in JSON. */
function patchLines({ patch }: Step, { style, verbose }: View): string[] {
  if (patch.diff === '') return [];
  const [before = '', after = '', head = '', ...body] = patch.diff.trimEnd().split('\n');
  const changed = body.flatMap((line, index) => (/^[+-]/.test(line) ? [index] : []));
  const isNear = (index: number): boolean => verbose || changed.some((at) => Math.abs(at - index) <= CONTEXT);
  const shown = body.flatMap((line, index) =>
    isNear(index) ? [line] : index === 0 || isNear(index - 1) ? [' …'] : [],
  );
  return [before, after, head, ...shown].map((line) => `    ${style.code(line)}`);
}

function effectLines({ also }: Step, to: 'allow' | 'deny', { width, style }: View): string[] {
  const verb = to === 'allow' ? 'opens' : 'closes';
  const { limits, basis, looked, turned, examples } = also;
  const columns = width - 5;
  const all = `all requests to ${count(looked, 'port')}`;
  if (turned === 0) {
    const what = limits === undefined ? `${verb} nothing else` : `${verb} it for ${limits}`;
    const how =
      basis === 'proven'
        ? `: proven over ${all}`
        : limits === undefined
          ? ` of ${number(looked)} other requests that were asked`
          : '';
    return hang('', wrap(`${what}${how}`, columns), 5, style.faint);
  }
  const more = turned - examples.length;
  const head =
    basis === 'proven'
      ? `${verb} more (over ${all}), for example:`
      : `${verb} ${number(turned)} of ${number(looked)} other requests that were asked:`;
  return [
    ...(limits === undefined ? [] : hang('', wrap(`${verb} it for ${limits}`, columns), 5, style.faint)),
    ...hang('', wrap(head, columns), 5),
    ...examples.flatMap((request) => hang('', wrap(requestLine(request), columns - 2), 7)),
    ...(more > 0 ? hang('', [`and ${number(more)} more`], 7, style.faint) : []),
  ];
}
