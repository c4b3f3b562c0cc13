import type { By, Location } from '../../result/location.ts';
import { severityRows } from '../../result/method.ts';
import type { Severity } from '../../result/status.ts';
import type { Patch } from '../../result/types.ts';
import type { Tone } from '../port-text.ts';
import { byName, place } from '../wording.ts';
import { type Content, type Html, html } from './syntax.ts';

/** Shapes stand for severities beside colour and word. */
const shapes: Record<Severity, string> = { CRITICAL: '▲', HIGH: '◆', MEDIUM: '■', LOW: '●', INFORMATIONAL: '○' };

export function severityChip(severity: Severity): Html {
  return html`<span class="chip ${severity.toLowerCase()}"><span aria-hidden="true">${shapes[severity]} </span>${severity}</span>`;
}

/** How many of each severity, worst first. */
export function severityCountChips(counts: readonly { severity: Severity; findings: number }[]): Html[] {
  return severityRows.flatMap(({ severity }) => {
    const row = counts.find((each) => each.severity === severity);
    return row
      ? [
          html`<li><span class="chip ${severity.toLowerCase()}"><span aria-hidden="true">${shapes[severity]} </span>${row.findings} ${severity.toLowerCase()}</span></li>`,
        ]
      : [];
  });
}

const toneShapes: Record<Tone, string> = { good: '✓', bad: '✗', unsure: '?', plain: '–' };

export function tone(kind: Tone, text: string): Html {
  return html`<span class="tone ${kind}"><span aria-hidden="true">${toneShapes[kind]} </span>${text}</span>`;
}

export function code(text: string): Html {
  return html`<code>${text}</code>`;
}

export function at(location: Location): Html {
  return html`<code class="place">${place(location)}</code>`;
}

/** The deciding object and where it is written. */
export function decidedBy(by: By): Html {
  return html`<small>${by.kind} <code>${byName(by)}</code> ${at(by.location)}</small>`;
}

/** A block that is there to be copied. Wide ones scroll, so it takes focus. */
export function block(text: string, label: string): Html {
  return html`<pre tabindex="0" role="group" aria-label="${label}">${text.trimEnd()}</pre>`;
}

/** A patch; whole added and removed lines are coloured, their signs stay. */
export function patchBlock({ file, kind, diff }: Patch): Html {
  const lines = diff
    .trimEnd()
    .split('\n')
    .map((line) => {
      if (kind === 'edit' && /^\+(?!\+\+ )/.test(line))
        return html`<span class="add">${line}
</span>`;
      if (kind === 'edit' && /^-(?!-- )/.test(line))
        return html`<span class="del">${line}
</span>`;
      return html`${line}
`;
    });
  return html`<h4>${kind === 'new' ? 'New file' : 'Change'} <code>${file}</code></h4><pre tabindex="0" role="group" aria-label="Patch of ${file}">${lines}</pre>`;
}

/** Long parts, folded. */
export function folded(summary: Content, inner: Content, open = false): Html {
  return html`<details${open && html` open`}><summary>${summary}</summary><div class="inner">${inner}</div></details>`;
}

/** A table that scrolls sideways by itself where the page is narrow. Short ones stay on one page of paper. */
export function scrolling(label: string, table: Html, rows: number): Html {
  return html`<div class="scroll${rows <= 12 && ' short'}" tabindex="0" role="group" aria-label="${label}">${table}</div>`;
}

export interface Column {
  readonly name: string;
  readonly numeric?: true;
}

/** A table with a header row; the first cell of each row is its header. Nothing without rows. */
export function table(
  caption: string,
  columns: readonly (string | Column)[],
  rows: readonly (readonly Content[])[],
): Content {
  if (rows.length === 0) return undefined;
  const all = columns.map((column): Column => (typeof column === 'string' ? { name: column } : column));
  const numeric = (index: number) => all[index]?.numeric === true && html` class="n"`;
  const cell = (content: Content, index: number) =>
    index === 0 ? html`<th scope="row"${numeric(index)}>${content}</th>` : html`<td${numeric(index)}>${content}</td>`;
  return scrolling(
    caption,
    html`<table><caption class="unseen">${caption}</caption><thead><tr>${all.map(({ name }, index) => html`<th scope="col"${numeric(index)}>${name}</th>`)}</tr></thead><tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>`)}</tbody></table>`,
    rows.length,
  );
}

export function bullets(items: readonly Content[]): Content {
  return items.length > 0 && html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`;
}
