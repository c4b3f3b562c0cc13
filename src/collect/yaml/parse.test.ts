import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { locationAt, sourceText } from '../source-text.ts';
import { parseYaml } from './parse.ts';

function problemOf(text: string, limits: Partial<Limits> = {}) {
  const { problem } = parseYaml(text, { start: 0, end: text.length }, { ...DEFAULT_LIMITS, ...limits });
  return problem && { line: locationAt(sourceText('f', text), problem.offset).line, ...problem };
}

const read = (text: string) => parseYaml(text, { start: 0, end: text.length }, DEFAULT_LIMITS).value;

describe('what is said about broken YAML', () => {
  it.each([
    ['a:\n  b: 1\n c: 2\n', 3, 'bad indentation: expected a key'],
    ['a:\n- b\n - c: 1\n', 3, 'bad indentation'],
    ['a:\n\tb: 1\n', 2, 'a tab in the indentation: expected spaces'],
    ['a: 1\nb\nc: 2\n', 3, 'expected `key: value`'],
    ['a: "x\nb: 1\n', 3, 'a quote is never closed'],
    ['a: [1,\n  2\n', 3, 'a bracket is never closed'],
    ['a: [1\n  b: 2\n', 2, 'expected a `,` or the closing bracket'],
    ['x: 1\nhost: *.example.com\n', 2, 'an alias (`*name`) without an anchor'],
    ['a: "\\d"\n', 1, 'an unknown escape in double quotes'],
    ['a: x\n? [b]\n: c\n', 1, 'a list or mapping as a key'],
    ['null: 1\n', 1, '`null` as a key'],
    ['a: x\u0000y\n', 1, 'a control character'],
    ['a: |x\n  y\n', 1, 'expected a line break after `|` or `>`'],
    ['a: 1\n]\n', 2, 'expected the end of the document'],
  ])('%j: line %i, %s', (text, line, message) => {
    const problem = problemOf(text);
    expect(problem?.message).toContain(`not valid YAML: `);
    expect(problem?.message).toContain(message);
    expect(problem?.line).toBe(line);
    expect(problem?.help).not.toBe('');
  });

  it('keeps the last of duplicate keys, as kubectl does, and says so', () => {
    const text = 'metadata:\n  name: a\n  labels: {}\n  name: b\nx: 1\nx: 2\n';
    expect(problemOf(text)).toMatchObject({
      line: 4,
      message: 'key `name` stands twice in one mapping: expected it once',
    });
    expect(read(text)).toEqual({ metadata: { name: 'b', labels: {} }, x: 2 });
  });

  it.each([
    ['a: {{ .Values.a }}\n', 1, 'helm template'],
    ['a: 1\n{{- if .Values.b }}\nb: 2\n{{- end }}\n', 2, 'helm template'],
    ['a: 1\nb:\n  {{- toYaml .Values.b | nindent 4 }}\n', 3, 'helm template'],
    ['a: {{ .Release.Name }}-x\n', 1, 'helm template'],
    ['x: 1\ny: 2\nz: 3\na: {{ .Values.a }}\nb: 1\n', 4, 'helm template'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of a shell
    ['a:\n  b: ${B}: c\n', 2, 'envsubst'],
    ['a: 1\n<% if b %>\nb: 2\n', 2, 'meshproof audit -'],
    ['a: 1\n{% if b %}\nb: 2\n', 2, 'meshproof audit -'],
  ])('names an unrendered template: %j', (text, line, help) => {
    expect(problemOf(text)).toMatchObject({ line, message: 'an unrendered template: expected values' });
    expect(problemOf(text)?.help).toContain(help);
  });

  it('does not blame a template far from the error, nor in valid text', () => {
    expect(problemOf('a: "{{ $labels.pod }}"\nb: 1\nc: 1\nd: [\n')?.message).toContain('a bracket is never closed');
    expect(problemOf('a: "{{ $labels.pod }}"\nb: |\n  {{ x }}\n')).toBeUndefined();
  });
});

describe('what kubectl accepts beyond YAML 1.2', () => {
  it('reads brackets and quotes whose lines are not indented', () => {
    expect(read('a:\n  b: [\n  x,\n  "y\n  z"\n  ]\n  c: {\n}\nd: \'x\ny\'\n')).toEqual({
      a: { b: ['x', 'y z'], c: {} },
      d: 'x y',
    });
  });

  it('reports later errors at their place in the file', () => {
    expect(problemOf('a: [\n1\n]\nb: [\n2\n]\nc: "x\n')?.line).toBe(8);
    expect(problemOf('a: [\n1\n]\nc: *x\n')).toMatchObject({ line: 4, offset: 13 });
  });
});

describe('limits', () => {
  it('bounds depth', () => {
    expect(problemOf('['.repeat(101) + ']'.repeat(101))?.message).toContain('nested too deeply');
    expect(problemOf(`${'['.repeat(90)}${']'.repeat(90)}`)).toBeUndefined();
    expect(problemOf(`a: ${'{b: '.repeat(50_000)}`)?.message).toContain('nested too deeply');
    expect(problemOf('- '.repeat(50_000))?.message).toContain('nested too deeply');
  });

  it('bounds aliases, and what they expand to', () => {
    const bomb = [
      'a: &a0 [x, x, x, x, x, x, x, x, x]',
      ...steps(1, 12, (i) => `b${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}]`),
    ].join('\n');
    expect(problemOf(bomb)?.message).toContain('aliases expand to more than 20000000 values');
    expect(problemOf(`a: &a 1\nb: [${'*a, '.repeat(10_001)}]\n`)?.message).toContain('too many aliases');
    const chain = ['a: &a0 {x: 1}', ...steps(1, 200, (i) => `b${i}: &a${i} {x: *a${i - 1}}`)].join('\n');
    expect(problemOf(chain)?.message).toContain('nested too deeply');
    expect(problemOf('a: &a 1\nb: [*a, *a]\n')).toBeUndefined();
  });

  it('refuses an anchor that contains itself', () => {
    for (const text of ['a: &a [*a]\n', 'a: &a {b: *a}\n', 'a: &a\n  b: &b\n    c: [*a, *b]\n']) {
      expect(problemOf(text)?.message).toContain('an anchor contains an alias to itself');
    }
  });

  it('bounds merges', () => {
    const wide = `a: &a {${steps(0, 200, (i) => `k${i}: 1`).join(', ')}}\n`;
    const merges = steps(0, 60, (i) => `m${i}: {<<: *a}`).join('\n');
    expect(problemOf(wide + merges)?.message).toContain('too many aliases');
  });

  it('bounds the length of a document', () => {
    expect(problemOf('a: 1\nb: 2\n', { yamlCharacters: 5 })?.message).toBe('a YAML document of more than 5 characters');
  });
});

function steps<T>(from: number, to: number, make: (i: number) => T): T[] {
  return Array.from({ length: to - from }, (_, i) => make(from + i));
}
