import { describe, expect, it } from 'vitest';
import { splitDocuments } from './split.ts';

const split = (text: string, limit = 100) =>
  splitDocuments(text, limit).map(({ start, end }) => text.slice(start, end));

describe('splitDocuments', () => {
  it('cuts at `---` lines, which belong to the document after them', () => {
    expect(split('a: 1\n---\nb: 2\n--- # two\nc: 3\n')).toEqual(['a: 1\n', '---\nb: 2\n', '--- # two\nc: 3\n']);
  });

  it('keeps content on the marker line', () => {
    expect(split('--- {a: 1}\n---\tb: 2\n--- |\n text\n')).toEqual(['--- {a: 1}\n', '---\tb: 2\n', '--- |\n text\n']);
  });

  it('leaves out what says nothing', () => {
    expect(split('')).toEqual([]);
    expect(split('# a\n---\n\n---\n# b\n---')).toEqual([]);
    expect(split('---\n---\na: 1\n---\n---\n')).toEqual(['---\na: 1\n']);
  });

  it('cuts at `...` lines', () => {
    expect(split('a: 1\n...\nb: 2\n... # end\n---\nc: 3\n...')).toEqual([
      'a: 1\n...\n',
      'b: 2\n... # end\n',
      '---\nc: 3\n...',
    ]);
  });

  it('gives directives to the document after them', () => {
    expect(split('%YAML 1.1\n---\na: 1\n---\nb: 2\n...\n%YAML 1.1\n# x\n---\nc: 3\n')).toEqual([
      '%YAML 1.1\n---\na: 1\n',
      '---\nb: 2\n...\n',
      '%YAML 1.1\n# x\n---\nc: 3\n',
    ]);
  });

  it('does not take other lines for markers', () => {
    for (const text of [
      'a: 1\n---x\n',
      'a: |\n  x\n  ---\n  y\n',
      'a: 1\n ---\n',
      'a: 1\n.... \n',
      '----\n',
      'a: "...\n  ---"\n',
    ]) {
      expect(split(text)).toEqual([text]);
    }
  });

  it('cuts where the marker is the last line, with or without a line break', () => {
    expect(split('a: 1\n---')).toEqual(['a: 1\n']);
    expect(split('---')).toEqual([]);
    expect(split('...')).toEqual([]);
    expect(split('a: 1\n---\nb: 2')).toEqual(['a: 1\n', '---\nb: 2']);
  });

  it('stops after the limit', () => {
    expect(split('a: 1\n---\nb: 2\n---\nc: 3\n', 2)).toEqual(['a: 1\n', '---\nb: 2\n']);
  });
});
