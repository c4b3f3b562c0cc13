import { describe, expect, it } from 'vitest';
import { receiveRequest } from './receive-request.ts';

const PLAINTEXT = { peer: null, self: 'cluster.local/ns/foo/sa/app' };
const MUTUAL = { peer: 'cluster.local/ns/foo/sa/client', self: 'cluster.local/ns/foo/sa/app' };

function receive(
  headers: readonly (readonly [string, string])[],
  arrival: typeof PLAINTEXT | typeof MUTUAL = PLAINTEXT,
  path = '/',
) {
  return receiveRequest({ method: 'GET', path, host: 'app', headers }, arrival);
}

const valuesOf = (name: string, { headers }: ReturnType<typeof receive>): readonly string[] =>
  headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);

describe('receiveRequest', () => {
  it.each([
    ['x-envoy-retry-on', '5xx'],
    ['X-Envoy-Internal', 'true'],
    ['keep-alive', '5'],
    ['te', 'gzip'],
    ['upgrade', 'foo'],
  ])('takes off %s', (name, value) => {
    expect(valuesOf(name.toLowerCase(), receive([[name, value]]))).toEqual([]);
  });

  it.each([
    ['x-envoy-original-path', '/x'],
    ['x-envoy-whatever', 'v'],
    ['te', 'trailers'],
    ['x-request-id', 'mine'],
    ['via', 'x'],
  ])('leaves %s', (name, value) => {
    expect(valuesOf(name, receive([[name, value]]))).toEqual([value]);
  });

  it('takes off what Connection names, unless the connection is upgraded', () => {
    const named = [
      ['connection', 'close, X-Foo'],
      ['x-foo', 'a'],
    ] as const;
    expect(valuesOf('x-foo', receive(named))).toEqual([]);
    const upgraded = receive([
      ['connection', 'Upgrade'],
      ['upgrade', 'websocket'],
      ['keep-alive', '5'],
    ]);
    expect(valuesOf('upgrade', upgraded)).toEqual(['websocket']);
    expect(valuesOf('keep-alive', upgraded)).toEqual([]);
  });

  it('writes the scheme of the transport, or of x-forwarded-proto', () => {
    expect(valuesOf(':scheme', receive([]))).toEqual(['http']);
    expect(valuesOf(':scheme', receive([], MUTUAL))).toEqual(['https']);
    expect(valuesOf('x-forwarded-proto', receive([], MUTUAL))).toEqual(['https']);
    expect(valuesOf(':scheme', receive([['x-forwarded-proto', 'https']]))).toEqual(['https']);
  });

  it('believes no client certificate header in plaintext, and appends the peer with mutual TLS', () => {
    const sent = [['x-forwarded-client-cert', 'mine']] as const;
    expect(valuesOf('x-forwarded-client-cert', receive(sent))).toEqual([]);
    const [appended] = valuesOf('x-forwarded-client-cert', receive(sent, MUTUAL));
    expect(appended).toMatch(
      /^mine,By=spiffe:\/\/cluster\.local\/ns\/foo\/sa\/app;Hash=\w{64};Subject="";URI=spiffe:\/\/cluster\.local\/ns\/foo\/sa\/client$/,
    );
  });

  it('reads path and host out of an absolute URL', () => {
    expect(receive([], PLAINTEXT, 'http://other.example.com/info?x')).toMatchObject({
      path: '/info?x',
      host: 'other.example.com',
    });
    expect(receive([], PLAINTEXT, 'http://other.example.com')).toMatchObject({ path: '/', host: 'other.example.com' });
  });
});
