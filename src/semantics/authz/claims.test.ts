import { expect, it } from 'vitest';
import { requestPrincipalMatcher } from './claims.ts';

it.each([
  ['i', { iss: 'i', sub: '' }, true],
  ['i', { iss: 'i', sub: 'u' }, false],
  ['i', { iss: 'i' }, false],
  ['i/u', { iss: 'i', sub: 'u' }, true],
  ['*', { iss: 'i', sub: '' }, false],
] as const)('`%s` and %j: %s', (value, claims, matches) => {
  expect(requestPrincipalMatcher(value)(claims)).toBe(matches);
});
