import { expect, it } from 'vitest';
import type { Principal } from '../../model/inventory/types.ts';
import { shownValue } from './shown-value.ts';
import type { View } from './view.ts';

const full: View = {
  peer: 'cluster.local/ns/a/sa/b' as Principal,
  sourceIp: '10.0.0.1',
  remoteIp: '192.0.2.1',
  destinationIp: '10.0.0.2',
  port: 8080,
  sni: 'a.example',
  http: {
    method: 'GET',
    path: '/p?q',
    authority: 'host.example',
    headers: [
      ['X-A', '1'],
      ['x-a', '2'],
      ['Cookie', 'secret'],
      ['Authorization', 'secret'],
    ],
  },
  claims: { iss: 'i', sub: 's', aud: ['u', 'v'], azp: 'z', a: { b: 7 } },
};
const bare: View = {
  peer: null,
  sourceIp: undefined,
  remoteIp: undefined,
  destinationIp: undefined,
  port: 9000,
  sni: '',
  claims: undefined,
};

it.each([
  ['principals', 'cluster.local/ns/a/sa/b', 'no identity'],
  ['notNamespaces', 'cluster.local/ns/a/sa/b', 'no identity'],
  ['serviceAccounts', 'cluster.local/ns/a/sa/b', 'no identity'],
  ['trustDomains', 'cluster.local/ns/a/sa/b', 'no identity'],
  ['source.principal', 'cluster.local/ns/a/sa/b', 'no identity'],
  ['source.namespace', 'cluster.local/ns/a/sa/b', 'no identity'],
  ['source.serviceAccount', 'cluster.local/ns/a/sa/b', 'no identity'],
  ['source.trustDomain', 'cluster.local/ns/a/sa/b', 'no identity'],
  ['notRequestPrincipals', 'a token of i/s', 'no valid token'],
  ['request.auth.principal', 'a token of i/s', 'no valid token'],
  ['request.auth.audiences', '["u","v"]', 'no valid token'],
  ['request.auth.presenter', 'z', 'no valid token'],
  ['request.auth.claims[a][b]', '7', 'no valid token'],
  ['request.auth.claims[a][c]', 'no such claim', 'no valid token'],
  ['request.auth.claims[azp][c]', 'no such claim', 'no valid token'],
  ['ipBlocks', '10.0.0.1', 'an address that is not stated'],
  ['source.ip', '10.0.0.1', 'an address that is not stated'],
  ['notRemoteIpBlocks', '192.0.2.1', 'an address that is not stated'],
  ['remote.ip', '192.0.2.1', 'an address that is not stated'],
  ['destination.ip', '10.0.0.2', 'an address that is not in the input'],
  ['ports', 'port 8080', 'port 9000'],
  ['destination.port', 'port 8080', 'port 9000'],
  ['connection.sni', 'a.example', 'no SNI'],
  ['hosts', 'host.example', 'no HTTP'],
  ['methods', 'GET', 'no HTTP'],
  ['notPaths', '/p?q', 'no HTTP'],
  ['request.headers[:method]', 'GET', 'no HTTP'],
  ['request.headers[:path]', '/p?q', 'no HTTP'],
  ['request.headers[:authority]', 'host.example', 'no HTTP'],
  ['request.headers[Host]', 'host.example', 'no HTTP'],
  ['request.headers[x-A]', '1, 2', 'no such header'],
  ['request.headers[x-b]', 'no such header', 'no such header'],
  ['request.headers[Authorization]', 'another value, or none', 'another value, or none'],
  ['request.headers[proxy-authorization]', 'another value, or none', 'another value, or none'],
  ['request.headers[cookie]', 'another value, or none', 'another value, or none'],
  ['experimental.envoy.filters.a[b]', 'nothing of the kind', 'nothing of the kind'],
])('%s: of a full request %s, of a bare one %s', (field, ofFull, ofBare) => {
  expect(shownValue(field, full)).toBe(ofFull);
  expect(shownValue(field, bare)).toBe(ofBare);
});
