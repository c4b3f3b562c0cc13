import { oneLine } from '../wording.ts';

/**
 * Text of the result as Markdown, on one line: nothing in it starts a list, a link, a mention, HTML or a table cell. Only code in
 * back-ticks, as messages have it, stays code. What Markdown would read is written as character references.
 */
export function prose(text: string): string {
  const parts = oneLine(text).split(/`([^`]+)`/);
  return parts.map((part, index) => (index % 2 === 1 ? code(part) : escapePlain(part, index === 0))).join('');
}

function escapePlain(text: string, startsLine: boolean): string {
  const inner = text
    .replace(/[\\`*[\]<>&|#~$@^{}]/g, reference)
    .replace(/(?<![a-z0-9])_|_(?![a-z0-9])/gi, reference)
    .replace(/!(?=&)/g, reference)
    .replace(/:(?=\/\/)/g, reference)
    .replace(/\bwww\./gi, 'www&#46;');
  return startsLine ? inner.replace(/^[-+=]|(?<=^\d+)[.)](?=\s|$)/, reference) : inner;
}

/** Code on one line. Back-ticks where they suffice, else HTML with every special character written as a reference. */
export function code(text: string): string {
  const line = oneLine(text);
  if (line === '') return '';
  return /[`|\\]/.test(line) ? `<code>${line.replace(/[^\w .,/:()-]/gu, reference)}</code>` : `\`${line}\``;
}

const named: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' };

function reference(character: string): string {
  return named[character] ?? `&#${character.codePointAt(0)};`;
}

/** A block of code whose fence is longer than any fence in it. */
export function fenced(text: string, language = ''): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\r\n?/g, '\n').trimEnd()}\n${fence}`;
}

/** A table; cells are Markdown already. Nothing without rows. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [[line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')];
}

/** Items are Markdown already. Nothing without items. */
export function bullets(items: readonly string[]): string[] {
  return items.length === 0 ? [] : [items.map((item) => `- ${item.replaceAll('\n', '\n  ')}`).join('\n')];
}

export function numbered(items: readonly string[]): string[] {
  return items.length === 0
    ? []
    : [items.map((item, index) => `${index + 1}. ${item.replaceAll('\n', '\n   ')}`).join('\n')];
}

/** Long parts, folded where HTML is shown; the summary is Markdown already. */
export function folded(summary: string, blocks: readonly string[]): string[] {
  return blocks.length === 0 ? [] : [`<details><summary>${summary}</summary>`, ...blocks, '</details>'];
}

/** Only the web is linked to; everything else is text. */
export function link(url: string): string {
  return /^https?:\/\/[^\s<>"'`]+$/.test(url) ? `<${url}>` : prose(url);
}
