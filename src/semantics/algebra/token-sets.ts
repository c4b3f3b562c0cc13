import type { JwtRule } from '../../model/istio/request-authentication.ts';
import { type JwtProvider, readsAt } from '../jwt/authenticate.ts';
import { audienceForms } from '../jwt/registered-claims.ts';
import { BEARER, carrierOf, isRemovable, isSamePlace, placesOf, type TokenPlace } from '../jwt/token-place.ts';
import { claimAxis, headerAxis, METHOD } from './axes.ts';
import { all, any, type Axis, constant, EVERYTHING, type Formula, literal, NOTHING, not } from './formula.ts';
import type { SetPool } from './set-pool.ts';
import { hasCookie } from './strings/has-cookie.ts';
import { hasParameter } from './strings/has-parameter.ts';
import { anything, literally } from './strings/glob.ts';
import { valueGlobs } from './strings/patterns.ts';

/** What the JWT filter of one point makes of requests. */
export interface TokenSets {
  /** Without a token, or with one that a rule accepts. */
  readonly authenticated: Formula;
  /** Requests with a token that a rule accepts. */
  readonly hasToken: Formula;
  /** Where rules look for tokens. */
  readonly places: readonly TokenPlace[];
  /** The accepted tokens of one place: those that stay there, and those that are taken off. */
  readonly at: (place: TokenPlace) => { readonly keeps: Formula; readonly loses: Formula };
  /** The accepted tokens value by value of the axis, each without the value itself: it stands for another rule in another state of the mesh. */
  readonly accepted: readonly AcceptedToken[];
  /** What a condition on a header comes to, before and behind the filter, given the condition on what is sent under that name. */
  readonly header: (when: 'before' | 'after') => HeaderCondition;
}

export interface AcceptedToken {
  readonly value: string;
  readonly place: TokenPlace;
  /** Tokens that its rule is the first to accept there. */
  readonly accepts: Formula;
}

export type HeaderCondition = (name: string, sent: Formula, matches: (value: string) => boolean) => Formula;

/** No rule: a header is one like any other. */
export const NO_TOKENS: TokenSets = {
  authenticated: EVERYTHING,
  hasToken: NOTHING,
  places: [],
  at: () => ({ keeps: NOTHING, loses: NOTHING }),
  accepted: [],
  header: () => (_name, sent) => sent,
};

/** A value of the token axis: which rule is the first that accepts the token, from 1, and where it stands. `0`: there is none. */
export const tokenValue = (rule: number, place: TokenPlace): string =>
  isSamePlace(place, BEARER) ? String(rule) : `${rule}@${JSON.stringify(place)}`;

export const NO_TOKEN = '0';

/** Where the token of a value stands; undefined: there is none. */
export function placeOfValue(value: string): TokenPlace | undefined {
  if (value === NO_TOKEN) return undefined;
  const at = value.indexOf('@');
  return at < 0 ? BEARER : (JSON.parse(value.slice(at + 1)) as TokenPlace);
}

/** Every place that some of these rules look at, once. */
function allPlaces(rules: readonly JwtRule[]): readonly TokenPlace[] {
  const found: TokenPlace[] = [];
  for (const place of rules.flatMap(placesOf)) if (!found.some((other) => isSamePlace(other, place))) found.push(place);
  return found;
}

