import { align, hang, wrap } from './layout.ts';
import type { Style } from './style.ts';

/**
 * The Markdown that rule pages are written in (headings, paragraphs, lists, quotes, fenced code, tables, links, emphasis), laid out for a
 * terminal. Code keeps its lines.
 */
export function renderPage(markdown: string, width: number, style: Style): string {
  const lines = blocksOf(markdown).flatMap((block, index) => [
    ...(index > 0 ? [''] : []),
    ...renderBlock(block, width, style),
  ]);
  return `${lines.join('\n')}\n`;
}

type Block =
  | { kind: 'heading'; text: string }
  | { kind: 'code' | 'table' | 'list' | 'quote' | 'text'; lines: string[] };

const fence = /^\s*(```+|~~~+)/;
const listItem = /^(\s*)([-*+]|\d+[.)])\s+/;

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let closing: string | undefined;
  let open: Exclude<Block, { kind: 'heading' }> | undefined;
  const into = (kind: Exclude<Block['kind'], 'heading'>) => {
    if (open?.kind !== kind) {
      open = { kind, lines: [] };
      blocks.push(open);
    }
    return open.lines;
  };
  for (const line of markdown.split(/\r?\n/)) {
    const mark = fence.exec(line)?.[1];
    if (closing !== undefined) {
      if (mark?.startsWith(closing)) {
        closing = undefined;
        open = undefined;
      } else open?.lines.push(line);
    } else if (mark) {
      open = undefined;
      into('code');
      closing = mark;
    } else if (line.trim() === '') open = undefined;
    else if (/^#{1,6}\s/.test(line)) {
      open = undefined;
      blocks.push({ kind: 'heading', text: line.replace(/^#+\s+/, '') });
    } else if (line.startsWith('|')) into('table').push(line);
    else if (line.startsWith('>')) into('quote').push(line.replace(/^>\s?/, ''));
    else if (listItem.test(line) || open?.kind === 'list') into('list').push(line);
    else into('text').push(line);
  }
  return blocks;
}

function renderBlock(block: Block, width: number, style: Style): string[] {
  switch (block.kind) {
    case 'heading':
      return wrap(block.text.replaceAll('`', ''), width).map(style.heading);
    case 'code':
      return block.lines.map((line) => `    ${style.code(line)}`.trimEnd());
    case 'table':
      return renderTable(block.lines, width, style);
    case 'list':
      return renderList(block.lines, width, style);
    case 'quote':
      return wrap(inline(block.lines.join(' '), style), width - 2).map((line) => `  ${line}`);
    case 'text':
      return wrap(inline(block.lines.join(' '), style), width);
  }
}

/** Lines that start no item belong to the item above them. */
function renderList(lines: readonly string[], width: number, style: Style): string[] {
  const items: { depth: number; mark: string; text: string }[] = [];
  for (const line of lines) {
    const [start, space = '', mark = ''] = listItem.exec(line) ?? [];
    const last = items.at(-1);
    if (start === undefined && last) last.text += ` ${line.trim()}`;
    else
      items.push({
        depth: Math.floor(space.length / 2),
        mark: /\d/.test(mark) ? mark : '-',
        text: line.slice(start?.length ?? 0),
      });
  }
  return items.flatMap(({ depth, mark, text }) => {
    const indent = depth * 2 + mark.length + 1;
    return hang(`${' '.repeat(depth * 2)}${mark}`, wrap(inline(text, style), width - indent), indent);
  });
}

/** A table that is too wide becomes one `header: cell` line per cell. */
function renderTable(lines: readonly string[], width: number, style: Style): string[] {
  const rows = lines
    .filter((line) => !/^\|[\s:|-]+\|?$/.test(line))
    .map((line) =>
      line
        .replace(/^\||\|\s*$/g, '')
        .split(/(?<!\\)\|/)
        .map((cell) => inline(cell.trim().replaceAll('\\|', '|'), style)),
    );
  const aligned = align(rows, width, 2);
  if (aligned) return aligned;
  const [header = [], ...body] = rows;
  return body.flatMap((row) =>
    row.flatMap((cell, index) => hang('', wrap(`${header[index] ?? ''}: ${cell}`, width), index === 0 ? 0 : 2)),
  );
}

/** Paints word by word, so that a line break inside a span needs no care. */
function inline(text: string, style: Style): string {
  const each = (paint: (word: string) => string, words: string) => words.split(' ').map(paint).join(' ');
  return text.replace(
    /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)|<(https?:[^>\s]+)>/g,
    (_, code?: string, bold?: string, label?: string, url?: string, bare?: string) => {
      if (code !== undefined) return each(style.code, code);
      if (bold !== undefined) return each(style.strong, bold);
      if (bare !== undefined) return bare;
      return /^https?:/.test(url ?? '') ? `${label} (${url})` : `${label}`;
    },
  );
}
