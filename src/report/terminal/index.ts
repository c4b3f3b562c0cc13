import type { Renderer } from '../renderer.ts';
import { indexWorkloads, openFindings, severityCounts } from '../causes.ts';
import { headline } from '../headline.ts';
import { toPrintable } from '../printable.ts';
import { figure } from '../wording.ts';
import type { AuditResult } from '../../result/types.ts';
import { causes } from './causes.ts';
import { firstScreen, verdict } from './first-screen.ts';
import { flow, flowPhrases } from './layout.ts';
import { inventoryLines, remainder, residualLines } from './remainder.ts';
import { createStyle, type Style } from './style.ts';

/** Narrower than this, text would be cut into splinters. */
const narrowest = 40;

/** The report for a terminal: the first screen answers, what follows explains, the last line repeats the answer above the prompt. */
export const renderTerminal: Renderer = (raw, options) => {
  const result = toPrintable(raw);
  const style = createStyle(options.color);
  const width = Math.max(narrowest, options.width);
  const verbose = options.verbose ?? false;
  const lines = options.residualOnly
    ? [
        ...flowPhrases(headline(result), ' · ', width).map(style.strong),
        '',
        ...verdict(result, width, style),
        '',
        ...residualLines(result, width, style),
      ]
    : [
        ...firstScreen(result, indexWorkloads(result), width, style),
        ...causes(result, width, style, verbose),
        ...(verbose ? [...inventoryLines(result, width, style), '', ...residualLines(result, width, style)] : []),
        ...remainder(result, width, style, verbose),
        '',
        ...lastLine(result, width, style),
      ];
  return `${lines.join('\n')}\n`;
};

function lastLine(result: AuditResult, width: number, style: Style): string[] {
  const counts = severityCounts(openFindings(result)).map(
    ({ severity, findings }) => `${findings} ${severity.toLowerCase()}`,
  );
  return flow(
    [
      style.verdict(result.verdict)(result.verdict),
      `configured ${figure(result.score.configured)}`,
      `proven ${figure(result.score)}`,
      ...counts,
    ],
    ' · ',
    width,
  );
}
