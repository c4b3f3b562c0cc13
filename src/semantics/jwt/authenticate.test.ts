import { describe, expect, it } from 'vitest';
import { toResource } from '../../../test/read-vectors.ts';
import { type JwtRule, requestAuthentication } from '../../model/istio/request-authentication.ts';
import { authenticate, type JwtProvider, providersOf, type TokenOutcome } from './authenticate.ts';

const rule = (spec: object, name = 'r', creationTimestamp?: string): readonly JwtProvider[] =>
  providersOf([policy([spec], name, creationTimestamp)]);

function policy(jwtRules: readonly object[], name = 'r', creationTimestamp?: string) {
  const metadata = { name, namespace: 'foo', ...(creationTimestamp ? { creationTimestamp } : {}) };
  const spec = { jwtRules };
  return toResource(requestAuthentication, {
    apiVersion: 'security.istio.io/v1',
    kind: 'RequestAuthentication',
    metadata,
    spec,
  });
}

interface Sent {
  readonly path?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly claims?: Readonly<Record<string, unknown>>;
}

function ask(providers: readonly JwtProvider[], { path = '/', headers = [], claims }: Sent): TokenOutcome['kind'] {
  return authenticate(providers, {
    method: 'GET',
    path,
    headers,
    ...(claims ? { token: { claims, valid: true } } : {}),
  }).kind;
}

describe('places of a token', () => {
  const usual = rule({ issuer: 'i' });

  it.each<[string, Sent, TokenOutcome['kind']]>([
    [
      'a text behind the prefix, wherever that stands',
      { headers: [['authorization', 'Basic x Bearer y']] },
      'rejected',
    ],
    ['a prefix in lower case', { headers: [['authorization', 'bearer y']] }, 'absent'],
    ['access_token in the query', { path: '/?x=1&access_token=y' }, 'rejected'],
    ['access_token without a value', { path: '/?access_token' }, 'rejected'],
    ['access_token in escapes', { path: '/?access%5Ftoken=y' }, 'rejected'],
    ['access_token in the path', { path: '/access_token=y' }, 'absent'],
    ['a good token beside a text in the query', { path: '/?access_token=y', claims: { iss: 'i' } }, 'rejected'],
    ['a second authorization line', { headers: [['authorization', 'Basic x']], claims: { iss: 'i' } }, 'rejected'],
    ['a good token', { claims: { iss: 'i' } }, 'accepted'],
  ])('%s', (_name, sent, expected) => {
    expect(ask(usual, sent)).toBe(expected);
  });

  it('of a rule with places of its own are those alone', () => {
    const own = rule({
      issuer: 'i',
      fromHeaders: [{ name: 'x-a', prefix: 'T ' }],
      fromParams: ['tok'],
      fromCookies: ['session'],
    });
    expect(ask(own, { path: '/?access_token=y', claims: { iss: 'other' } })).toBe('absent');
    expect(ask(own, { path: '/?tok=y' })).toBe('rejected');
    expect(ask(own, { headers: [['cookie', 'a=b; session=y']] })).toBe('rejected');
    expect(ask(own, { headers: [['X-A', 'T y']] })).toBe('rejected');
    expect(ask(own, { headers: [['x-a', 'y']] })).toBe('absent');
  });

  it('one rule that accepts makes up for a text in the place of another', () => {
    const two = providersOf([policy([{ issuer: 'i' }, { issuer: 'j', fromHeaders: [{ name: 'x-jwt' }] }])]);
    expect(ask(two, { headers: [['x-jwt', 'y']], claims: { iss: 'i' } })).toBe('accepted');
    expect(ask(two, { headers: [['x-jwt', 'y']] })).toBe('rejected');
  });
});

describe('claims of a token', () => {
  it.each<[object, TokenOutcome['kind']]>([
    [{ iss: 'i', sub: 7 }, 'rejected'],
    [{ iss: 'i', aud: ['a', 7] }, 'rejected'],
    [{ iss: 'i', exp: 'tomorrow' }, 'rejected'],
    [{ iss: 'i', iat: -1 }, 'rejected'],
    [{ iss: 'i', exp: 0 }, 'accepted'],
    [{ iss: 'i', exp: 1 }, 'rejected'],
    [{ iss: 'i', aud: [] }, 'accepted'],
  ])('%j is %s', (claims, expected) => {
    expect(ask(rule({ issuer: 'i' }), { claims: { ...claims } })).toBe(expected);
  });

  it.each<[unknown, TokenOutcome['kind']]>([
    ['shop', 'accepted'],
    ['https://shop/', 'accepted'],
    [['x', 'http://shop'], 'accepted'],
    ['Shop', 'rejected'],
    ['shop/a', 'rejected'],
    [undefined, 'rejected'],
  ])('audience %j, where shop is wanted, is %s', (aud, expected) => {
    const claims = { iss: 'i', ...(aud === undefined ? {} : { aud }) };
    expect(ask(rule({ issuer: 'i', audiences: ['https://shop'] }), { claims })).toBe(expected);
  });
});

describe('providersOf', () => {
  it('orders by issuer, then by age and name of the policy', () => {
    const spec: Partial<JwtRule>[] = [{ issuer: 'i' }];
    const list = providersOf([
      policy([{ issuer: 'z' }], 'first'),
      policy(spec, 'young', '2026-02-01T00:00:00Z'),
      policy(spec, 'old', '2026-01-01T00:00:00Z'),
    ]);
    expect(list.map(({ policy: { name } }) => name)).toEqual(['old', 'young', 'first']);
  });
});
