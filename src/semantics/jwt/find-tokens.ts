import type { JwtRule } from '../../model/istio/request-authentication.ts';

export interface TokenRequest {
  readonly method: string;
  /** With the query, where tokens may stand. */
  readonly path?: string;
  readonly headers: readonly (readonly [string, string])[];
  /** The token of the request; it travels as `Authorization: Bearer`, before any other line of that header. */
  readonly token?: object;
}

/** What a rule finds at a place where it looks: the request's token, or text that nobody here can check and that counts as no valid token. */
export type FoundToken = 'token' | 'text';

/**
 * The tokens of a request that a rule looks at; all of them must be valid. The lines of a header are joined with commas, the prefix may stand
 * anywhere in that, and the rest is the token, so that a second Authorization line spoils the first.
 *
 * Source: envoy source/extensions/filters/http/jwt_authn/extractor.cc; recorded in conformance/vectors/tokens.jsonl.
 */
export function findTokens(rule: JwtRule, request: TokenRequest): readonly FoundToken[] {
  const { headers, params, cookies } = placesOf(rule);
  return [
    ...headers.flatMap(({ name, prefix }) => inHeader(name, prefix, request)),
    ...(params.length > 0 ? namesInQuery(request.path ?? '').filter((name) => params.includes(name)) : []).map(asText),
    ...(cookies.length > 0 ? namesOfCookies(request.headers).filter((name) => cookies.includes(name)) : []).map(asText),
  ];
}

const asText = (): FoundToken => 'text';

/** A rule that names places of its own reads only those. */
function placesOf({ fromHeaders, fromParams, fromCookies }: JwtRule): {
  readonly headers: readonly { readonly name: string; readonly prefix: string }[];
  readonly params: readonly string[];
  readonly cookies: readonly string[];
} {
  if (!fromHeaders?.length && !fromParams?.length && !fromCookies?.length)
    return { headers: [{ name: 'authorization', prefix: 'Bearer ' }], params: ['access_token'], cookies: [] };
  return {
    headers: (fromHeaders ?? []).map(({ name = '', prefix = '' }) => ({ name: name.toLowerCase(), prefix })),
    params: fromParams ?? [],
    cookies: fromCookies ?? [],
  };
}

/** Stands for the request's token among the bytes of its header. */
const TOKEN = '\u0000';

function inHeader(name: string, prefix: string, { headers, token }: TokenRequest): readonly FoundToken[] {
  const lines = headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  if (token && name === 'authorization') lines.unshift(`Bearer ${TOKEN}`);
  if (lines.length === 0) return [];
  const value = lines.join(',');
  const at = value.indexOf(prefix);
  if (at < 0) return [];
  const rest = value.slice(at + prefix.length);
  return [(prefix === '' ? rest : rest.trimStart()) === TOKEN ? 'token' : 'text'];
}

function namesInQuery(path: string): readonly string[] {
  const query = /\?([^#]*)/.exec(path)?.[1];
  return query ? query.split('&').map((pair) => decode(pair.split('=', 1)[0] ?? '')) : [];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function namesOfCookies(headers: TokenRequest['headers']): readonly string[] {
  return headers
    .filter(([name]) => name.toLowerCase() === 'cookie')
    .flatMap(([, value]) => value.split(';'))
    .filter((pair) => pair.includes('='))
    .map((pair) => pair.slice(0, pair.indexOf('=')).trim());
}
