import { toPrintable } from './printable.ts';
import { renderPage } from './terminal/page.ts';
import { flow, hang, pad, widest, wrap } from './terminal/layout.ts';
import { createStyle, severityLabel } from './terminal/style.ts';
import { count } from './wording.ts';

/** One rule of the catalogue, as `meshproof rules --format json` prints it. */
export interface RuleRow {
  readonly id: string;
  readonly title: string;
  readonly area: string;
  readonly severity: string;
  readonly catalogue: string;
  readonly page: string;
}

interface TerminalOptions {
  readonly width: number;
  readonly color: boolean;
}

/** The catalogue for a terminal, by area, both in the order given. */
export function renderRules(rules: readonly RuleRow[], { width, color }: TerminalOptions): string {
  const style = createStyle(color);
  const rows = toPrintable(rules);
  const idWidth = widest(rows.map(({ id }) => id));
  const indent = idWidth + 14;
  const lines = [...new Set(rows.map(({ area }) => area))].flatMap((area) => [
    style.heading(area),
    ...rows
      .filter((row) => row.area === area)
      .flatMap(({ id, title, severity, catalogue }) => {
        const label = `  ${pad(id, idWidth)}  ${style.severity(severity)(severityLabel(severity))}`;
        return hang(label, wrap(`${title}${catalogue ? ` (${catalogue})` : ''}`, Math.max(20, width - indent)), indent);
      }),
    '',
  ]);
  const footer = flow([count(rows.length, 'rule'), '`meshproof rule ID` shows the page of one'], ' · ', width);
  return `${[...lines, ...footer].join('\n')}\n`;
}

/** A rule's Markdown page, readable in a terminal. */
export function renderRule(page: string, { width, color }: TerminalOptions): string {
  return renderPage(toPrintable(page), Math.max(40, width), createStyle(color));
}
