import { describe, expect, it } from 'vitest';
import { judgeAnswer, OWN_ANSWER } from './judge-answer.ts';

const UPSTREAM = 'upstream connect error or disconnect/reset before headers. reset reason: ';
const RETRIED = UPSTREAM.replace('reset reason', 'retried and the latest reset reason');
const REFUSED = `${UPSTREAM}remote connection failure, transport failure reason: delayed connect error: Connection refused`;

describe('what an answer of a real mesh shows', () => {
  it.each([
    ['the application', { status: 200, headers: { 'x-application': 'server' }, body: 'GET /ok\n' }, 'allow'],
    ['somebody else', { status: 200, headers: {}, body: 'hello' }, 'unclear: 200 hello'],
    ['a policy', { status: 403, body: 'RBAC: access denied' }, 'deny'],
    ['the application refuses', { status: 403, body: 'no' }, 'unclear: 403 no'],
    ['a bad token', { status: 401, body: 'Jwt verification fails' }, 'deny'],
    ['a token for somebody else', { status: 403, body: 'Audiences in Jwt are not allowed' }, 'deny'],
    ['STRICT behind the own sidecar', { status: 503, body: `${UPSTREAM}connection termination` }, 'deny'],
    ['mutual TLS to a port that speaks none', { status: 503, body: `${RETRIED}remote connection failure` }, 'deny'],
    ['nothing listens', { status: 503, body: REFUSED }, `unclear: 503 ${REFUSED}`],
    ['cut off', { error: 'ECONNRESET' }, 'deny'],
    ['an alert', { error: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }, 'deny'],
    ['no route', { status: 404, headers: { server: 'istio-envoy' }, body: '' }, 'deny'],
    ['no route, said by somebody else', { status: 404, headers: {}, body: '' }, 'unclear: 404 '],
    ['a redirect', { status: 301, headers: { server: 'istio-envoy', location: 'https://a' }, body: '' }, 'deny'],
    ['a route that answers', { status: 418, headers: { server: 'istio-envoy' }, body: OWN_ANSWER }, 'deny'],
    ['no answer', { error: 'timeout' }, 'unclear: timeout'],
    ['a tunnel that ends', { error: 'ERR_HTTP2_STREAM_ERROR' }, 'unclear: ERR_HTTP2_STREAM_ERROR'],
  ])('over HTTP: %s', (_, answer, expected) => {
    expect(judgeAnswer(answer, true)).toBe(expected);
  });

  it.each([
    ['the application', { body: 'application\n' }, 'allow'],
    ['cut off', { body: '' }, 'deny'],
    ['not HTTP', { body: 'HTTP/1.1 400 Bad Request\r\nserver: istio-envoy\r\n\r\n' }, 'deny'],
    ['not HTTP to somebody else', { body: 'HTTP/1.1 400 Bad' }, 'unclear: HTTP/1.1 400 Bad'],
    ['reset', { error: 'ECONNRESET' }, 'deny'],
    ['reset in a tunnel', { error: 'ERR_HTTP2_STREAM_ERROR' }, 'deny'],
    ['no tunnel', { error: 'the tunnel is answered with 503' }, 'unclear: the tunnel is answered with 503'],
    ['refused', { error: 'ECONNREFUSED' }, 'unclear: ECONNREFUSED'],
  ])('over TCP: %s', (_, answer, expected) => {
    expect(judgeAnswer(answer, false)).toBe(expected);
  });
});
