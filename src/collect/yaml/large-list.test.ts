import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../limits.ts';
import { readText } from '../read-text.ts';
import { parseLargeList } from './large-list.ts';
import { parseYaml } from './parse.ts';

const parse = (text: string, span: { start: number; end: number }) => parseYaml(text, span, DEFAULT_LIMITS);
const whole = (text: string) => ({ start: 0, end: text.length });

describe('parseLargeList', () => {
  it.each([
    'apiVersion: v1\nitems:\n- a: 1\n  b: |\n    - x\n\n- c: &x [1]\n  d: *x\n# c\n-\n  e: 2\n-\n- text\nkind: List\nmetadata: {}\n',
    '---\nkind: List\nitems: # all\n  # first\n  - a\n\n  - - b\n    - c\n  - "d\n    e"\n# end\n...\n',
    'items:\n- a',
  ])('reads what js-yaml reads: %j', (text) => {
    const list = parseLargeList(text, whole(text), parse);
    const full = parse(text, whole(text));
    expect(list).toEqual({ value: full.value, problems: [] });
    expect(Object.keys(list?.value ?? {})).toEqual(Object.keys(full.value as object));
  });

  it.each([
    'a: 1\n',
    'items: []\n',
    'items:\n  a: 1\n',
    '- items:\n  - a\n',
    'items:\n- a\nitems:\n- b\n',
    'items:\n- a\nb: [\n',
  ])('leaves to others what is no such List: %j', (text) => {
    expect(parseLargeList(text, whole(text), parse)).toBeUndefined();
  });
});

describe('a large List', () => {
  const entry = (name: string, more = '') => `- apiVersion: v1\n  kind: A\n  metadata:\n    name: ${name}\n${more}`;
  const filler = entry('filler', `  data: {x: ${'y'.repeat(300_000)}}\n`);
  const read = (...entries: string[]) => readText(`apiVersion: v1\nitems:\n${entries.join('')}kind: List\n`, 'f');
  const names = (text: ReturnType<typeof readText>) =>
    text.objects.map(({ value }) => (value.metadata as { name: string }).name);

  it('loses only the entry that is broken', () => {
    const found = read(entry('a'), entry('b', '  x: [\n'), filler, entry('c', '  "x": *nope\n'), entry('d'));
    expect(names(found)).toEqual(['a', 'filler', 'd']);
    expect(found.documents).toBe(1);
    expect(found.diagnostics.map(({ line }) => line)).toEqual([12, 21]);
    expect(found.objects[2]?.origin.locate(['metadata', 'name'])).toEqual({ file: 'f', line: 25, column: 11 });
  });

  it('follows aliases from one entry to another', () => {
    const found = read(entry('a', '  x: &x {z: 1}\n'), filler, entry('b', '  x: *x\n'));
    expect(found.diagnostics).toEqual([]);
    expect(found.objects[2]?.value.x).toEqual({ z: 1 });
  });
});
