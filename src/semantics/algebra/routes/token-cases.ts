import type { JwtRule } from '../../../model/istio/request-authentication.ts';
import { readsAt } from '../../jwt/authenticate.ts';
import { carrierOf, isRemovable, isSamePlace, placesOf, type TokenPlace } from '../../jwt/token-place.ts';
import { headerAxis } from '../axes.ts';
import { allOf, anyOf, type Bounds, exact, substitute } from '../bounds.ts';
import { NOTHING } from '../formula.ts';
import type { SetPool } from '../set-pool.ts';
import { bothPlaces, type ByToken, carrying, everyToken, relieved, withoutTokenOn } from './by-token.ts';
import type { GatewaySide } from './gateway-side.ts';
import { OPEN } from './open.ts';

interface Sides {
  readonly gateway: GatewaySide;
  readonly route: Bounds;
  /** In terms of what gets to the gateway. */
  readonly behind: ByToken;
  readonly pool: SetPool;
}

/**
 * All parts of a way together, case by case of what becomes of the token: none is sent; the gateway accepts it and passes it on, or takes it
 * off; the gateway does not look at it and somebody behind accepts it. A token of a request is one and the same at all of them.
 */
export function throughGateway({ gateway, route, behind }: Omit<Sides, 'pool'>): ByToken {
  const { token } = gateway;
  const passes = withoutTokenOn(token, gateway.passes);
  const taken = withoutTokenOn(token, route);
  const withToken = (place: TokenPlace): Bounds => {
    const { keeps, loses } = gateway.tokens.at(place);
    if (keeps === NOTHING && loses === NOTHING)
      return allOf([carrying(place, passes), carrying(place, taken), behind.with(place)]);
    const cases: Bounds[] = [];
    if (keeps !== NOTHING)
      cases.push(allOf([gateway.passes, exact(keeps), carrying(place, route), behind.with(place)]));
    if (loses !== NOTHING)
      cases.push(allOf([gateway.passes, exact(loses), relieved(place, route), relieved(place, behind.without)]));
    return anyOf(cases);
  };
  return {
    without: allOf([passes, taken, behind.without]),
    with: withToken,
    places: bothPlaces(gateway.tokens.places, behind.places),
    rules: [...gateway.rules, ...behind.rules],
    axes: gateway.rules.length > 0 ? [token, ...behind.axes] : behind.axes,
  };
}

/**
 * Everything that gets through, also with two tokens of which the gateway accepts one and somebody behind the other: no request here holds two,
 * so that nothing of those is certain.
 */
export function anyTokens(sides: Sides): { readonly set: Bounds; readonly isTwo: boolean } {
  const set = everyToken(throughGateway(sides), sides.pool);
  const { gateway, route, behind } = sides;
  const second = behind.places.filter((place) => isAcceptedBehind(place, gateway.rules, behind.rules));
  if (second.length === 0) return { set, isTwo: false };
  const carriers = new Set(
    [...gateway.tokens.places, ...second].flatMap((place) => {
      const carrier = carrierOf(place);
      return carrier ? [headerAxis(carrier[0]).key] : [];
    }),
  );
  const loose = (bounds: Bounds): Bounds =>
    substitute(bounds, ({ axis }) => (axis.path || carriers.has(axis.key) ? OPEN : undefined));
  const first = allOf([loose(gateway.passes), exact(gateway.hasToken), loose(route)]).possibly;
  const two = anyOf(second.map((place) => allOf([exact(first), behind.with(place)]))).possibly;
  return { set: anyOf([set, { surely: NOTHING, possibly: two }]), isTwo: true };
}

/** Whether somebody behind accepts a token at a place beside one that the gateway accepts and whose rule does not look there. */
const isAcceptedBehind = (place: TokenPlace, atGateway: readonly JwtRule[], behind: readonly JwtRule[]): boolean =>
  atGateway.some(
    (rule) =>
      !looksAt(rule, place) &&
      placesOf(rule).some(
        (first) =>
          readsAt(rule, first) &&
          behind.some(
            (other) =>
              readsAt(other, place) && (!looksAt(other, first) || (!rule.forwardOriginalToken && isRemovable(first))),
          ),
      ),
  );

/** A header is looked at whatever stands in front of the token. */
const looksAt = (rule: JwtRule, place: TokenPlace): boolean =>
  placesOf(rule).some(
    (own) => isSamePlace(own, place) || (own.kind === 'header' && carrierOf(place)?.[0] === own.name),
  );
