import { describe, expect, it } from 'vitest';
import type { Path } from '../model/resource.ts';
import { readText } from './read-text.ts';

const HEAD = 'apiVersion: v1\nkind: A\nmetadata: {name: a}\n';

/** Line, column and the rest of the line where `path` of an object is. */
function place(text: string, path: Path, object = 0): string {
  const found = readText(text, 'f').objects[object]?.origin.locate(path);
  if (!found || !('line' in found)) return 'nowhere';
  return `${found.line}:${found.column} ${text.split('\n')[found.line - 1]?.slice(found.column - 1)}`;
}

describe('places of values', () => {
  const text = `# first\n---\n# about a\n${HEAD}spec:\n  rules:\n  - from: 'x'\n    to: "y"\n  -\n    from: z\n  empty:\n  on: 1\n  text: |\n\n    one\n  8080: {a: [b, {c: d}]}\n`;

  it.each<[Path, string]>([
    [[], '4:1 apiVersion: v1'],
    [['metadata', 'name'], '6:18 a}'],
    [['spec'], '8:3 rules:'],
    [['spec', 'rules'], "9:3 - from: 'x'"],
    [['spec', 'rules', 0], "9:5 from: 'x'"],
    [['spec', 'rules', 0, 'from'], "9:11 'x'"],
    [['spec', 'rules', 0, 'to'], '10:9 "y"'],
    [['spec', 'rules', 1], '12:5 from: z'],
    [['spec', 'empty'], '13:3 empty:'],
    [['spec', 'true'], '14:7 1'],
    [['spec', 'text'], '17:5 one'],
    [['spec', '8080', 'a', 1, 'c'], '18:21 d}]}'],
  ])('%j', (path, expected) => {
    expect(place(text, path)).toBe(expected);
  });

  it.each<[Path, string]>([
    [['spec', 'rules', 2, 'from'], "9:3 - from: 'x'"],
    [['spec', 'rules', 0, 'when', 3], "9:5 from: 'x'"],
    [['spec', 'rules', 0, 'from', 'deeper'], "9:11 'x'"],
    [['status'], '4:1 apiVersion: v1'],
    [['spec', 'rules', 'name'], "9:3 - from: 'x'"],
    [['spec', 0], '8:3 rules:'],
  ])('%j is missing: the nearest that is there', (path, expected) => {
    expect(place(text, path)).toBe(expected);
  });

  it('follows aliases and merges to where a value was written', () => {
    const shared = `${HEAD}x: &x {p: 1, q: 2}\nw: &w\n  <<: *x\n  q: 3\nz:\n  <<: [*w, {r: 4}]\n  s: *x\n`;
    expect(place(shared, ['w', 'p'])).toBe('4:11 1, q: 2}');
    expect(place(shared, ['w', 'q'])).toBe('7:6 3');
    expect(place(shared, ['z', 'q'])).toBe('7:6 3');
    expect(place(shared, ['z', 'p'])).toBe('4:11 1, q: 2}');
    expect(place(shared, ['z', 'r'])).toBe('9:16 4}]');
    expect(place(shared, ['z', 's'])).toBe('10:6 *x');
    expect(place(shared, ['z', 's', 'q'])).toBe('4:17 2}');
  });

  it('takes the last of duplicate keys, as the value does', () => {
    expect(place(`${HEAD}x: 1\nx: 2\n`, ['x'])).toBe('5:4 2');
    expect(place('{"apiVersion":"v1","kind":"A","metadata":{"name":"a"},"x":1,"x":2}', ['x'])).toBe('1:65 2}');
  });

  it('finds values behind brackets that are not indented', () => {
    expect(place(`${HEAD}x: [\n1,\n2\n]\nz: [\n{a: b}\n]\n`, ['z', 0, 'a'])).toBe('9:5 b}');
  });

  it('finds values in JSON, on one line or many', () => {
    const value = {
      apiVersion: 'v1',
      kind: 'A',
      metadata: { name: 'a' },
      spec: { 'a\\"b': [1, [true, { c: 'x]' }]], é: null },
    };
    for (const indent of [0, 2]) {
      const json = JSON.stringify(value, null, indent);
      expect(place(json, ['spec', 'a\\"b', 1, 1, 'c'])).toMatch(/^\d+:\d+ "x]"/);
      expect(place(json, ['spec', 'é'])).toMatch(/ null/);
      expect(place(json, ['spec', 'a\\"b', 7])).toMatch(/ \[/);
      expect(place(json, ['spec', 'no', 'such'])).toBe(place(json, ['spec']));
      expect(place(json, [])).toMatch(/^1:1 \{/);
    }
  });

  it.each([
    'apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: A\n  metadata: {name: a}\n  x: |\n    - no\n# c\n-\n  apiVersion: v1\n  kind: B\n  metadata: {name: b}\n  # c\n  spec: [1, *q]\nkind: List\n'.replace(
      ', *q',
      '',
    ),
    'kind: List\napiVersion: v1\nitems:   # all\n  # first\n  - apiVersion: v1\n    kind: A\n    metadata: {name: a}\n\n  - kind: B\n    apiVersion: v1\n    metadata: {name: b}\n    spec: [1]\nmetadata:\n  resourceVersion: ""\n',
    '{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: A, metadata: {name: a}},\n {apiVersion: v1, kind: B, metadata: {name: b}, spec: [1]}]}\n',
    '{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}},\n {"apiVersion": "v1", "kind": "B", "metadata": {"name": "b"}, "spec": [1]}]}\n',
    'apiVersion: v1\nkind: List\n"items":\n- {apiVersion: v1, kind: A, metadata: {name: a}}\n- {apiVersion: v1, kind: B, metadata: {name: b}, spec: [1]}\n',
  ])('finds values in Lists: %j', (list) => {
    expect(place(list, ['metadata', 'name'], 0)).toMatch(/ "?a/);
    expect(place(list, ['metadata', 'name'], 1)).toMatch(/ "?b/);
    expect(place(list, ['spec', 0], 1)).toMatch(/ 1/);
    expect(place(list, ['kind'], 1)).toMatch(/ "?B/);
    expect(place(list, [], 0)).toMatch(/apiVersion|kind/);
    expect(place(list, ['spec', 5], 1)).toBe(place(list, ['spec'], 1));
  });

  it('finds values in Lists inside Lists', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n  - {apiVersion: v1, kind: A, metadata: {name: a}}\n  - {apiVersion: v1, kind: B, metadata: {name: b}}\n`;
    expect(place(list, ['metadata', 'name'], 1)).toBe('8:48 b}}');
  });

  it('knows the first line of each object', () => {
    const { objects } = readText(`\n# c\n${HEAD}---\n\n# d\n${HEAD}`, 'f');
    expect(objects.map(({ origin }) => [origin.source, origin.line])).toEqual([
      ['f', 3],
      ['f', 9],
    ]);
  });

  it('answers for many documents in any order', () => {
    const many = Array.from({ length: 40 }, (_, i) => `${HEAD}x: ${i}\n`).join('---\n');
    const { objects } = readText(many, 'f');
    for (const step of [7, 13, 39]) {
      for (let i = 0; i < 40; i++) {
        const index = (i * step) % 40;
        expect(objects[index]?.origin.locate(['x'])).toEqual({ file: 'f', line: index * 5 + 4, column: 4 });
      }
    }
  });
});
