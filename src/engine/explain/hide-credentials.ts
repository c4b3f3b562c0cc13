import type { Request } from '../../result/request.ts';

const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** The same request, to be printed: what somebody pasted as a credential is not repeated. */
export function hideCredentials(request: Request): Request {
  const { http } = request;
  if (!http?.headers) return request;
  const pairs: readonly (readonly [string, string])[] = Array.isArray(http.headers)
    ? http.headers
    : Object.entries(http.headers);
  if (!pairs.some(([name]) => CREDENTIALS.has(name.toLowerCase()))) return request;
  const headers = pairs.map(
    ([name, value]) => [name, CREDENTIALS.has(name.toLowerCase()) ? '(hidden)' : value] as const,
  );
  return { ...request, http: { ...http, headers } };
}
