import { carrierOf, isSamePlace, type TokenPlace } from '../../jwt/token-place.ts';
import type { JwtRule } from '../../../model/istio/request-authentication.ts';
import { headerAxis, TOKEN } from '../axes.ts';
import { holdsFor } from '../axis-solver.ts';
import { allOf, anyOf, type Bounds, exact, type Substitution, substitute } from '../bounds.ts';
import type { ChainSets } from '../chain-formula.ts';
import { all, any, type Axis, constant, literal, NOTHING } from '../formula.ts';
import type { SetPool } from '../set-pool.ts';
import { NO_TOKEN } from '../token-sets.ts';

/** What some point on a way takes, and everything behind it, by what token a request carries when it gets there. */
export interface ByToken {
  /** Nobody there gets a token to see. */
  readonly without: Bounds;
  /** With a token at a place that is accepted where somebody looks there, and is a text like any other where nobody does. */
  readonly with: (place: TokenPlace) => Bounds;
  /** Where somebody looks. */
  readonly places: readonly TokenPlace[];
  /** Those who look. */
  readonly rules: readonly JwtRule[];
  /** On which it is said what they find. */
  readonly axes: readonly Axis[];
}

/** All of it. */
export function everyToken({ without, with: withToken, places, axes }: ByToken, pool: SetPool): Bounds {
  const none = exact(all(axes.map((axis) => literal(axis, pool.tokens([NO_TOKEN])))));
  return anyOf([allOf([none, without]), ...places.map((place) => withToken(place))]);
}

/** The same whatever token there is. */
export const heedless = (takes: Bounds): ByToken => ({
  without: takes,
  with: () => takes,
  places: [],
  rules: [],
  axes: [],
});

/** The last point of a way. */
export function atEndpoint(takes: Bounds, sets: ChainSets | undefined, rules: readonly JwtRule[]): ByToken {
  const { places, at } = sets?.tokens ?? { places: [], at: () => ({ keeps: NOTHING, loses: NOTHING }) };
  const without = withoutTokenOn(TOKEN, takes);
  return {
    without,
    with(place) {
      const { keeps, loses } = at(place);
      if (keeps === NOTHING && loses === NOTHING) return carrying(place, without);
      return allOf([takes, exact(any([keeps, loses]))]);
    },
    places,
    rules,
    axes: places.length > 0 ? [TOKEN] : [],
  };
}

/** Put in terms of what comes before; `drops`: what stands at these places does not get through. */
export function pulled(point: ByToken, by: Substitution, drops: (place: TokenPlace) => boolean): ByToken {
  const without = substitute(point.without, by);
  return { ...point, without, with: (place) => (drops(place) ? without : substitute(point.with(place), by)) };
}

/** What is left of a set where an axis holds no token. */
export const withoutTokenOn = (axis: Axis, bounds: Bounds): Bounds =>
  substitute(bounds, (condition) =>
    condition.axis.key === axis.key ? exact(constant(holdsFor(condition, [NO_TOKEN]))) : undefined,
  );

const onHeader = (place: TokenPlace, bounds: Bounds, values: (text: string) => readonly string[]): Bounds => {
  const carrier = carrierOf(place);
  if (!carrier) return bounds;
  const [name, text] = carrier;
  const { key } = headerAxis(name);
  return substitute(bounds, (condition) =>
    condition.axis.key === key ? exact(constant(holdsFor(condition, values(text)))) : undefined,
  );
};

/** Where the token is a text like any other. */
export const carrying = (place: TokenPlace, bounds: Bounds): Bounds => onHeader(place, bounds, (text) => [text]);

/** Where the token was taken off. */
export const relieved = (place: TokenPlace, bounds: Bounds): Bounds => onHeader(place, bounds, () => []);

/** The places of both, once. */
export function bothPlaces(some: readonly TokenPlace[], others: readonly TokenPlace[]): readonly TokenPlace[] {
  return [...some, ...others.filter((place) => !some.some((each) => isSamePlace(each, place)))];
}
