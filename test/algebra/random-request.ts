import * as fc from 'fast-check';
import type { Principal } from '../../src/model/inventory/types.ts';
import type { HttpRequest } from '../../src/semantics/attempt.ts';
import { BEARER, carrierOf, type TokenPlace } from '../../src/semantics/jwt/token-place.ts';

/** What a caller sends, but for where. */
export interface RandomRequest {
  readonly port: 8080 | 9000 | 7000;
  readonly connects: 'mtls' | 'plaintext';
  readonly identity: Principal;
  readonly http?: HttpRequest;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Of the token; absent: bearer. */
  readonly place?: TokenPlace;
  readonly sni?: string;
  readonly ip: string;
  readonly remoteIp: string;
}

const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const ADDRESSES = ['10.1.2.3', '10.1.9.9', '10.9.9.9', '192.168.0.5', '203.0.113.9', '2001:db8::5', '::1'];
const VALUES = ['v', 'w', 'vw', '', 'v w', 'x'];

const identity = fc
  .tuple(
    pick(['cluster.local', 'cluster.local', 'td.example', 'old']),
    pick(['app', 'web', 'web-2', 'zoo']),
    pick(['app', 'web', 'default', 'w.b', 'wXb']),
  )
  .map(([trustDomain, namespace, account]) => `${trustDomain}/ns/${namespace}/sa/${account}` as Principal);

const http: fc.Arbitrary<HttpRequest> = fc.record({
  method: pick(['GET', 'POST', 'get', 'OPTIONS']),
  path: pick([
    '/',
    '/a',
    '/a/',
    '/a/b',
    '/ab',
    '//a',
    '/a%2Fb',
    '/a/../b',
    '/a?x=1',
    '/b/c/d',
    '/a/b/c',
    '/x/b',
    '/a?t=x',
    '/a?access%5Ftoken=x',
    '/%61',
  ]),
  host: pick(['app', 'app.app', 'APP.app', 'app.app:8080', 'other.example', 'x']),
  headers: fc.array(
    fc.tuple(
      pick(['x-a', 'x-b', 'authorization', 'x-jwt', 'cookie']),
      pick([...VALUES, 'Bearer token', 'Basic v', 'a=b; c = d']),
    ),
    {
      maxLength: 3,
    },
  ),
});

const value = fc.oneof(pick(VALUES), fc.array(pick(VALUES), { maxLength: 2 }));
const claims = fc
  .record(
    {
      iss: pick(['iss-1', 'iss-2', 'iss-3']),
      sub: pick(['sub-1', 'sub-2', '', '\n']),
      aud: value,
      azp: pick(VALUES),
      groups: value,
      scope: value,
      a: fc.oneof(value, fc.record({ b: value }, { requiredKeys: [] })),
    },
    { requiredKeys: ['iss'] },
  )
  .map((record): Readonly<Record<string, unknown>> => ({ ...record }));

export const tokenPlace = pick<TokenPlace | undefined>([
  undefined,
  undefined,
  { kind: 'header', name: 'x-jwt', prefix: '' },
  { kind: 'header', name: 'x-jwt', prefix: 'JWT ' },
  { kind: 'param', name: 't' },
  { kind: 'param', name: 'access_token' },
  { kind: 'cookie', name: 'c' },
]);

export const randomRequest: fc.Arbitrary<RandomRequest> = fc
  .record({
    port: pick([8080, 8080, 9000, 7000] as const),
    connects: pick(['mtls', 'mtls', 'plaintext'] as const),
    identity,
    http: fc.option(http, { nil: undefined, freq: 4 }),
    claims: fc.option(claims, { nil: undefined, freq: 1 }),
    place: tokenPlace,
    sni: fc.option(pick(['app.example', 'other.example']), { nil: undefined, freq: 1 }),
    ip: pick(ADDRESSES),
    remoteIp: pick(ADDRESSES),
  })
  .map(({ http: attributes, claims: token, place, sni, ...rest }) => ({
    ...rest,
    ...(attributes ? { http: token ? withoutCarrier(attributes, place) : attributes } : {}),
    ...(attributes && token ? { claims: token, ...(place ? { place } : {}) } : {}),
    ...(sni !== undefined && rest.connects === 'mtls' ? { sni } : {}),
  }));

/** A token travels in a header of its own. */
function withoutCarrier(attributes: HttpRequest, place: TokenPlace | undefined): HttpRequest {
  const carrier = carrierOf(place ?? BEARER)?.[0];
  return { ...attributes, headers: attributes.headers.filter(([name]) => name !== carrier) };
}
