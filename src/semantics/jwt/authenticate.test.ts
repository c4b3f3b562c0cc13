import { describe, expect, it } from 'vitest';
import { toResource } from '../../../test/read-vectors.ts';
import { type JwtRule, requestAuthentication } from '../../model/istio/request-authentication.ts';
import { authenticate, type JwtProvider, providersOf, readsAt, type TokenOutcome } from './authenticate.ts';
import { audienceForms } from './registered-claims.ts';
import { BEARER } from './token-place.ts';

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
    ['access_token beside broken escapes', { path: '/?%E0%A4%A=1&access_token=y' }, 'rejected'],
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

it('an audience has six forms, all of which are accepted', () => {
  const forms = audienceForms(['https://shop/', 'shop']);
  expect(forms).toEqual(['shop', 'shop/', 'http://shop', 'http://shop/', 'https://shop', 'https://shop/']);
  for (const aud of forms)
    expect(ask(rule({ issuer: 'i', audiences: ['shop'] }), { claims: { iss: 'i', aud } })).toBe('accepted');
});

describe('providersOf', () => {
  it('orders by issuer, then by age and name of the policy', () => {
    const spec: Partial<JwtRule>[] = [{ issuer: 'i' }];
    const list = providersOf([
      policy([{ issuer: 'z' }], 'first'),
      policy(spec, 'young', '2026-02-01T00:00:00Z'),
      policy(spec, 'undated'),
      policy(spec, 'b', '2026-01-01T00:00:00Z'),
      policy(spec, 'a', '2026-01-01T00:00:00Z'),
    ]);
    expect(list.map(({ policy: { name } }) => name)).toEqual(['undated', 'a', 'b', 'young', 'first']);
  });
});

describe('what becomes of a token', () => {
  const send = (providers: readonly JwtProvider[], claims: Readonly<Record<string, unknown>>, more: Sent = {}) =>
    authenticate(providers, { method: 'GET', path: '/', headers: [], ...more, token: { claims, valid: true } });

  it('that is accepted: its claims, with lists that are written as one string', () => {
    const usual = rule({ issuer: 'i', spaceDelimitedClaims: ['roles'] });
    const claims = { iss: 'i', scope: 'a b', permission: 'c', roles: 'd e', other: 'f g' };
    expect(send(usual, claims)).toMatchObject({
      kind: 'accepted',
      claims: { iss: 'i', scope: ['a', 'b'], permission: ['c'], roles: ['d', 'e'], other: 'f g' },
      forwarded: false,
      writes: [],
      by: { name: 'r', rule: 0, clause: 'jwtRules[0]' },
    });
    expect(send(rule({ issuer: 'i', forwardOriginalToken: true }), { iss: 'i', scope: 7 })).toMatchObject({
      claims: { iss: 'i', scope: 7 },
      forwarded: true,
    });
  });

  it('that no rule accepts: the nearest rule, and why', () => {
    const two = providersOf([policy([{ issuer: 'i', audiences: ['a'] }, { issuer: 'j' }])]);
    const why = (claims: Readonly<Record<string, unknown>>, more?: Sent): unknown => {
      const outcome = send(two, claims, more);
      return outcome.kind === 'rejected' ? [outcome.by.rule, outcome.why] : outcome.kind;
    };
    expect(why({ iss: 'x' })).toEqual([0, 'no rule accepts a token of issuer `x`']);
    expect(why({})).toEqual([0, 'no rule accepts a token of issuer ``']);
    expect(why({ iss: 'i', aud: 'b' })).toEqual([0, 'the token is for another audience']);
    expect(why({ iss: 'j', exp: 1 })).toEqual([1, 'the token fails validation']);
    expect(why({ iss: 'j', nbf: 4_000_000_000 })).toEqual([1, 'the token fails validation']);
    expect(why({ iss: 'j', sub: 1 })).toEqual([1, 'the token fails validation']);
    expect(why({ iss: 'j' }, { path: '/?access_token=y' })).toEqual([
      1,
      'another token of the request fails validation',
    ]);
    expect(why({ iss: 'j' })).toBe('accepted');
    expect(authenticate(two, { method: 'GET', headers: [['authorization', 'Bearer y']] })).toMatchObject({
      by: { rule: 0 },
      why: 'the token fails validation',
    });
  });

  it('of a CORS preflight is not looked at', () => {
    const preflight: Sent['headers'] = [
      ['Origin', 'https://a'],
      ['access-control-request-method', 'PUT'],
    ];
    const ofMethod = (method: string, headers: Sent['headers'] = preflight): string =>
      authenticate(rule({ issuer: 'i' }), { method, headers, token: { claims: { iss: 'x' }, valid: true } }).kind;
    expect(ofMethod('OPTIONS')).toBe('absent');
    expect(ofMethod('GET')).toBe('rejected');
    expect(ofMethod('OPTIONS', preflight.slice(1))).toBe('rejected');
    expect(ofMethod('OPTIONS', preflight.slice(0, 1))).toBe('rejected');
    expect(ofMethod('OPTIONS', [['origin', ''], ...preflight.slice(1)])).toBe('rejected');
  });
});

it('a rule reads tokens where it says, else as bearer tokens and in one parameter', () => {
  const bare = { kind: 'header', name: 'x-jwt', prefix: '' } as const;
  const t = { kind: 'param', name: 't' } as const;
  expect(readsAt({ issuer: 'i' }, BEARER)).toBe(true);
  expect(readsAt({ issuer: 'i' }, { kind: 'param', name: 'access_token' })).toBe(true);
  expect(readsAt({ issuer: 'i', fromParams: ['t'] }, BEARER)).toBe(false);
  expect(readsAt({ issuer: 'i', fromParams: ['t'] }, t)).toBe(true);
  expect(readsAt({ issuer: 'i', fromHeaders: [{ name: 'X-JWT' }] }, bare)).toBe(true);
  expect(readsAt({ issuer: 'i', fromHeaders: [{ name: 'x-jwt', prefix: 'JWT ' }] }, bare)).toBe(false);
  expect(readsAt({ issuer: 'i', fromHeaders: [{ name: 'Authorization', prefix: 'Bearer ' }] }, BEARER)).toBe(true);
  expect(readsAt({ issuer: 'i', fromCookies: ['c'] }, { kind: 'cookie', name: 'c' })).toBe(true);
});
