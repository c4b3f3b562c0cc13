import { dump } from 'js-yaml';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { describe, expect, test } from 'vitest';
import { readValues } from '../../collect/read-text.ts';
import { applyEdits } from '../apply-edits.ts';
import type { FieldEdit } from '../../model/change/change.ts';
import { type Place, spliceEdits } from './splice-edits.ts';

const set = (path: string, value: unknown): FieldEdit => ({ op: 'set', path: steps(path), value });
const del = (path: string): FieldEdit => ({ op: 'delete', path: steps(path) });
const append = (path: string, value: unknown): FieldEdit => ({ op: 'append', path: steps(path), value });
const steps = (path: string) => path.split('/').map((step) => (/^\d+$/.test(step) ? Number(step) : step));

function edit(text: string, edits: readonly FieldEdit[], place: Partial<Place> = {}): string {
  const format = text.trimStart().startsWith('{') && text.includes('"') ? 'json' : 'yaml';
  const result = spliceEdits(text, { start: 0, end: text.length, format, path: [], ...place }, edits);
  if ('refused' in result) return `refused: ${result.refused}`;
  return result.text;
}

const NAMESPACE = `# who owns this
apiVersion: v1
kind: Namespace # a kind
metadata:
    name: shop   # the shop
    labels: # all of them
        # teams look for this
        team: "web"
        tier: 'front'
    annotations:
spec: {}
`;

