import type { Token } from '../../result/request.ts';
import type { SentToken, TokenPlace } from './token-place.ts';

/** A token as tests and reports write it, and back. */
export function shownToken({ claims, valid, place }: SentToken): Token {
  return {
    payload: claims,
    ...(valid ? {} : { valid: false }),
    ...(place ? { in: shownPlace(place) } : {}),
  };
}

export function tokenOf({ payload, valid = true, in: shown }: Token): SentToken {
  const place = shown && placeOf(shown);
  return { claims: payload, valid, ...(place ? { place } : {}) };
}

function shownPlace(place: TokenPlace): NonNullable<Token['in']> {
  switch (place.kind) {
    case 'header':
      return { header: place.name, ...(place.prefix === '' ? {} : { prefix: place.prefix }) };
    case 'param':
      return { param: place.name };
    case 'cookie':
      return { cookie: place.name };
  }
}

function placeOf({ header, prefix = '', param, cookie }: NonNullable<Token['in']>): TokenPlace | undefined {
  if (header !== undefined) return { kind: 'header', name: header.toLowerCase(), prefix };
  if (param !== undefined) return { kind: 'param', name: param };
  return cookie === undefined ? undefined : { kind: 'cookie', name: cookie };
}
