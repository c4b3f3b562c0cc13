import type { Answer } from './sender.ts';

/** `unclear` with what was answered: a verdict that no model gives, so that it never agrees. */
export type Judged = 'allow' | 'deny' | `unclear: ${string}`;

/** What an answer shows of the verdict; the application alone can say `allow`, and only the mesh `deny`. */
export function judgeAnswer({ status, headers = {}, body = '', error }: Answer, isHttp: boolean): Judged {
  if (error === 'ECONNRESET' || (!isHttp && (error === 'EPIPE' || error === 'ERR_HTTP2_STREAM_ERROR'))) return 'deny';
  if (error !== undefined) return isTlsRefusal(error) ? 'deny' : `unclear: ${error}`;
  if (!isHttp) return judgeBytes(body);
  if (status === 200 && headers['x-application'] === 'server') return 'allow';
  if (status === 403 && body === 'RBAC: access denied') return 'deny';
  if (status === 401 && body.startsWith('Jwt ')) return 'deny';
  if (status === 403 && body === 'Audiences in Jwt are not allowed') return 'deny';
  if (headers.server === 'istio-envoy' && isAnswerOfGateway(status, headers, body)) return 'deny';
  if (status === 503 && isRefusedByTransport(body)) return 'deny';
  return `unclear: ${status} ${body.trim()}`;
}

/** What a scene has a gateway answer by itself. */
export const OWN_ANSWER = 'answered by the gateway';

function judgeBytes(body: string): Judged {
  if (body === 'application\n') return 'allow';
  // A proxy that speaks HTTP only.
  const isRefused = body === '' || (body.startsWith('HTTP/1.1 400 ') && body.includes('server: istio-envoy'));
  return isRefused ? 'deny' : `unclear: ${body.trim()}`;
}

/** No route, a redirect, or an answer that a route brings. */
const isAnswerOfGateway = (status: number | undefined, { location }: NonNullable<Answer['headers']>, body: string) =>
  (status === 404 && body === '') || (status === 301 && location !== undefined) || body === OWN_ANSWER;

/** An alert, or something other than TLS where TLS was begun. */
const isTlsRefusal = (error: string): boolean => error.startsWith('ERR_SSL_') || error === 'EPROTO';

/** The client's own sidecar tells that the other side ended the connection, or speaks no TLS. That nothing listens says nothing of the mesh. */
const isRefusedByTransport = (body: string): boolean =>
  /^upstream connect error .*reset reason: (connection termination|remote connection failure)$/.test(body.trim()) ||
  (body.startsWith('upstream connect error') && body.includes('TLS_error'));