/** `authenticate` as sets. A token stands alone at its place: more text there spoils it. */
export function tokenSets(
  providers: readonly Pick<JwtProvider, 'rule'>[],
  pool: SetPool,
  { token, path }: { readonly token: Axis; readonly path: Axis },
): TokenSets {
  if (providers.length === 0) return NO_TOKENS;
  const rules = providers.map(({ rule }) => rule);
  const places = allPlaces(rules);
  const text = (place: TokenPlace): Formula => textAt(place, pool, path);
  const among = (values: readonly string[]): Formula =>
    values.length === 0 ? NOTHING : literal(token, pool.tokens(values));
  const readers = (place: TokenPlace): readonly { readonly rule: JwtRule; readonly value: string }[] =>
    rules.flatMap((rule, i) => (readsAt(rule, place) ? [{ rule, value: tokenValue(i + 1, place) }] : []));
  const off = not(preflight(pool));
  const accepted = places.flatMap((place): readonly AcceptedToken[] => {
    const accepting = readers(place).map(({ rule, value }) => ({
      value,
      accepts: all([
        acceptedBy(rule, pool),
        ...placesOf(rule)
          .filter((other) => other.kind === 'param' || (!isSamePlace(other, place) && !sharesHeader(other, place)))
          .map((other) => not(text(other))),
      ]),
    }));
    return accepting.map(({ value, accepts }, i) => ({
      value,
      place,
      accepts: all([accepts, ...accepting.slice(0, i).map((earlier) => not(earlier.accepts)), off]),
    }));
  });
  const chosen = accepted.map(({ value, accepts }) => all([among([value]), accepts]));
  // Text at a place of tokens is none that anybody signed. Tokens of CORS preflight requests are not looked at (reference §3).
  const bare = any([preflight(pool), all(places.map((place) => not(text(place))))]);
  const values = (place: TokenPlace, which: (rule: JwtRule) => boolean): readonly string[] =>
    readers(place).flatMap(({ rule, value }) => (which(rule) ? [value] : []));
  const stays =
    (place: TokenPlace) =>
    (rule: JwtRule): boolean =>
      (rule.forwardOriginalToken ?? false) || !isRemovable(place);
  const valuesIn = (header: string, which: (place: TokenPlace) => (rule: JwtRule) => boolean) =>
    places.flatMap((place) => {
      const carrier = carrierOf(place);
      return carrier?.[0] === header ? [{ text: carrier[1], values: values(place, which(place)) }] : [];
    });
  const every = (): ((rule: JwtRule) => boolean) => () => true;
  return {
    authenticated: any([all([among([NO_TOKEN]), bare]), ...chosen]),
    hasToken: among(places.flatMap((place) => values(place, () => true))),
    places,
    accepted,
    at: (place) => ({
      keeps: among(values(place, stays(place))),
      loses: among(values(place, (rule) => !stays(place)(rule))),
    }),
    header: (when) => (name, sent, matches) => {
      const carried = valuesIn(name, every);
      if (carried.length === 0) return sent;
      const seen = when === 'before' ? carried : valuesIn(name, stays);
      return any([
        ...seen.map(({ text, values: those }) => all([among(those), constant(matches(text))])),
        all([not(among(carried.flatMap(({ values: those }) => those))), sent]),
      ]);
    },
  };
}

/** What a rule looks for in the header that holds the token is in its text, or is not. */
const sharesHeader = (other: TokenPlace, place: TokenPlace): boolean =>
  other.kind === 'header' && carrierOf(place)?.[0] === other.name;

function acceptedBy(rule: JwtRule, pool: SetPool): Formula {
  const exactly = (path: readonly string[], values: readonly string[]): Formula =>
    literal(claimAxis(path), pool.exactly(values));
  return all([
    ...(rule.issuer ? [exactly(['iss'], [rule.issuer])] : []),
    ...(rule.audiences?.length ? [exactly(['aud'], audienceForms(rule.audiences))] : []),
  ]);
}

/** Requests with some text where tokens are looked for. */
function textAt(place: TokenPlace, pool: SetPool, path: Axis): Formula {
  switch (place.kind) {
    case 'header':
      return literal(
        headerAxis(place.name),
        pool.words(`token after ${place.prefix}`, 'as-is', () => [
          [...anything(), ...literally(place.prefix), ...anything()],
        ]),
      );
    case 'param':
      return literal(
        path,
        pool.machine(`has parameter ${place.name}`, () => hasParameter(place.name)),
      );
    case 'cookie':
      return literal(
        headerAxis('cookie'),
        pool.machine(`has cookie ${place.name}`, () => hasCookie(place.name)),
      );
  }
}

function preflight(pool: SetPool): Formula {
  const present = pool.words('present', 'as-is', () => valueGlobs('*'));
  const options = pool.exactly(['OPTIONS']);
  return all([
    literal(METHOD, options),
    literal(headerAxis('origin'), present),
    literal(headerAxis('access-control-request-method'), present),
  ]);
}
