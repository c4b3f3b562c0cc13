import { describe, expect, it } from 'vitest';
import { matchesLabels, LabelIndex, matchesSelector } from './label-selection.ts';

describe('matchesSelector', () => {
  const expression = (operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist', values: string[] = []) =>
    ({ matchExpressions: [{ key: 'a', operator, values }] }) as const;

  it('matches everything with nothing to match', () => {
    expect(matchesSelector(undefined, { a: '1' })).toBe(true);
    expect(matchesSelector({}, {})).toBe(true);
  });

  it.each([
    ['In', ['1'], true, false, false],
    ['NotIn', ['1'], false, true, true],
    ['Exists', [], true, true, false],
    ['DoesNotExist', [], false, false, true],
  ] as const)('%s %j: equal %s, other %s, absent %s', (operator, values, equal, other, absent) => {
    const selector = expression(operator, [...values]);
    expect(matchesSelector(selector, { a: '1' })).toBe(equal);
    expect(matchesSelector(selector, { a: '2' })).toBe(other);
    expect(matchesSelector(selector, { b: '1' })).toBe(absent);
  });

  it('needs labels and expressions together', () => {
    const selector = { matchLabels: { b: '2' }, ...expression('In', ['1']) };
    expect(matchesSelector(selector, { a: '1', b: '2' })).toBe(true);
    expect(matchesSelector(selector, { a: '1' })).toBe(false);
    expect(matchesSelector(selector, { b: '2' })).toBe(false);
  });

  it('does not take inherited properties for labels', () => {
    const selector = { matchExpressions: [{ key: 'constructor', operator: 'Exists' as const }] };
    expect(matchesSelector(selector, {})).toBe(false);
    expect(matchesLabels({ toString: 'x' }, {})).toBe(false);
  });
});

describe('LabelIndex', () => {
  const items = [
    { name: 'a', labels: { app: 'web', tier: 'front' } },
    { name: 'b', labels: { app: 'web', tier: 'back' } },
    { name: 'c', labels: { app: 'db' } },
  ];
  const index = new LabelIndex(items, ({ labels }) => labels);
  const find = (wanted: Record<string, string>) => index.find(wanted).map(({ name }) => name);

  it('finds what has all labels, in the order given', () => {
    expect(find({ app: 'web' })).toEqual(['a', 'b']);
    expect(find({ app: 'web', tier: 'back' })).toEqual(['b']);
    expect(find({ tier: 'back', app: 'db' })).toEqual([]);
    expect(find({ app: 'none' })).toEqual([]);
    expect(find({})).toEqual(['a', 'b', 'c']);
  });
});
