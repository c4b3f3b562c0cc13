import stringWidth from 'string-width';
import type { Explanation } from '../../result/explanation.ts';
import { toPrintable } from '../printable.ts';
import { requestLine } from '../request-text.ts';
import { flow, hang, wrap } from '../terminal/layout.ts';
import { createStyle, type Style } from '../terminal/style.ts';
import { objectName, place } from '../wording.ts';
import { changeLines } from './change.ts';

export interface ExplanationOptions {
  readonly width: number;
  readonly color: boolean;
  readonly verbose?: boolean;
}

const narrowest = 40;
const indent = 2;

/** An explanation for a terminal: the verdict, the request, the way step by step, then what is nearest and what would have to change. */
export function renderExplanation(raw: Explanation, options: ExplanationOptions): string {
  const explanation = toPrintable(raw);
  const view: View = {
    width: Math.max(narrowest, options.width),
    style: createStyle(options.color),
    verbose: options.verbose ?? false,
  };
  return `${explanationLines(explanation, view).join('\n')}\n`;
}

export interface View {
  readonly width: number;
  readonly style: Style;
  readonly verbose: boolean;
}

export function explanationLines(explanation: Explanation, view: View): string[] {
  return [
    ...headline(explanation, view),
    '',
    ...way(explanation, view),
    ...section(
      'REQUIRES',
      explanation.requires.map(({ text, by }) => (by ? `${text} (${objectName(by)})` : text)),
      view,
    ),
    ...section('ASSUMES', explanation.assumes, view),
    ...endpoints(explanation, view),
    ...nearest(explanation, view),
    ...changeLines(explanation, view),
  ];
}

/** `DENY  payments/ledger rules[0]  policies.yaml:139`, the reason, the request. */
function headline({ verdict, by, reason, symptom, request, routed }: Explanation, { width, style }: View): string[] {
  const word = style.outcome(verdict)(verdict.toUpperCase());
  const decider = by
    ? [`by ${by.kind} ${objectName(by)}`, style.place(place(by.location))]
    : ['by no object: nothing says otherwise'];
  const label = `${word}   `;
  const column = verdict.length + 3;
  const columns = width - column;
  return [
    ...hang(label, flow(decider, '   ', columns), column),
    ...hang('', wrap(reason, columns), column),
    ...hang('', wrap(requestLine(request), columns), column, style.strong),
    ...(symptom === undefined ? [] : hang('', wrap(`the caller sees: ${symptom}`, columns), column)),
    ...(routed === undefined ? [] : hang('', wrap(`routed to ${routed}`, columns), column)),
  ];
}

const MARKS = { pass: 'pass', stop: 'STOP', note: '·' } as const;

/** One line per step; under it the object, where one decided. */
function way({ trace }: Explanation, { width, style }: View): string[] {
  const points = Math.max(0, ...trace.map(({ point, stage }) => where(point, stage).length));
  const column = indent + 5 + points + 2;
  return [
    style.heading('THE WAY'),
    ...trace.flatMap(({ outcome, point, stage, text, by }) => {
      const mark = MARKS[outcome].padEnd(5);
      const painted = outcome === 'stop' ? style.outcome('deny')(mark) : outcome === 'note' ? style.faint(mark) : mark;
      const label = `${' '.repeat(indent)}${painted}${where(point, stage).padEnd(points + 2)}`;
      const lines = wrap(text, width - column);
      const last = lines.at(-1) ?? '';
      const object = by ? [`${by.kind} ${objectName(by)}`, place(by.location)] : [];
      const beside = `${last}   ${object.join('   ')}`;
      if (by && stringWidth(beside) <= width - column)
        return hang(label, [...lines.slice(0, -1), `${last}   ${style.place(object.join('   '))}`], column);
      return [...hang(label, lines, column), ...hang('', flow(object, '   ', width - column), column, style.place)];
    }),
  ];
}

const where = (point: string, stage: string): string =>
  point === stage || point === 'none' ? stage : `${point} ${stage}`;

function section(title: string, lines: readonly string[], { width, style }: View): string[] {
  if (lines.length === 0) return [];
  return ['', style.heading(title), ...lines.flatMap((line) => hang('  -', wrap(line, width - 4), 4))];
}

function endpoints({ endpoints: all = [] }: Explanation, { width, style }: View): string[] {
  if (all.length < 2) return [];
  return [
    '',
    style.heading('ENDPOINTS'),
    ...all.flatMap(({ workload, port, decided }) => {
      const word = style.outcome(decided.verdict)(decided.verdict.toUpperCase());
      return hang('', wrap(`${word} ${workload}:${port}: ${decided.reason}`, width - indent), indent);
    }),
  ];
}

function nearest({ nearest: found, verdict }: Explanation, { width, style }: View): string[] {
  const title = style.heading(verdict === 'allow' ? 'NEAREST REQUEST THAT IS REFUSED' : 'NEAREST REQUEST THAT PASSES');
  if (!found) return ['', title, '  none was found'];
  const { request, changes, decided } = found;
  const columns = width - indent;
  const object = decided.by ? [`${decided.by.kind} ${objectName(decided.by)}`, place(decided.by.location)] : [];
  return [
    '',
    title,
    ...hang('', wrap(requestLine(request), columns), indent, style.strong),
    ...hang('', wrap(`changed: ${changes.join('; ')}`, columns), indent),
    ...hang('', wrap(decided.reason, columns), indent),
    ...hang('', flow(object, '   ', columns), indent, style.place),
    ...decided.requires.flatMap(({ text }) => hang('', wrap(`requires ${text}`, columns), indent)),
  ];
}
