import { diffLines } from './diff-lines.ts';

/** The text as its readers have it: line breaks are `\n`, byte order marks are gone. The same as `collect` makes of it. */
export function withPlainBreaks(raw: string): string {
  return raw.replace(/\r\n?/g, '\n').replace(/(^|\n)\ufeff+/g, '$1');
}

/** An edited text with the line breaks and byte order mark of the file: lines that stayed have theirs, new ones that of the first line. */
export function withBreaksOf(raw: string, after: string): string {
  if (!raw.includes('\r') && !raw.includes('\ufeff')) return after;
  const old = raw.split(/(?<=\r\n|\r(?!\n)|(?<!\r)\n)/);
  const plain = old.map(withPlainBreaks);
  const fresh = after.split(/(?<=\n)/);
  const usual = /\r\n|\r|\n/.exec(raw)?.[0] ?? '\n';
  const lines = diffLines(plain, fresh).map(({ kind, at }) =>
    kind === 'gone' ? '' : kind === 'same' ? (old[at] ?? '') : (fresh[at] ?? '').replace('\n', usual),
  );
  const text = lines.join('');
  return raw.startsWith('\ufeff') && !text.startsWith('\ufeff') ? `\ufeff${text}` : text;
}