describe('edits of text', () => {
  test.each<[string, string, FieldEdit[], string]>([
    [
      'a key after the last one, indented as there',
      NAMESPACE,
      [set('metadata/labels/istio-injection', 'enabled')],
      NAMESPACE.replace("        tier: 'front'\n", '$&        istio-injection: enabled\n'),
    ],
    [
      'a value, in its quotes',
      NAMESPACE,
      [set('metadata/labels/tier', "it's")],
      NAMESPACE.replace("'front'", "'it''s'"),
    ],
    [
      'a value before a comment',
      NAMESPACE,
      [set('metadata/name', 'true')],
      NAMESPACE.replace('name: shop', 'name: "true"'),
    ],
    [
      'under a key that has no value',
      NAMESPACE,
      [set('metadata/annotations/a', 1)],
      NAMESPACE.replace('    annotations:\n', '$&        a: 1\n'),
    ],
    [
      'instead of empty brackets',
      NAMESPACE,
      [set('spec/a/b', [])],
      NAMESPACE.replace('spec: {}\n', 'spec:\n    a:\n        b: []\n'),
    ],
    ['a key taken out', NAMESPACE, [del('metadata/labels/team')], NAMESPACE.replace('        team: "web"\n', '')],
    [
      'the last key taken out',
      NAMESPACE,
      [del('metadata/labels/team'), del('metadata/labels/tier')],
      NAMESPACE.replace('labels: #', 'labels: {} #').replace(/ {8}t.*\n/g, ''),
    ],
    ['what is not there taken out', NAMESPACE, [del('metadata/nothing/here')], NAMESPACE],
    ['no line break at the end', 'a: 1\nb:\n  c: 2', [set('b/d', 3)], 'a: 1\nb:\n  c: 2\n  d: 3'],
    ['nothing at the end', 'a: 1\nb:', [set('b/d', 3)], 'a: 1\nb:\n  d: 3'],
    ['in brackets', 'a: {b: 1}\nc: 2\n', [set('a/d', 'x: y'), set('a/b', 'u')], 'a: {b: u, d: "x: y"}\nc: 2\n'],
    ['in brackets with blanks', 'a: { b: 1 }\n', [set('a/d', 2)], 'a: { b: 1, d: 2 }\n'],
    ['out of brackets', 'a: {b: 1, c: 2, d: 3}\n', [del('a/c'), del('a/d')], 'a: {b: 1}\n'],
    ['all out of brackets', 'a: [x]\n', [del('a/0')], 'a: []\n'],
    ['a list in brackets', 'a: [x, y]\n', [append('a', 'z')], 'a: [x, y, z]\n'],
    [
      'a list under its key',
      'a:\n- x # one\n# end\nb: 1\n',
      [append('a', { c: 1, d: [2] })],
      'a:\n- x # one\n- c: 1\n  d:\n  - 2\n# end\nb: 1\n',
    ],
    ['a list that is missing', 'a:\n  b: 1\n', [append('a/c', '8080')], 'a:\n  b: 1\n  c:\n    - "8080"\n'],
    ['the first key of an entry', 'a:\n  - b: 1\n    c: 2\n', [del('a/0/b')], 'a:\n  - c: 2\n'],
    [
      'the first key before a comment',
      'a:\n  - b: 1\n    # of c\n    c: 2\n',
      [del('a/0/b')],
      'a:\n  -\n    # of c\n    c: 2\n',
    ],
    ['the only key of an entry', 'a:\n  - b: 1\n  - c: 2\n', [del('a/0/b')], 'a:\n  - {}\n  - c: 2\n'],
    [
      'an entry in the middle',
      'a:\n  - b: 1\n  # two\n  - c: 2\n  - d: 3\n',
      [del('a/1')],
      'a:\n  - b: 1\n  # two\n  - d: 3\n',
    ],
    [
      'a key in quotes',
      'a:\n  "8080":\n    mode: DISABLE\n',
      [set('a/9090/mode', 'STRICT')].map((e) => ({ ...e, path: ['a', '9090', 'mode'] }) as FieldEdit),
      'a:\n  "8080":\n    mode: DISABLE\n  "9090":\n    mode: STRICT\n',
    ],
    ['after a tab', 'a:\tb\nc:\n  d: 1\t# x\n', [set('a', 'z'), set('c/d', 2)], 'a:\tz\nc:\n  d: 2\t# x\n'],
    [
      'text of several lines',
      'a: |\n  x: 1\n  y: 2\nb: 1\n',
      [set('a', 'x: 1\ny: 3\nz: 4\n')],
      'a: |\n  x: 1\n  y: 3\n  z: 4\nb: 1\n',
    ],
    ['text of several lines by one', 'a: >-\n  x\n  y\nb: 1\n', [set('a', 'q')], 'a: q\nb: 1\n'],
    [
      'after text of several lines',
      'a:\n  t: |\n    x\n\n# c\nb: 1\n',
      [set('a/u', 1)],
      'a:\n  t: |\n    x\n  u: 1\n\n# c\nb: 1\n',
    ],
    ['a list by a scalar', 'a:\n  - x\n  - y\nb: 1\n', [set('a', 5)], 'a: 5\nb: 1\n'],
    ['a scalar by a list', 'a: 5 # five\nb: 1\n', [set('a', ['x'])], 'a: # five\n  - x\nb: 1\n'],
    [
      'a new list for an old one',
      'a:\n  - x: 1 # one\n    y: 2\n  - z: 3 # three\n',
      [set('a', [{ x: 1, y: 4 }, { z: 3 }, 'm'])],
      'a:\n  - x: 1 # one\n    y: 4\n  - z: 3 # three\n  - m\n',
    ],
    [
      'JSON as it is indented',
      '{\n    "a": {\n        "b": 1\n    },\n    "c": {}\n}\n',
      [set('a/d', { e: [1] }), set('c/f', 'x')],
      '{\n    "a": {\n        "b": 1,\n        "d": {\n            "e": [\n                1\n            ]\n        }\n    },\n    "c": {\n        "f": "x"\n    }\n}\n',
    ],
    [
      'JSON in one line',
      '{"a":{"b":1},"c":[]}',
      [set('a/d', { e: 'x' }), append('c', 1), del('a/b')],
      '{"a":{"d":{"e":"x"}},"c":[1]}',
    ],
    [
      'JSON with tabs',
      '{\n\t"a": {\n\t\t"b": 1\n\t}\n}',
      [set('a/c', 2)],
      '{\n\t"a": {\n\t\t"b": 1,\n\t\t"c": 2\n\t}\n}',
    ],
  ])('%s', (_name, before, edits, after) => {
    expect(edit(before, edits)).toBe(after);
  });

  test('other documents of the stream stay', () => {
    const text = 'a: 1\n---\n# two\nb:\n  c: 1\n---\nd: 1\n';
    const start = text.indexOf('---');
    const end = text.lastIndexOf('---');
    expect(edit(text, [set('b/e', 2)], { start, end })).toBe('a: 1\n---\n# two\nb:\n  c: 1\n  e: 2\n---\nd: 1\n');
  });

  test('an entry of a List, read alone or with the List', () => {
    const text = 'kind: List\nitems:\n- kind: A\n  metadata:\n    name: a\n- kind: B\n';
    const after = 'kind: List\nitems:\n- kind: A\n  metadata:\n    name: a\n    labels:\n      x: z\n- kind: B\n';
    expect(edit(text, [set('metadata/labels/x', 'z')], { path: ['items', 0] })).toBe(after);
    const start = text.indexOf('- kind: A') + 1;
    expect(edit(text, [set('metadata/labels/x', 'z')], { start, end: text.indexOf('- kind: B') })).toBe(after);
  });

  test('what an alias repeats is not changed, its place of use may be', () => {
    const text = 'a: &x\n  b: 1\nc: *x\n';
    expect(edit(text, [set('a/b', 2)])).toMatch(/^refused: `a` is anchored as `&x` and repeated by `\*x`/);
    expect(edit(text, [set('a/d', 2)])).toMatch(/^refused: .*`&x`/);
    expect(edit(text, [del('a')])).toMatch(/^refused: .*`&x`/);
    expect(edit(text, [set('c/b', 2)])).toMatch(/^refused: the value is written elsewhere/);
    expect(edit(text, [set('c', { b: 2 })])).toBe('a: &x\n  b: 1\nc:\n  b: 2\n');
  });

  test('what a merge brings can be set but not taken out', () => {
    const text = 'a: &x\n  b: 1\nc:\n  <<: *x\n  d: 1\n';
    expect(edit(text, [set('c/b', 2)])).toBe('a: &x\n  b: 1\nc:\n  <<: *x\n  d: 1\n  b: 2\n');
    expect(edit(text, [del('c/b')])).toBe('refused: `c.b` is written in a form that cannot be edited in place');
  });
});

