import { describe, expect, it } from 'vitest';
import { matchesLabels, matchesSelector } from '../model/inventory/label-selection.ts';
import { labelProjection, selectorKeys } from './selector.ts';

const expression = (
  key: string,
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist',
  ...values: readonly string[]
) => ({
  matchExpressions: [{ key, operator, values }],
});

describe('matchesSelector', () => {
  it.each([
    ['an empty selector', {}, true],
    ['a label', { matchLabels: { app: 'web' } }, true],
    ['another value', { matchLabels: { app: 'api' } }, false],
    ['an absent key', { matchLabels: { tier: '' } }, false],
    ['a name that every object inherits', { matchLabels: { constructor: 'x' } }, false],
    ['In', expression('app', 'In', 'api', 'web'), true],
    ['In, absent key', expression('tier', 'In', 'x'), false],
    ['NotIn', expression('app', 'NotIn', 'web'), false],
    ['NotIn, absent key', expression('tier', 'NotIn', 'x'), true],
    ['Exists', expression('app', 'Exists'), true],
    ['Exists, inherited', expression('toString', 'Exists'), false],
    ['DoesNotExist', expression('app', 'DoesNotExist'), false],
    ['DoesNotExist, absent key', expression('tier', 'DoesNotExist'), true],
    ['both parts', { matchLabels: { app: 'web' }, ...expression('tier', 'Exists') }, false],
  ])('%s', (_name, selector, expected) => {
    expect(matchesSelector(selector, { app: 'web' })).toBe(expected);
  });
});

it('takes absent required labels for no condition', () => {
  expect(matchesLabels(undefined, {})).toBe(true);
  expect(matchesLabels({}, {})).toBe(true);
});

it('lists the keys of a selector, sorted', () => {
  expect(selectorKeys({ matchLabels: { b: '1' }, ...expression('a', 'Exists') })).toEqual(['a', 'b']);
  expect(selectorKeys(undefined)).toEqual([]);
});

it('projects labels on the keys that selectors look at', () => {
  const project = labelProjection([{ matchLabels: { app: 'x' } }, undefined, expression('tier', 'Exists')]);
  expect(project({ app: 'a', other: '1' })).toBe(project({ other: '2', app: 'a' }));
  expect(project({ app: 'a' })).not.toBe(project({ app: 'a', tier: '' }));
  expect(project({ app: 'a' })).not.toBe(project({ tier: 'a' }));
});
