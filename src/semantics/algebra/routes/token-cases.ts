import { headerAxis, TOKEN } from '../axes.ts';
import { holdsFor } from '../axis-solver.ts';
import { allOf, anyOf, type Bounds, exact, substitute } from '../bounds.ts';
import { all, constant, type Formula, literal, NOTHING } from '../formula.ts';
import type { SetPool } from '../set-pool.ts';
import { GATEWAY_TOKEN, type GatewaySide } from './gateway-side.ts';

interface Sides {
  readonly pool: SetPool;
  readonly gateway: GatewaySide;
  readonly route: Bounds;
  readonly behind: Bounds;
  /** The requests of which the destination accepts a token. */
  readonly hasToken: Formula;
}

const AUTHORIZATION = headerAxis('authorization');

/**
 * All parts of a way together, case by case of what becomes of the token: none is sent; the gateway accepts it and passes it on, or takes it
 * off; the gateway does not look at it and the destination accepts it. A token of a request is one and the same at both.
 */
export function tokenCases({ pool, gateway, route, behind, hasToken }: Sides): Bounds {
  const destinationReads = hasToken !== NOTHING;
  const noToken = pool.rules([0]);
  const none = all([
    ...(gateway.readsTokens ? [literal(GATEWAY_TOKEN, noToken)] : []),
    ...(destinationReads ? [literal(TOKEN, noToken)] : []),
  ]);
  const cases: Bounds[] = [
    allOf([exact(none), withoutToken(gateway.passes), withoutToken(route), withoutToken(behind)]),
  ];
  const carried = withoutAuthorization(route);
  if (gateway.readsTokens) {
    const accepted = (rules: Formula): Bounds => allOf([gateway.passes, exact(rules)]);
    if (gateway.keepsToken !== NOTHING) {
      const seen = destinationReads ? allOf([behind, exact(hasToken)]) : withBearer(behind);
      cases.push(allOf([accepted(gateway.keepsToken), carried, seen]));
    }
    if (gateway.losesToken !== NOTHING)
      cases.push(allOf([accepted(gateway.losesToken), carried, withoutAuthorization(withoutToken(behind))]));
  } else if (destinationReads) {
    cases.push(allOf([withBearer(gateway.passes), withoutToken(carried), behind, exact(hasToken)]));
  }
  return anyOf(cases);
}

const withoutToken = rememberedPer((bounds) =>
  substitute(bounds, (condition) =>
    condition.axis.key === TOKEN.key || condition.axis.key === GATEWAY_TOKEN.key
      ? exact(constant(holdsFor(condition, ['0'])))
      : undefined,
  ),
);

const carrying = (values: readonly string[]) =>
  rememberedPer((bounds) =>
    substitute(bounds, (condition) =>
      condition.axis.key === AUTHORIZATION.key ? exact(constant(holdsFor(condition, values))) : undefined,
    ),
  );
const withBearer = carrying(['Bearer token']);
const withoutAuthorization = carrying([]);

/** What a gateway's policies come to is asked for again by each of its routes. */
function rememberedPer(change: (bounds: Bounds) => Bounds): (bounds: Bounds) => Bounds {
  const known = new WeakMap<Bounds, Bounds>();
  return (bounds) => {
    let changed = known.get(bounds);
    if (!changed) {
      changed = change(bounds);
      known.set(bounds, changed);
    }
    return changed;
  };
}
