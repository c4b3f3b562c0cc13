import stringWidth from 'string-width';
import type { Explanation } from '../../result/explanation.ts';
import { toPrintable } from '../printable.ts';
import { requestLine } from '../request-text.ts';
import { flowPhrases, hang, wrap } from '../terminal/layout.ts';
import { createStyle } from '../terminal/style.ts';
import { objectName, place } from '../wording.ts';
import { changeLines } from './change.ts';
import type { View } from './view.ts';

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
function headline(
  { verdict, by, reason, symptom, request, routed, trace }: Explanation,
  { width, style }: View,
): string[] {
  const word = style.outcome(verdict)(verdict.toUpperCase());
  const decider = by
    ? [`${by.kind} ${objectName(by)}`, style.place(place(by.location))]
    : [verdict === 'allow' ? 'nothing stops it' : 'no single object decides'];
  const label = `${word}   `;
  const column = verdict.length + 3;
  const columns = width - column;
  return [
    // The first line stays whole, so that it can be taken out.
    ...hang(label, [decider.join('   ')], column),
    ...hang('', wrap(reason, columns), column),
    ...closest(trace).flatMap((parts) => hang('', flowPhrases(parts, '   ', columns), column, style.place)),
    ...hang('', wrap(requestLine(request), columns), column, style.strong),
    ...(symptom === undefined ? [] : hang('', wrap(`the caller sees: ${symptom}`, columns), column)),
    ...(routed === undefined ? [] : hang('', wrap(`routed to ${routed}`, columns), column)),
  ];
}

/** Where no rule matched, the one that missed least. */
function closest(trace: Explanation['trace']): string[][] {
  const stop = trace.at(-1);
  if (stop?.stage !== 'allow' || stop.outcome !== 'stop') return [];
  const missed = new Map<string, { readonly count: number; readonly parts: string[] }>();
  for (const { stage, point, by } of trace) {
    if (stage !== 'allow' || point !== stop.point || by?.rule === undefined) continue;
    const name = objectName(by);
    const { count = 0, parts = [`came nearest: ${name}`, place(by.location)] } = missed.get(name) ?? {};
    missed.set(name, { count: count + 1, parts });
  }
  const [first, ...rest] = [...missed.values()].sort((a, b) => a.count - b.count);
  return first && (rest.length > 0 || trace.some(({ stage, by }) => stage === 'allow' && by?.rule === undefined))
    ? [first.parts]
    : [];
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
      return [
        ...hang(label, lines, column),
        ...hang('', flowPhrases(object, '   ', width - column), column, style.place),
      ];
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
  if (found === undefined) return [];
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
    ...hang('', flowPhrases(object, '   ', columns), indent, style.place),
    ...decided.requires.flatMap(({ text }) => hang('', wrap(`requires ${text}`, columns), indent)),
  ];
}
