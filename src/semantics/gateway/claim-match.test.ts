import { describe, expect, it } from 'vitest';
import { matchesClaim, routingClaim } from './claim-match.ts';

describe('routingClaim', () => {
  it.each([
    ['@request.auth.claims.group', ['group']],
    ['@request.auth.claims.group.id', ['group', 'id']],
    ['@Request.Auth.Claims.Group', ['Group']],
    ['@request.auth.claims[group][id]', ['group', 'id']],
    ['@request.auth.claims[https://id.example/group]', ['https://id.example/group']],
    ['@request.auth.claims', undefined],
    ['@request.auth.claims.', undefined],
    ['@request.auth.claims.a..b', undefined],
    ['@request.auth.claims[a]b', undefined],
    ['@request.auth.claims[]', undefined],
    ['@request.auth.claimsgroup', undefined],
    ['x-request.auth.claims.group', undefined],
  ])('takes %s for %j', (header, expected) => {
    expect(routingClaim(header)).toEqual(expected);
  });
});

describe('matchesClaim', () => {
  const claims = { group: 'admin', roles: ['a', 7, 'b'], age: 7, nested: { team: 'red', list: ['x'] } };
  it.each([
    ['group', 'admin', true],
    ['group', 'user', false],
    ['roles', 'b', true],
    ['roles', 'c', false],
    ['roles', '7', false],
    ['age', '7', false],
    ['nested.team', 'red', true],
    ['nested.list', 'x', true],
    ['nested.none', 'x', false],
    ['group.length', '5', false],
    ['constructor', 'x', false],
  ])('tells whether %s is %s', (path, value, expected) => {
    expect(matchesClaim(claims, path.split('.'), (text) => text === value)).toBe(expected);
  });

  it('finds nothing without a token', () => {
    expect(matchesClaim(undefined, ['group'], () => true)).toBe(false);
  });
});
