import { compileTextMatch } from '../../gateway/text-match.ts';
import type { HttpRoute } from '../../gateway/http-route.ts';
import type { VirtualHost } from '../../gateway/virtual-hosts.ts';
import { allOf, anyOf, type Bounds, exact, notOf } from '../bounds.ts';
import { headerAxis, METHOD } from '../axes.ts';
import { all, EVERYTHING, type Formula, literal, NOTHING, not } from '../formula.ts';
import { conditionFormula, type RouteView, schemeFormula } from './condition-formula.ts';
import { hostFormula } from './host-formula.ts';
import { mayMeet, pathFormula, pathsFormula } from './path-formula.ts';
import { textSet } from './text-set.ts';

/**
 * The requests that take one route of a virtual host: `chooseRoute` and `ownAnswer` as a set. Earlier routes that no path shares with it are
 * left out; those that ask for nothing but a plain path become one condition.
 */
export function routeFormula(
  host: VirtualHost,
  hosts: readonly VirtualHost[],
  route: HttpRoute,
  view: RouteView,
): Bounds {
  const earlier = host.routes.slice(0, host.routes.indexOf(route)).filter((other) => mayMeet(other.path, route.path));
  const isPlain = ({ path, conditions }: HttpRoute): boolean =>
    conditions.length === 0 && path.kind !== 'regex' && !path.caseless;
  const plain = earlier.filter(isPlain).map(({ path }) => path);
  return allOf([
    exact(hostFormula(host, hosts, view.pool)),
    ...(host.redirects ? [schemeFormula((scheme) => scheme === 'https', view)] : []),
    matchFormula(route, view),
    exact(not(pathsFormula(plain, view.pool))),
    ...earlier.filter((other) => !isPlain(other)).map((other) => notOf(matchFormula(other, view))),
    goesOn(route, view),
  ]);
}

const matchFormula = ({ path, conditions }: HttpRoute, view: RouteView): Bounds =>
  allOf([exact(pathFormula(path, view.pool)), ...conditions.map((condition) => conditionFormula(condition, view))]);

/** What the route does not answer itself. Source: envoy source/extensions/filters/http/cors/cors_filter.cc. */
function goesOn({ rule: { spec } }: HttpRoute, view: RouteView): Bounds {
  const { redirect, directResponse, fault, corsPolicy } = spec;
  if (redirect || directResponse || (fault?.abort?.percentage?.value ?? 0) >= 100) return exact(NOTHING);
  if (!corsPolicy) return exact(EVERYTHING);
  const { pool } = view;
  const filled = pool.machine('filled', () => NOT_EMPTY);
  const preflight = all([
    literal(METHOD, pool.exactly(['OPTIONS'])),
    literal(headerAxis('origin'), filled),
    literal(headerAxis('access-control-request-method'), filled),
  ]);
  const allowed = [
    ...(corsPolicy.allowOrigins ?? []),
    ...(corsPolicy.allowOrigin ?? []).map((each) => ({ exact: each })),
  ];
  const origins = allowed.map((match): Formula => {
    const set = textSet(compileTextMatch(match), pool);
    return set ? literal(headerAxis('origin'), set) : NOTHING;
  });
  const answered = corsPolicy.unmatchedPreflights === 'IGNORE' ? exact(EVERYTHING) : anyOf(origins.map(exact));
  // Of several values of a header the first counts, which sets do not know.
  const refused = allOf([exact(preflight), answered]);
  return { surely: not(refused.possibly), possibly: EVERYTHING };
}

const NOT_EMPTY = {
  start: 0,
  step: () => 1,
  accepts: (state: number) => state === 1,
  acceptsAll: (state: number) => state === 1,
  characters: new Set<string>(),
};
