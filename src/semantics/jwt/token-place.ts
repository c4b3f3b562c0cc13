import type { JwtRule } from '../../model/istio/request-authentication.ts';
import type { Claims } from '../authz/claims.ts';

/** Where a token stands in a request. Names of headers are in lower case. */
export type TokenPlace =
  | { readonly kind: 'header'; readonly name: string; readonly prefix: string }
  | { readonly kind: 'param'; readonly name: string }
  | { readonly kind: 'cookie'; readonly name: string };

/** The token that a request carries. Absent place: `Authorization: Bearer`. */
export interface SentToken {
  readonly claims: Claims;
  readonly valid: boolean;
  readonly place?: TokenPlace;
}

export const BEARER: TokenPlace = { kind: 'header', name: 'authorization', prefix: 'Bearer ' };

/** Where a rule looks for tokens; one that names places of its own reads only those. Reference §3. */
export function placesOf({ fromHeaders, fromParams, fromCookies }: JwtRule): readonly TokenPlace[] {
  if (!fromHeaders?.length && !fromParams?.length && !fromCookies?.length)
    return [BEARER, { kind: 'param', name: 'access_token' }];
  return [
    ...(fromHeaders ?? []).map(
      ({ name = '', prefix = '' }): TokenPlace => ({ kind: 'header', name: name.toLowerCase(), prefix }),
    ),
    ...(fromParams ?? []).map((name): TokenPlace => ({ kind: 'param', name })),
    ...(fromCookies ?? []).map((name): TokenPlace => ({ kind: 'cookie', name })),
  ];
}

export const isSamePlace = (a: TokenPlace, b: TokenPlace): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The header that a token at a place travels in, with what stands there; undefined: in none. */
export function carrierOf(place: TokenPlace): readonly [string, string] | undefined {
  switch (place.kind) {
    case 'header':
      return [place.name, `${place.prefix}token`];
    case 'cookie':
      return ['cookie', `${place.name}=token`];
    case 'param':
      return undefined;
  }
}

/** Whether a rule that does not forward its token takes it off: cookies stay. Source: envoy jwt_authn/extractor.cc (removeJwt). */
export const isRemovable = ({ kind }: TokenPlace): boolean => kind !== 'cookie';
