import { diffLines, type LineChange } from './diff-lines.ts';

/** A text before and after; undefined: there is no such file. */
export interface FileChange {
  readonly file: string;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

const CONTEXT = 3;
const NO_BREAK = '\\ No newline at end of file';

/** A unified diff, as `patch -p0` and `git apply -p0` take it; empty if nothing changed. */
export function unifiedDiff({ file, before, after }: FileChange): string {
  if (before === after) return '';
  const near = cutAlike(before ?? '', after ?? '');
  const [old, fresh] = [toLines(near.before), toLines(near.after)];
  const changes = diffLines(old, fresh);
  const hunks = findHunks(changes).map((range) => renderHunk(changes, range, old, fresh, near.skipped));
  return [
    `--- ${before === undefined ? '/dev/null' : nameOf(file)}\n`,
    `+++ ${after === undefined ? '/dev/null' : nameOf(file)}\n`,
    ...hunks,
  ].join('');
}

/** A name with blanks ends with a tab, or its end would not be known. */
const nameOf = (file: string): string => (/\s/.test(file) ? `${file}\t` : file);

const CHUNK = 4096;

/** What differs, with a few lines around it: of a long file only these are split into lines. */
function cutAlike(
  before: string,
  after: string,
): { readonly before: string; readonly after: string; readonly skipped: number } {
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head + CHUNK <= most && before.slice(head, head + CHUNK) === after.slice(head, head + CHUNK)) head += CHUNK;
  while (head < most && before[head] === after[head]) head++;
  for (let line = 0; line <= CONTEXT; line++) head = head === 0 ? 0 : before.lastIndexOf('\n', head - 1);
  head = head <= 0 ? 0 : head + 1;
  const [old, fresh] = [before.length, after.length];
  let tail = 0;
  const rest = most - head;
  while (
    tail + CHUNK <= rest &&
    before.slice(old - tail - CHUNK, old - tail) === after.slice(fresh - tail - CHUNK, fresh - tail)
  )
    tail += CHUNK;
  while (tail < rest && before[old - tail - 1] === after[fresh - tail - 1]) tail++;
  let end = old - tail;
  for (let line = 0; line <= CONTEXT + 1 && end < old; line++) {
    const found = before.indexOf('\n', end);
    end = found < 0 ? old : found + 1;
  }
  let skipped = 0;
  for (let at = before.indexOf('\n'); at >= 0 && at < head; at = before.indexOf('\n', at + 1)) skipped++;
  return { before: before.slice(head, end), after: after.slice(head, fresh - (old - end)), skipped };
}

/** With their line breaks. */
function toLines(text: string): readonly string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Changes with the lines around them; those that touch are one. */
function findHunks(changes: readonly LineChange[]): readonly Range[] {
  const hunks: { start: number; end: number }[] = [];
  for (const [at, { kind }] of changes.entries()) {
    if (kind === 'same') continue;
    const [start, end] = [Math.max(0, at - CONTEXT), Math.min(changes.length, at + CONTEXT + 1)];
    const last = hunks.at(-1);
    if (last && start <= last.end) last.end = end;
    else hunks.push({ start, end });
  }
  return hunks;
}

function renderHunk(
  changes: readonly LineChange[],
  { start, end }: Range,
  before: readonly string[],
  after: readonly string[],
  skipped: number,
): string {
  const count = (kind: LineChange['kind'], until: readonly LineChange[]): number =>
    until.filter((change) => change.kind === kind || change.kind === 'same').length;
  const [above, inside] = [changes.slice(0, start), changes.slice(start, end)];
  const [oldLines, newLines] = [count('gone', inside), count('new', inside)];
  const first = (lines: number, kind: LineChange['kind']): number =>
    skipped + count(kind, above) + (lines === 0 ? 0 : 1);
  const head = `@@ -${first(oldLines, 'gone')},${oldLines} +${first(newLines, 'new')},${newLines} @@\n`;
  const body = inside.map(({ kind, at }) => {
    const line = (kind === 'new' ? after[at] : before[at]) ?? '';
    const sign = kind === 'same' ? ' ' : kind === 'gone' ? '-' : '+';
    return line.endsWith('\n') ? sign + line : `${sign}${line}\n${NO_BREAK}\n`;
  });
  return head + body.join('');
}
