import { isDeepStrictEqual } from 'node:util';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/collect/limits.ts';
import { sourceText } from '../../src/collect/source-text.ts';
import { resolvePlain } from '../../src/collect/yaml/fast/plain.ts';
import { isCommonText, readFast } from '../../src/collect/yaml/fast/read.ts';
import { parseYaml } from '../../src/collect/yaml/parse.ts';
import { kubernetesSchema } from '../../src/collect/yaml/schema.ts';
import { splitDocuments } from '../../src/collect/yaml/split.ts';
import { mutation, object, stream, writer } from './manifests.ts';

const SEED = 20262;
const CORPUS = '../shared/corpus';

/** Documents that the fast reader read, and those that it left to js-yaml. Both readers must agree on the former. */
function compare(text: string): { fast: number; left: number } {
  const plain = sourceText('f', text).text;
  let fast = 0;
  let left = 0;
  for (const { start, end } of splitDocuments(plain, 100_000)) {
    const value = isCommonText(plain.slice(start, end)) ? readFast(plain, start, end, 100) : undefined;
    if (value === undefined) {
      left++;
      continue;
    }
    fast++;
    const full = parseYaml(plain, { start, end }, DEFAULT_LIMITS);
    const document = plain.slice(start, end);
    expect(full.problem, document).toBeUndefined();
    expect(
      isDeepStrictEqual(value, full.value),
      `${document}\n${JSON.stringify(value)}\n${JSON.stringify(full.value)}`,
    ).toBe(true);
    // Also the order of keys, in which diagnostics come.
    expect(JSON.stringify(value)).toBe(JSON.stringify(full.value));
  }
  return { fast, left };
}

describe('the fast reader agrees with js-yaml or leaves the document to it', () => {
  it('on objects in each way of writing them, most of which it knows', () => {
    let fast = 0;
    let left = 0;
    fc.assert(
      fc.property(object, writer, (written, write) => {
        const compared = compare(write(written));
        fast += compared.fast;
        left += compared.left;
      }),
      { seed: SEED, numRuns: 2000 },
    );
    expect(fast / (fast + left)).toBeGreaterThan(0.5);
  });

  it('on mutated manifests', () => {
    fc.assert(
      fc.property(stream, mutation, (whole, mutate) => {
        compare(mutate(whole));
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  it('on random text of the characters that mean something', () => {
    const parts = fc.constantFrom(
      ...[
        'a',
        'b: ',
        'c:',
        '- ',
        '-',
        '\n',
        '\n  ',
        '\n    ',
        '\n',
        '"',
        "'",
        '[',
        ']',
        '{',
        '}',
        ', ',
        ',',
        ': ',
        ':',
        ' #x',
        '#',
        '|',
        '|-',
        '|+',
        '>',
        '>-',
        ' ',
        '  ',
      ],
      ...[
        '\t',
        '\\',
        '\\n',
        '\\\n',
        '&a',
        '*a',
        '!',
        '?',
        '? ',
        '%',
        '@',
        '`',
        '<<',
        '~',
        'null',
        'yes',
        '0x1',
        '012',
        '1.5',
        '.',
        '...',
        '---',
        '=',
        'é',
        '\u0085',
        '\u2028',
      ],
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 25 }), (chosen) => {
        compare(chosen.join(''));
      }),
      { seed: SEED, numRuns: 20_000 },
    );
  });

  it('on the texts of which it is recorded how kubectl reads them', () => {
    const answers = readFileSync(new URL('../fixtures/input/kubernetes-yaml/answers.json', import.meta.url), 'utf8');
    let fast = 0;
    for (const { yaml } of JSON.parse(answers) as { yaml: string }[]) fast += compare(yaml).fast;
    expect(fast).toBeGreaterThan(250);
  });

  it('on what plain scalars stand for', () => {
    const characters = fc.constantFrom(...'0123456789+-._xXoObBeEaAfF:nNyYtTrRuUlL~<='.split(''));
    const words = fc.constantFrom('null', 'True', 'YES', 'off', 'y', 'N', '<<', '.inf', '.NaN', '1e400', '0o17', '08');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(characters, { maxLength: 8 }).map((parts) => parts.join('')),
          words,
        ),
        (text) => {
          expect(resolvePlain(text)).toBe(kubernetesSchema.resolveImplicitScalarTag(text).value);
        },
      ),
      { seed: SEED, numRuns: 20_000 },
    );
  });

  it('on scalars, keys and collections put together by the rules', () => {
    fc.assert(
      fc.property(common(0), (text) => {
        compare(text);
      }),
      { seed: SEED, numRuns: 5000 },
    );
  });

  it.skipIf(!existsSync(CORPUS))('on real manifests, nearly all of which it knows (needs ../shared)', () => {
    let fast = 0;
    let left = 0;
    for (const file of globSync('**/*.{yaml,yml}', { cwd: CORPUS, absolute: true })) {
      const compared = compare(readFileSync(file, 'utf8'));
      fast += compared.fast;
      left += compared.left;
    }
    expect(fast).toBeGreaterThan(1000);
    expect(left / (fast + left)).toBeLessThan(0.05);
  });
});

/** Text that looks like YAML: lines of keys, entries and scalars, at indentations that mostly fit. */
function common(depth: number): fc.Arbitrary<string> {
  const scalar = fc.constantFrom(
    'a',
    'b c',
    '1',
    '0x1f',
    'on',
    '~',
    '"q"',
    "'q'",
    '"a\\n"',
    "'it''s'",
    '"x\n  y"',
    "'x\n\n  y'",
    '[a, 1]',
    '{a: b, "c":d}',
    '[\n a,\n]',
    '{}',
    '[]',
    'a\n   b',
    'a # c',
    '"a" # c',
    '',
    '# c',
    '*',
    'a:b',
    'a: b',
    '- a',
    '|\n      x',
    '|-\n      x\n\n       y\n',
    '>\n      x\n      y\n',
    '|+\n      x\n\n',
    '|\n',
    '-1',
    '.5',
    '1_0',
  );
  const key = fc.constantFrom(
    'a',
    'b',
    'spec',
    'name',
    'app/x',
    '"q k"',
    "'k'",
    'on',
    '1',
    'a b',
    'x.y',
    '<<',
    '- k',
    '-  k',
    '- - k',
  );
  const indent = ' '.repeat(depth * 2);
  const line = fc
    .tuple(key, scalar, fc.constantFrom('', '', '', ' ', '  '))
    .map(([k, s, more]) => `${indent}${more}${k}: ${s}\n`);
  const entry = fc.tuple(scalar, fc.constantFrom('', '', ' ')).map(([s, more]) => `${indent}${more}- ${s}\n`);
  const nested = depth > 2 ? line : fc.tuple(key, common(depth + 1)).map(([k, below]) => `${indent}${k}:\n${below}`);
  const other = fc.constantFrom('\n', '# c\n', `${indent}# c\n`, '   \n', '      # c\n');
  const any = fc.oneof(
    { weight: 5, arbitrary: line },
    { weight: 2, arbitrary: entry },
    { weight: 3, arbitrary: nested },
    { weight: 1, arbitrary: other },
  );
  return fc.array(any, { minLength: 1, maxLength: 4 }).map((lines) => lines.join(''));
}
