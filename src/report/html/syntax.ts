/** HTML that is safe to put into a document: made by `html` alone, or constant. */
export interface Html {
  readonly html: string;
}

export type Content = string | number | Html | false | undefined | readonly Content[];

/**
 * A template whose values are escaped, in text and in quoted attributes alike; Html is taken as it is, lists are put together, `false`
 * and undefined are nothing.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  let out = parts[0] ?? '';
  for (const [index, value] of values.entries()) out += textOf(value) + (parts[index + 1] ?? '');
  return { html: out };
}

function textOf(content: Content): string {
  if (typeof content === 'string') return escapeText(content);
  if (typeof content === 'number') return String(content);
  if (content === undefined || content === false) return '';
  if ('html' in content) return content.html;
  let out = '';
  for (const item of content) out += textOf(item);
  return out;
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeText(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (character) => references[character] ?? '') : text;
}

/** A sentence of the result; what it holds in back-ticks is code. */
export function prose(text: string): Html {
  const parts = text.split(/`([^`]+)`/);
  return html`${parts.map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

/** Items with something between them. */
export function joined(items: readonly Content[], separator: Content): Content {
  return items.flatMap((item, index) => (index === 0 ? [item] : [separator, item]));
}

/** Only the web is linked to; everything else is text. */
export function link(url: string): Html {
  return /^https?:\/\/[^\s<>"'`]+$/.test(url) ? html`<a href="${url}" rel="noreferrer">${url}</a>` : html`${url}`;
}
