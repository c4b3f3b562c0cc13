import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../limits.ts';
import { parseYaml } from './parse.ts';

interface Answer {
  readonly yaml: string;
  readonly value?: unknown;
  readonly error?: string;
  readonly duplicate?: true;
}

const answers = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/input/kubernetes-yaml/answers.json', import.meta.url), 'utf8'),
) as Answer[];

/** Where we differ, and why that is all right. */
const DIFFERENT: Readonly<Record<string, string>> = {
  '100000000000000000000: v\n': 'a key beyond 64 bits',
  '123456789.5: v\n': 'Go rounds keys to 32 bits',
  '1e-7: v\n': 'Go pads exponents of keys',
  '1: a\n"1": b\n': 'Go drops either at random; we report and keep the last',
  'base: &b {x: 1, y: 2}\nd:\n  y: 3\n  <<: *b\n': 'Go lets a merge win over keys before it, against the specification',
  'a: &a {x: 1}\nb: &b {x: 2, y: 3}\nc:\n  <<: *a\n  <<: *b\n': 'two merges in one mapping',
  'a: 1\n---\nb: 2\n': 'Go reads the first document; streams are split before',
  'a: 1\n--- \nb: 2\n': 'Go reads the first document; streams are split before',
  '"a":1\n': 'Go reads a text and drops the rest; we refuse it',
  ' a: 1\nb: 2\n': 'Go drops the second key; we refuse it',
  'a: [-1, -]\n': 'a lone dash in brackets',
  'a: x\u2028  y\n': 'YAML 1.1 breaks lines at U+2028',
  'a: |\n  x': 'no line break at the end of the file',
  'a: {x:, y}\n': 'a colon before a comma',
};

/** Texts that Go refuses and we read: the object could not be in a cluster, but nothing is hidden by reading it. */
const READ_ALTHOUGH_REFUSED = /: [-+]?\.(inf|nan)\n$|^9223372036854775808: |\\\/|\x85/i;

describe('YAML as kubectl reads it', () => {
  it.each(answers.filter((answer) => answer.value !== undefined && !(answer.yaml in DIFFERENT)))('$yaml', (answer) => {
    const { value, problem } = parse(answer.yaml);
    // JSON has no -0.
    expect(value ?? null).toEqual(JSON.parse(JSON.stringify(answer.value)));
    if (!answer.yaml.includes('<<')) expect(problem !== undefined).toBe(answer.duplicate === true);
  });

  it.each(answers.filter(({ yaml, error }) => error !== undefined && !READ_ALTHOUGH_REFUSED.test(yaml)))(
    'refuses $yaml',
    (answer) => {
      const { value, problem } = parse(answer.yaml);
      expect(value).toBeUndefined();
      expect(problem?.message).toMatch(/^[a-z]/);
    },
  );

  it('differs where it is said to', () => {
    for (const text of Object.keys(DIFFERENT)) {
      const answer = answers.find(({ yaml }) => yaml === text);
      const { value, problem } = parse(text);
      expect(problem !== undefined || JSON.stringify(value) !== JSON.stringify(answer?.value), text).toBe(true);
    }
  });
});

function parse(text: string) {
  return parseYaml(text, { start: 0, end: text.length }, DEFAULT_LIMITS);
}
