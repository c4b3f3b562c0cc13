import type { Patch } from '../src/result/types.ts';

type Files = Readonly<Record<string, string>>;

/**
 * Files after patches, one upon the other, as `patch -p0` applies them, but stricter: every line of a hunk must stand where it says, moved by
 * no more than what the patches before added or took away. Throws where one does not apply.
 */
export function applyPatches(files: Files, patches: readonly Pick<Patch, 'diff'>[]): Files {
  return patches.reduce((before, { diff }) => applyPatch(before, diff), files);
}

function applyPatch(files: Files, diff: string): Files {
  const [old = '', fresh = '', ...body] = diff.replace(/\n$/, '').split('\n');
  const [from, to] = [nameIn(old, '--- '), nameIn(fresh, '+++ ')];
  const name = from ?? to;
  if (name === undefined) throw new Error(`no patch of a file: ${diff}`);
  const before = files[name];
  if (from === undefined ? before !== undefined : before === undefined)
    throw new Error(`${name} ${from === undefined ? 'is there already' : 'is not there'}: ${diff}`);
  const lines = applyHunks(before === undefined || before === '' ? [] : toLines(before), hunksOf(body), diff);
  const { [name]: _before, ...others } = files;
  if (to !== undefined) return { ...others, [name]: lines.join('') };
  if (lines.length > 0) throw new Error(`${name} is not empty when it goes: ${diff}`);
  return others;
}

function nameIn(line: string, mark: string): string | undefined {
  if (!line.startsWith(mark)) throw new Error(`\`${line}\` does not start with \`${mark}\``);
  const name = line.slice(mark.length).replace(/\t$/, '');
  return name === '/dev/null' ? undefined : name;
}

/** With their line breaks. */
const toLines = (text: string): string[] => text.split(/(?<=\n)/);

interface Hunk {
  readonly start: number;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

function hunksOf(body: readonly string[]): readonly Hunk[] {
  const hunks: { start: number; before: string[]; after: string[] }[] = [];
  let last: string[][] = [];
  for (const line of body) {
    const head = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@/.exec(line);
    const hunk = hunks.at(-1);
    if (head) {
      // Of no lines the line before is told.
      const start = Number(head[1]) - (head[2] === '0' ? 0 : 1);
      hunks.push({ start, before: [], after: [] });
    } else if (!hunk) throw new Error(`\`${line}\` stands in no hunk`);
    else if (line.startsWith('\\')) for (const list of last) list.push((list.pop() ?? '').replace(/\n$/, ''));
    else {
      last = line.startsWith('-')
        ? [hunk.before]
        : line.startsWith('+')
          ? [hunk.after]
          : line.startsWith(' ')
            ? [hunk.before, hunk.after]
            : [];
      if (last.length === 0) throw new Error(`\`${line}\` is no line of a hunk`);
      for (const list of last) list.push(`${line.slice(1)}\n`);
    }
  }
  return hunks;
}

function applyHunks(lines: readonly string[], hunks: readonly Hunk[], diff: string): readonly string[] {
  const result = [...lines];
  let moved = 0;
  for (const { start, before, after } of hunks) {
    const at = findHunk(result, before, start + moved);
    if (at === undefined) throw new Error(`does not apply at line ${start + 1}: ${diff}`);
    result.splice(at, before.length, ...after);
    moved = at - start + after.length - before.length;
  }
  return result;
}

/** The place nearest to where it is told: other patches may have moved it. */
function findHunk(lines: readonly string[], hunk: readonly string[], wanted: number): number | undefined {
  const fits = (at: number): boolean => at >= 0 && hunk.every((line, index) => lines[at + index] === line);
  for (let off = 0; off <= lines.length; off++) for (const at of [wanted + off, wanted - off]) if (fits(at)) return at;
  return undefined;
}
