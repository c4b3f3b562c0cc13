import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffLines } from './diff-lines.ts';
import { unifiedDiff } from './unified-diff.ts';

const has = (command: string): boolean => spawnSync(command, ['--version']).status === 0;

const line = fc.constantFrom('a', 'b', 'c', '', 'd\r', ' x');
const text = fc
  .tuple(fc.array(line, { maxLength: 30 }), fc.boolean())
  .map(([lines, ends]) => lines.join('\n') + (ends && lines.length > 0 ? '\n' : ''));

describe('unified diffs', () => {
  test('hunks with three lines of context and their numbers', () => {
    const before = Array.from({ length: 20 }, (_, i) => `${i + 1}\n`).join('');
    const after = before.replace('3\n', 'three\n').replace('18\n', '').replace(/20\n$/, '20');
    expect(unifiedDiff({ file: 'a b.yaml', before, after })).toBe(
      [
        '--- a b.yaml\t',
        '+++ a b.yaml\t',
        '@@ -1,6 +1,6 @@',
        ' 1',
        ' 2',
        '-3',
        '+three',
        ' 4',
        ' 5',
        ' 6',
        '@@ -15,6 +15,5 @@',
        ' 15',
        ' 16',
        ' 17',
        '-18',
        ' 19',
        '-20',
        '+20',
        '\\ No newline at end of file',
        '',
      ].join('\n'),
    );
  });

  test('the way from one to the other is shortest, and right', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 14 }), fc.array(line, { maxLength: 14 }), (before, after) => {
        const changes = diffLines(before, after);
        const of = (...kinds: string[]) => changes.filter(({ kind }) => kinds.includes(kind));
        expect(of('same', 'gone').map(({ at }) => at)).toEqual(before.map((_, at) => at));
        const result: (string | undefined)[] = changes.flatMap(({ kind, at }) =>
          kind === 'gone' ? [] : [kind === 'same' ? before[at] : after[at]],
        );
        expect(result).toEqual(after);
        expect(of('same').length).toBe(longestCommon(before, after));
      }),
    );
  });

  for (const [command, args] of [
    ['patch', ['-p0', '-i', 'x.diff']],
    ['git', ['apply', '-p0', '--whitespace=nowarn', 'x.diff']],
  ] as const) {
    test.skipIf(!has(command))(`${command} applies them`, () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'diff-'));
      const file = path.join(folder, 'x.yaml');
      try {
        fc.assert(
          fc.property(text, text, (before, after) => {
            if (before === after || before === '' || after === '') return;
            writeFileSync(file, before);
            writeFileSync(path.join(folder, 'x.diff'), unifiedDiff({ file: 'x.yaml', before, after }));
            execFileSync(command, [...args], { cwd: folder, stdio: 'pipe' });
            expect(readFileSync(file, 'utf8')).toBe(after);
          }),
          { numRuns: 40 },
        );
        writeFileSync(path.join(folder, 'x.diff'), unifiedDiff({ file: 'new.yaml', after: 'a: 1\n' }));
        execFileSync(command, [...args], { cwd: folder, stdio: 'pipe' });
        expect(readFileSync(path.join(folder, 'new.yaml'), 'utf8')).toBe('a: 1\n');
        writeFileSync(path.join(folder, 'x.diff'), unifiedDiff({ file: 'new.yaml', before: 'a: 1\n' }));
        execFileSync(command, [...args], { cwd: folder, stdio: 'pipe' });
        expect(existsSync(path.join(folder, 'new.yaml'))).toBe(false);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});

function longestCommon(a: readonly string[], b: readonly string[]): number {
  const rows = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const [above, here] = [rows[i - 1] as number[], rows[i] as number[]];
      here[j] = a[i - 1] === b[j - 1] ? (above[j - 1] ?? 0) + 1 : Math.max(above[j] ?? 0, here[j - 1] ?? 0);
    }
  return rows[a.length]?.[b.length] ?? 0;
}
