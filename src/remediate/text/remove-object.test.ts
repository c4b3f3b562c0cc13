import { describe, expect, test } from 'vitest';
import { splitDocuments } from '../../collect/yaml/split.ts';
import { removeObject } from './remove-object.ts';

function remove(text: string, index: number): string {
  const span = splitDocuments(text, 99)[index];
  if (!span) throw new Error('no such document');
  const result = removeObject(text, { ...span, format: 'yaml', path: [] });
  return 'refused' in result ? result.refused : result.text;
}

describe('objects taken out', () => {
  const text = '# of a\na: 1\n---\n# of b\nb: 1\n---\nc: 1 # c';

  test('with the line that opens them and the comment in front', () => {
    expect(remove(text, 0)).toBe('---\n# of b\nb: 1\n---\nc: 1 # c');
    expect(remove(text, 1)).toBe('# of a\na: 1\n---\nc: 1 # c');
    expect(remove(text, 2)).toBe('# of a\na: 1\n---\n# of b\nb: 1\n');
  });

  test('what stands at the start of the file stays', () => {
    expect(remove(`# Copyright\n\n${text}`, 0)).toBe('# Copyright\n\n---\n# of b\nb: 1\n---\nc: 1 # c');
  });

  test('the last one leaves nothing', () => {
    expect(remove('# of a\n---\na: 1\n---\n# nothing\n', 0)).toBe('');
  });

  test('an entry of a List', () => {
    const list = 'kind: List\nitems:\n- a: 1\n# two\n- b: 1\n- c: 1\n';
    const place = { start: 0, end: list.length, format: 'yaml', path: ['items', 1] } as const;
    expect(removeObject(list, place)).toMatchObject({ text: 'kind: List\nitems:\n- a: 1\n# two\n- c: 1\n' });
  });
});
