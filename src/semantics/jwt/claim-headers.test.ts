import { expect, it } from 'vitest';
import { enforcementOf } from '../../../test/sidecar-scene.ts';
import { decide } from '../decide.ts';
import { resolveRequest } from '../resolve-request.ts';
import { claimHeaders } from './claim-headers.ts';

it('writes claims as text, nested ones by their path', () => {
  const outputClaimToHeaders = ['s', 'n', 'b', 'a.b', 'gone'].map((claim) => ({ header: `X-${claim}`, claim }));
  expect(claimHeaders({ outputClaimToHeaders }, { s: 'text', n: 7, b: false, a: { b: 'deep' } })).toEqual([
    ['x-s', 'text'],
    ['x-n', '7'],
    ['x-b', 'false'],
    ['x-a.b', 'deep'],
  ]);
});

it('a header that a rule writes is the token’s alone', () => {
  const enforcement = enforcementOf({
    workload: { namespace: 'foo', labels: { app: 'a' }, ports: [{ number: 8080, name: 'http' }] },
    policies: [
      {
        apiVersion: 'security.istio.io/v1',
        kind: 'RequestAuthentication',
        metadata: { name: 'r', namespace: 'foo' },
        spec: { jwtRules: [{ issuer: 'i', outputClaimToHeaders: [{ header: 'x-group', claim: 'group' }] }] },
      },
      {
        apiVersion: 'security.istio.io/v1',
        kind: 'AuthorizationPolicy',
        metadata: { name: 'p', namespace: 'foo' },
        spec: { rules: [{ when: [{ key: 'request.headers[x-group]', values: ['admin'] }] }] },
      },
    ],
  });
  const outcome = (headers: Record<string, string>, payload?: Record<string, unknown>): string => {
    const http = { method: 'GET', path: '/', headers };
    const to = { workload: 'foo/app', port: 8080 };
    const queries = resolveRequest(enforcement.mesh, {
      from: { plaintext: true },
      to,
      http,
      ...(payload ? { jwt: { payload } } : {}),
    });
    if ('error' in queries || !queries[0]) throw new Error('no query');
    return decide(enforcement, queries[0]).outcome;
  };
  expect(outcome({}, { iss: 'i', group: 'admin' })).toBe('allow');
  expect(outcome({ 'x-group': 'admin' }, { iss: 'i', group: 'user' })).toBe('deny');
  expect(outcome({ 'x-group': 'admin' })).toBe('deny');
});

it('looks for a claim inside objects alone', () => {
  const rule = { issuer: 'i', outputClaimToHeaders: [{ header: 'X-Deep', claim: 'a.length' }] };
  expect(claimHeaders(rule, { a: 'text' })).toEqual([]);
  expect(claimHeaders(rule, { a: null })).toEqual([]);
  expect(claimHeaders(rule, {})).toEqual([]);
  expect(claimHeaders(rule, { a: { length: 'far' } })).toEqual([['x-deep', 'far']]);
});
