import { isRouter } from '../model/inventory/is-router.ts';
import { shownToken } from '../semantics/jwt/shown-token.ts';
import type { Request } from '../result/request.ts';
import type { HttpRequest } from '../semantics/attempt.ts';
import type { Query } from '../semantics/query.ts';

/** A query in the form of a PolicyTest request, so that it can be pasted into a suite. */
export function requestOf(query: Query): Request {
  const { http, token, sni, tls, transport } = query;
  return {
    from: senderOf(query),
    to: targetOf(query),
    ...(http ? { http: { method: http.method, path: http.path, host: http.host, ...headersOf(http) } } : {}),
    ...(token ? { jwt: shownToken(token) } : {}),
    ...(sni === undefined ? {} : { sni }),
    ...(tls ? { tls } : {}),
    ...(transport === 'TCP' ? {} : { protocol: transport }),
  };
}

function senderOf({ source, client }: Query): Request['from'] {
  const { position, identity, connects, container, ip, remoteIp } = source;
  const addresses = { ...(ip === undefined ? {} : { ip }), ...(remoteIp === undefined ? {} : { remoteIp }) };
  if (position.kind === 'workload') {
    // Somebody else's identity: a request names the place or whom one is there, and policies look at the latter.
    if (identity !== null && identity !== position.workload.identity && connects !== 'plaintext')
      return { principal: identity, ...addresses };
    const plaintext = connects === 'plaintext' ? { plaintext: true as const } : {};
    const sender = container === undefined ? {} : { container };
    return { workload: position.workload.id, ...sender, as: client, ...plaintext, ...addresses };
  }
  if (position.kind === 'internet') return { internet: true, ...addresses };
  if (position.kind === 'pod-outside-mesh' && identity === null) return { position: 'pod-outside-mesh', ...addresses };
  return identity === null ? { plaintext: true, ...addresses } : { principal: identity, ...addresses };
}

function targetOf({ destination: { workload, port, via } }: Query): Request['to'] {
  if (via) return { service: via.service.id, port: via.port.port };
  return isRouter(workload) ? { gateway: workload.id, port } : { workload: workload.id, port };
}

function headersOf({ headers }: HttpRequest): {
  headers?: Record<string, string> | readonly (readonly [string, string])[];
} {
  if (headers.length === 0) return {};
  const names = new Set(headers.map(([name]) => name));
  return { headers: names.size === headers.length ? Object.fromEntries(headers) : headers };
}