const key = fc.constantFrom('a', 'b', 'name', 'istio.io/rev', '8080', 'on', 'y', 'x y', 'true', '#', 'a: b', '*');
const scalar = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom(
    'yes',
    '1e3',
    '0x10',
    '~',
    'null',
    '1_000',
    '12:30',
    '- a',
    '{a',
    "it's",
    'a\nb\n',
    'a\n\nb',
    'a #b',
    '*',
    '2001-01-01',
    '.5',
    '=',
    '<<',
    'é',
  ),
  fc.integer({ min: -9, max: 99999 }),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec<{ tree: unknown; map: unknown; list: unknown }>((tie) => ({
  tree: fc.oneof({ maxDepth: 4, withCrossShrink: true }, scalar, tie('map'), tie('list')),
  map: fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
  list: fc.array(tie('tree'), { maxLength: 3 }),
}));
const object = fc.dictionary(key, tree, { minKeys: 1, maxKeys: 5 }).map((value) => ({ kind: 'x', ...value }));
/** Picks a path that exists or nearly so. */
const pathIn = (value: unknown, picks: readonly number[], fresh: string): (string | number)[] => {
  const path: (string | number)[] = [];
  let at = value;
  for (const pick of picks) {
    if (Array.isArray(at)) path.push(pick % (at.length + 1));
    else if (typeof at === 'object' && at !== null) {
      const keys = [...Object.keys(at), fresh];
      path.push(keys[pick % keys.length] as string);
    } else break;
    at = (at as Record<string, unknown>)[path.at(-1) as string];
  }
  return path.length > 0 ? path : [fresh];
};

const LAYOUTS: ((value: unknown) => string)[] = [
  (value) => stringify(value, { compat: 'yaml-1.1', lineWidth: 0 }),
  (value) => stringify(value, { compat: 'yaml-1.1', indent: 4, indentSeq: false, singleQuote: true }),
  (value) => dump(value, { seqNoIndent: true }),
  (value) => stringify(value, { compat: 'yaml-1.1', collectionStyle: 'flow' }),
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value, null, 2),
  (value) => `# lead\n${stringify(value, { compat: 'yaml-1.1', lineWidth: 0 })}`.replace(/([^|>\-+\n"'])$/gm, '$1'),
];

describe('property', () => {
  test('the text reads as the edits mean, and lines outside of them stay', () => {
    let made = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        object,
        fc.integer({ min: 0, max: LAYOUTS.length - 1 }),
        fc.array(
          fc.record({
            op: fc.constantFrom('set', 'delete', 'append'),
            picks: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
            fresh: key,
            value: tree,
          }),
          { minLength: 1, maxLength: 3 },
        ),
        (value, layout, plans) => {
          const text = LAYOUTS[layout]?.(value) ?? '';
          const read = (of: string): unknown => readValues(of, 'x.yaml').documents[0]?.value;
          const before = read(text);
          let current = before;
          const edits: FieldEdit[] = [];
          for (const plan of plans) {
            const next = { op: plan.op, path: pathIn(current, plan.picks, plan.fresh), value: plan.value } as FieldEdit;
            try {
              current = applyEdits(current, [next]);
              edits.push(next);
            } catch (error) {
              if (!(error instanceof RangeError)) throw error;
            }
          }
          const format = text.startsWith('{') && layout >= 4 ? 'json' : 'yaml';
          const result = spliceEdits(text, { start: 0, end: text.length, format, path: [] }, edits);
          if ('refused' in result) {
            refused++;
            return;
          }
          made++;
          expect(read(result.text)).toEqual(current);
        },
      ),
      { numRuns: 500 },
    );
    expect(refused).toBeLessThan(made / 20);
  });
});
