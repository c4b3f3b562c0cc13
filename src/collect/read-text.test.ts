import { describe, expect, it } from 'vitest';
import { inlineObject, readText, readValues } from './read-text.ts';

const names = (text: string) => readText(text, 'f').objects.map(({ value }) => `${value.kind}/${nameOf(value)}`);
const notes = (text: string) =>
  readText(text, 'f').diagnostics.map(({ severity, line, message }) => `${severity} ${line} ${message}`);

function nameOf(value: Readonly<Record<string, unknown>>): unknown {
  return (value.metadata as { name?: unknown }).name;
}

const object = (kind: string, name: string) => `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n`;

describe('readText', () => {
  it('reads documents one by one, and a broken one costs only itself', () => {
    const text = `${object('A', 'a')}---\n${object('B', 'b')}  x: [\n---\n# nothing\n---\n${object('C', 'c')}`;
    expect(names(text)).toEqual(['A/a', 'C/c']);
    expect(notes(text)).toEqual(['error 11 not valid YAML: a bracket is never closed: expected `]` or `}`']);
    expect(readText(text, 'f').documents).toBe(3);
  });

  it('reads line breaks of all systems, and byte order marks wherever files were joined', () => {
    const text = `\ufeff${object('A', 'a')}---\n\ufeff${object('B', 'b')}\ufeff`;
    for (const eol of ['\n', '\r\n', '\r']) {
      const { objects, diagnostics } = readText(text.replaceAll('\n', eol), 'f');
      expect(diagnostics).toEqual([]);
      expect(objects.map(({ origin }) => origin.locate(['metadata', 'name']))).toEqual([
        { file: 'f', line: 4, column: 9 },
        { file: 'f', line: 9, column: 9 },
      ]);
    }
  });

  it('takes JSON: one object, several, indented or not', () => {
    const json = (kind: string) => ({ apiVersion: 'v1', kind, metadata: { name: 'x', labels: { on: 'yes' } } });
    expect(names(JSON.stringify(json('A')))).toEqual(['A/x']);
    expect(names(`${JSON.stringify(json('A'), null, '\t')}\n${JSON.stringify(json('B'))}{"c":[]}`)).toEqual([
      'A/x',
      'B/x',
    ]);
    expect(names(`${JSON.stringify(json('A'))}\n---\n${JSON.stringify(json('B'))}\n`)).toEqual(['A/x', 'B/x']);
    expect(names('{apiVersion: v1, kind: A, metadata: {name: flow}}')).toEqual(['A/flow']);
    expect(notes('{"apiVersion": "v1",\n "kind": "A"\n "metadata": {}}')).toEqual([
      'error 3 not valid YAML: expected a `,` or the closing bracket',
    ]);
  });

  it('takes the objects out of Lists, also nested and typed ones', () => {
    const items = (...kinds: string[]) => kinds.map((kind) => ({ apiVersion: 'v1', kind, metadata: { name: 'x' } }));
    const nested = { apiVersion: 'v1', kind: 'List', items: items('B', 'C') };
    const list = { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items: [...items('A'), nested] };
    expect(names(JSON.stringify(list))).toEqual(['A/x', 'B/x', 'C/x']);
    const pods = { apiVersion: 'v1', kind: 'PodList', items: [{ metadata: { name: 'p' } }, null] };
    const { objects } = readText(JSON.stringify(pods), 'f');
    expect(objects.map(({ value }) => value)).toEqual([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } }]);
    expect(notes('apiVersion: v1\nkind: List\nitems: []\n---\nkind: PodList\nitems:\n')).toEqual([]);
    expect(names(`${object('IPAllowList', 'x')}items: [1]\n`)).toEqual(['IPAllowList/x']);
  });

  it('names what is no object', () => {
    expect(notes('- a\n')).toEqual(['error 1 a list instead of a Kubernetes object']);
    expect(notes('\n\ntext\n')).toEqual(['error 3 a string instead of a Kubernetes object']);
    expect(notes('a: 1\n')).toEqual(['error 1 the document has no `apiVersion`: every Kubernetes object needs one']);
    expect(notes('apiVersion: v1\nmetadata: {}\n')).toEqual([
      'error 1 the document has no `kind`: every Kubernetes object needs one',
    ]);
    expect(notes('apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {}\n')).toEqual([
      'error 4 `Pod` has no `metadata.name`: every Kubernetes object needs one',
    ]);
    expect(notes('apiVersion: v1\nkind: Pod\nmetadata:\n  name: 7\n')).toEqual([
      'error 4 `metadata.name` of `Pod` is a number: expected a text',
    ]);
    expect(notes('apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n')).toEqual([]);
    expect(notes('null\n---\n~\n---\n')).toEqual([]);
  });

  it('names a template that is valid YAML by the placeholder in its name', () => {
    expect(notes(object('Pod', '"{{ .Release.Name }}"'))).toEqual(['error 4 an unrendered template: expected values']);
    expect(notes(`${object('Pod', 'a')}  namespace: \${NAMESPACE}\n`)).toHaveLength(1);
    expect(notes(`${object('Rule', 'a')}summary: "{{ $labels.pod }} is down"\n`)).toEqual([]);
  });

  it('counts definitions of kinds and does not read them', () => {
    const definition = 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b}\n';
    const late = 'kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1\nmetadata: {name: a.b}\n';
    const text = `# c\n${definition}x: [broken\n---\n${late}---\n${definition}---\n${object('A', 'a')}`;
    expect(readText(text, 'f')).toMatchObject({
      skippedKinds: { CustomResourceDefinition: 3 },
      documents: 4,
      diagnostics: [],
    });
    expect(names(text)).toEqual(['A/a']);
  });

  it('passes over documents of this program, and names kustomizations', () => {
    expect(notes('apiVersion: meshproof.dev/v1\nkind: PolicyTest\ncases: []\n')).toEqual([]);
    expect(notes('apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n')).toEqual([
      'info 1 a kustomization is no manifest: what it changes is not seen',
    ]);
  });

  it('bounds the depth of JSON', () => {
    const json = (depth: number) =>
      `{"apiVersion":"v1","kind":"A","metadata":{"name":"a"},"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(notes(json(99))).toEqual([]);
    expect(notes(json(100))).toEqual(['error 1 nested too deeply']);
    expect(notes(json(200_000))).toEqual(['error 1 nested too deeply']);
  });

  it('stops after too many documents', () => {
    const text = Array.from({ length: 5 }, (_, i) => object('A', `a${i}`)).join('---\n');
    const read = readText(text, 'f', { limits: { documents: 3 } });
    expect(read.objects).toHaveLength(3);
    expect(read.diagnostics).toMatchObject([
      { line: 15, message: 'more than 3 documents in one file: the rest is left out' },
    ]);
  });

  it('stops after too many problems', () => {
    const read = readText(`${'a: 1\n---\n'.repeat(5000)}${object('A', 'a')}`, 'f');
    expect(read.diagnostics).toHaveLength(1001);
    expect(read.diagnostics.at(-1)).toMatchObject({
      line: 2000,
      message: '1000 problems in one file: the rest of it is left out',
    });
    expect(read.objects).toEqual([]);
  });

  it('says which documents were not UTF-8', () => {
    const read = readText(`${object('A', 'a')}---\n${object('B', '\ufffd')}`, 'f', { isLossy: true });
    expect(read.objects).toHaveLength(1);
    expect(read.diagnostics).toMatchObject([{ line: 9, message: 'not UTF-8 text' }]);
    expect(readText(object('B', '\ufffd'), 'f').objects).toHaveLength(1);
  });

  it('puts objects into the cluster that was named', () => {
    expect(readText(object('A', 'a'), 'f', { cluster: 'west' }).objects[0]?.cluster).toBe('west');
  });
});

describe('readValues', () => {
  it('returns documents as they are', () => {
    const { documents, diagnostics } = readValues('- 1\n---\nkind: PolicyTest\ncases: [a]\n---\n[\n', 'suite.yaml');
    expect(documents.map(({ value }) => value)).toEqual([[1], { kind: 'PolicyTest', cases: ['a'] }]);
    expect(documents[1]?.origin.line).toBe(3);
    expect(documents[1]?.origin.locate(['cases', 0])).toEqual({ file: 'suite.yaml', line: 4, column: 9 });
    expect(diagnostics).toMatchObject([{ file: 'suite.yaml', line: 7, severity: 'error' }]);
  });
});

describe('inlineObject', () => {
  it('is where its document is', () => {
    const { origin, value, cluster } = inlineObject({ kind: 'Pod' }, 'suite.yaml', 12);
    expect({ value, cluster, source: origin.source, line: origin.line }).toEqual({
      value: { kind: 'Pod' },
      cluster: '',
      source: 'suite.yaml',
      line: 12,
    });
    expect(origin.locate(['spec', 'rules', 0])).toEqual({ file: 'suite.yaml', line: 12, column: 1 });
  });
});
