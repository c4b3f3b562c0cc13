import { expect, test } from 'vitest';
import type { Request } from '../result/request.ts';
import { requestAsTest, requestFields, requestLine } from './request-text.ts';

const to = { workload: 'payments/ledger', port: 8080 };

test.each<[Request, string]>([
  [
    { from: { workload: 'shop/web' }, to, http: { method: 'POST', path: '/v1/charges' } },
    'POST /v1/charges to payments/ledger:8080 from shop/web, no token',
  ],
  [{ from: { plaintext: true }, to }, 'TCP to payments/ledger:8080 in plaintext, without identity'],
  [
    { from: { principal: 'cluster.local/ns/a/sa/b' }, to, protocol: 'UDP' },
    'UDP to payments/ledger:8080 as cluster.local/ns/a/sa/b',
  ],
  [
    { from: { namespace: 'a', serviceAccount: 'b', trustDomain: 'td' }, to },
    'TCP to payments/ledger:8080 as service account a/b of td',
  ],
  [{ from: { ip: '192.0.2.1' }, to: { external: 'api.example', port: 443 } }, 'TCP to api.example:443 from 192.0.2.1'],
  [
    {
      from: { internet: true },
      to: { gateway: 'istio-ingress/public', port: 8443 },
      http: { method: 'GET', path: '/a', host: 'shop.example.com' },
    },
    'GET shop.example.com/a to gateway istio-ingress/public:8443 from the internet, no token',
  ],
  [
    {
      from: { workload: 'a/b' },
      to: { service: 'a/c', port: 80 },
      http: { method: 'GET', path: '/' },
      jwt: { payload: { iss: 'https://i', groups: ['x'] } },
    },
    'GET / to service a/c:80 from a/b, a token (iss=https://i, groups=["x"])',
  ],
  [
    { from: { workload: 'a/b' }, to, http: { method: 'GET', path: '/' }, jwt: { payload: {}, valid: false } },
    'GET / to payments/ledger:8080 from a/b, an invalid token',
  ],
])('%j', (request, line) => {
  expect(requestLine(request)).toBe(line);
});

test('the fields hold all that goes over the wire', () => {
  const fields = requestFields({
    from: { workload: 'shop/web', as: 'attacker', remoteIp: '203.0.113.9' },
    to: { ...to, ip: '10.0.0.1', at: 'waypoint' },
    http: {
      method: 'GET',
      path: '/x',
      host: 'h',
      headers: [
        ['x-team', 'a'],
        ['x-team', 'b'],
      ],
    },
    tls: { sni: 's', alpn: ['h2'], clientCert: { dns: 'c', trusted: false } },
  });
  expect(fields).toEqual([
    ['send', 'GET /x'],
    ['host', 'h'],
    ['header', 'x-team: a'],
    ['header', 'x-team: b'],
    ['to', 'payments/ledger:8080 (10.0.0.1), at the waypoint alone'],
    ['from', 'shop/web, with any client'],
    ['client IP', '203.0.113.9'],
    ['SNI', 's'],
    ['ALPN', 'h2'],
    ['certificate', 'c, of a CA that is not trusted'],
    ['token', 'none'],
  ]);
});

test('headers may be a record, and the request can be pasted into a policy test', () => {
  const request: Request = { from: { internet: true }, to, http: { method: 'GET', path: '/', headers: { a: 'b' } } };
  expect(requestFields(request)).toContainEqual(['header', 'a: b']);
  expect(JSON.parse(requestAsTest(request))).toEqual({ request });
});
