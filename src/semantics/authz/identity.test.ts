import { describe, expect, it } from 'vitest';
import { namespaceMatcher, principalMatcher, serviceAccountMatcher, trustDomainMatcher } from './identity.ts';
import { expandPrincipal, expandTrustDomain } from './trust-domain.ts';

const MESH = ['td', 'old'];
const PEER = 'td/ns/shop/sa/web';

describe('a principal', () => {
  it.each([
    [PEER, PEER, true],
    [PEER, `${PEER}x`, false],
    ['td/ns/shop/sa/*', PEER, true],
    ['*/web', PEER, true],
    ['*', PEER, true],
    ['spiffe://td/ns/shop/sa/web', PEER, false],
    ['cluster.local/ns/shop/sa/web', PEER, true],
    ['old/ns/shop/sa/web', PEER, true],
    ['other/ns/shop/sa/web', PEER, false],
    ['ns/shop/sa/web', PEER, false],
    ['*b.c', 'td/ns/a/sa/bxc', false],
  ])('`%s` and %s: %s', (value, peer, matches) => {
    expect(principalMatcher(value, MESH)(peer)).toBe(matches);
  });

  it('with a star in front let a dot be any character before releases quoted it', () => {
    expect(principalMatcher('*b.c', MESH, false)('td/ns/a/sa/bxc')).toBe(true);
    expect(principalMatcher('*b.c', MESH, false)('td/ns/a/sa/b.c')).toBe(true);
    expect(principalMatcher('*b.c', MESH, false)('td/ns/a/sa/b.cd')).toBe(false);
    expect(principalMatcher('td/ns/a/sa/b.c', MESH, false)('td/ns/a/sa/bxc')).toBe(false);
    expect(principalMatcher('*', MESH, false)(PEER)).toBe(true);
  });
});

it('a trust domain that is one of the mesh stands for all of them', () => {
  expect(expandPrincipal('old/ns/a/sa/b', MESH)).toEqual(['td/ns/a/sa/b', 'old/ns/a/sa/b']);
  expect(expandPrincipal('cluster.local/ns/a/sa/b', MESH)).toEqual(['td/ns/a/sa/b', 'old/ns/a/sa/b']);
  expect(expandPrincipal('ol*/ns/a/sa/b', MESH)).toEqual(['td/ns/a/sa/b', 'old/ns/a/sa/b']);
  expect(expandPrincipal('*d/ns/a/sa/b', ['td', 'old', 'x'])).toEqual(['*d/ns/a/sa/b', 'x/ns/a/sa/b']);
  for (const value of ['*/ns/a/sa/b', 'x/ns/a/sa/b', 'td/ns/a', 'td/ns/a/sa/b/c']) {
    expect(expandPrincipal(value, MESH)).toEqual([value]);
  }
  expect(expandTrustDomain('old', MESH)).toEqual(['old', 'td']);
  expect(expandTrustDomain('cluster.local', MESH)).toEqual(['cluster.local']);
  expect(expandTrustDomain('o*', MESH)).toEqual(['o*']);
});

it.each([
  ['shop', PEER, true],
  ['sho', PEER, false],
  ['hop', PEER, false],
  ['sh*', PEER, true],
  ['*o*', PEER, true],
  ['x*', PEER, false],
  ['s.op*', PEER, false],
  ['s.op', PEER, false],
])('namespace `%s` and %s: %s', (value, peer, matches) => {
  expect(namespaceMatcher(value)(peer)).toBe(matches);
});

it('a namespace let a dot be any character before releases quoted it', () => {
  expect(namespaceMatcher('s.op', false)(PEER)).toBe(true);
  expect(namespaceMatcher('s.op*', false)(PEER)).toBe(true);
  expect(namespaceMatcher('s.p', false)(PEER)).toBe(false);
});

it.each([
  ['web', PEER, true],
  ['we', PEER, false],
  ['eb', PEER, false],
  ['shop/web', PEER, true],
  ['other/web', PEER, false],
  ['w*', PEER, false],
  ['w.b', PEER, false],
  ['web', '/ns/shop/sa/web', false],
])('service account `%s` of a policy in shop, and %s: %s', (value, peer, matches) => {
  expect(serviceAccountMatcher(value, 'shop')(peer)).toBe(matches);
});

it('a service account let a dot be any character before releases quoted it', () => {
  expect(serviceAccountMatcher('w.b', 'shop', false)(PEER)).toBe(true);
  expect(serviceAccountMatcher('w.b', 'shop', false)('td/ns/shop/sa/weeb')).toBe(false);
});

it.each([
  ['td', PEER, true],
  ['old', PEER, true],
  ['t', PEER, false],
  ['x', PEER, false],
  ['*', PEER, true],
  ['t*', PEER, true],
  ['*d', PEER, true],
  ['*ns', PEER, false],
  ['t.*', PEER, false],
  ['a.*', 'a.b/ns/shop/sa/web', true],
])('trust domain `%s` and %s: %s', (value, peer, matches) => {
  expect(trustDomainMatcher(value, MESH)(peer)).toBe(matches);
});
