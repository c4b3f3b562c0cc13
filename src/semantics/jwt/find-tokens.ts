import type { JwtRule } from '../../model/istio/request-authentication.ts';
import { BEARER, placesOf, type TokenPlace } from './token-place.ts';

export interface TokenRequest {
  readonly method: string;
  /** With the query, where tokens may stand. */
  readonly path?: string;
  readonly headers: readonly (readonly [string, string])[];
  /** The token of the request, before any other text at its place; in a query at the end. */
  readonly token?: { readonly place?: TokenPlace };
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
  return placesOf(rule).flatMap((place) => findAt(place, request));
}

function findAt(place: TokenPlace, request: TokenRequest): readonly FoundToken[] {
  const { token } = request;
  const sent = token && (token.place ?? BEARER);
  switch (place.kind) {
    case 'header':
      return inHeader(place.name, place.prefix, request.headers, sent?.kind === 'header' ? sent : undefined);
    case 'param':
      // The first value counts, and the token stands at the end.
      if (namesInQuery(request.path ?? '').includes(place.name)) return ['text'];
      return sent?.kind === 'param' && sent.name === place.name ? ['token'] : [];
    case 'cookie':
      if (sent?.kind === 'cookie' && sent.name === place.name) return ['token'];
      return namesOfCookies(request.headers).includes(place.name) ? ['text'] : [];
  }
}

/** Stands for the request's token among the bytes of its header. */
const TOKEN = '\u0000';

function inHeader(
  name: string,
  prefix: string,
  headers: TokenRequest['headers'],
  sent: Extract<TokenPlace, { kind: 'header' }> | undefined,
): readonly FoundToken[] {
  const lines = headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  if (sent?.name === name) lines.unshift(`${sent.prefix}${TOKEN}`);
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
