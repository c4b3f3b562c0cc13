import type { Denial } from '../../result/denial.ts';
import { toPrintable } from '../printable.ts';
import { createStyle } from '../terminal/style.ts';
import { hang, wrap } from '../terminal/layout.ts';
import { objectName, place } from '../wording.ts';
import { type ExplanationOptions, explanationLines } from './render.ts';
import type { View } from './view.ts';

const narrowest = 40;
const column = 12;

/** What a log line says and what the model says about it, and then the explanation of the request. */
export function renderDenial(raw: Denial, options: ExplanationOptions): string {
  const denial = toPrintable(raw);
  const view: View = {
    width: Math.max(narrowest, options.width),
    style: createStyle(options.color),
    verbose: options.verbose ?? false,
  };
  return `${[...summary(denial, view), '', ...explanationLines(denial.explanation, view)].join('\n')}\n`;
}

const SOURCES = { envoy: 'THE LOG', ztunnel: 'THE LOG', stated: 'SEEN' } as const;

function summary({ seen, meaning, agrees, agreement, notes }: Denial, { width, style }: View): string[] {
  const { policy, details, code, error } = seen;
  const columns = width - column;
  const shown = [
    ...(code === undefined ? [] : [code === 0 ? 'no HTTP response' : `HTTP ${code}`]),
    ...(details === undefined ? [] : [details]),
    ...(error === undefined ? [] : [error]),
  ].join(', ');
  const word = agrees === null ? 'THE MODEL' : agrees ? 'AGREES' : 'DIFFERS';
  const paint = agrees === false ? style.outcome('deny') : style.heading;
  return [
    ...hang(style.heading(SOURCES[seen.kind]), wrap(meaning, columns), column, style.strong),
    ...(shown === meaning ? [] : hang('', wrap(shown, columns), column, style.faint)),
    ...(policy?.found
      ? hang(
          '',
          [`AuthorizationPolicy ${objectName(policy.found)}   ${place(policy.found.location)}`],
          column,
          style.place,
        )
      : []),
    ...hang(paint(word), wrap(agreement, columns), column),
    ...notes.flatMap((note) => hang(style.heading('NOTE'), wrap(note, columns), column)),
  ];
}
