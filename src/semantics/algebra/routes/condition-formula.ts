import type { RouteCondition } from '../../gateway/http-route.ts';
import { type Bounds, exact, notOf } from '../bounds.ts';
import { claimAxis, headerAxis, HOST, METHOD, PATH } from '../axes.ts';
import { all, any, constant, type Formula, literal, NOTHING, not } from '../formula.ts';
import type { SetPool } from '../set-pool.ts';
import { queryParameter } from '../strings/query-parameter.ts';
import { anyText, textSet } from './text-set.ts';

/** What routes of one listener see of every request alike. */
export interface RouteView {
  readonly pool: SetPool;
  readonly scheme: 'http' | 'https';
  /** Proxies are trusted in front, so that the client may state the scheme. */
  readonly trustsProto: boolean;
  /** A token that the gateway accepted: without one there are no claims. */
  readonly hasToken: Formula;
}

/** The requests that one condition of a route takes: `holds` as a set. */
export function conditionFormula(condition: RouteCondition, view: RouteView): Bounds {
  const { on, name, negated, match, claim = [] } = condition;
  const { pool } = view;
  const set = textSet(match, pool);
  switch (on) {
    case 'header': {
      const axis = headerAxis(name);
      const takes = set ? literal(axis, set) : NOTHING;
      if (!negated) return exact(takes);
      const absent = not(literal(axis, anyText(pool)));
      // A header that is not there counts as empty, but for a condition on mere presence.
      if (match.kind === 'present') return exact(absent);
      return exact(match.test('') ? all([not(takes), not(absent)]) : not(takes));
    }
    case 'query':
      if (!set) return exact(NOTHING);
      return exact(
        literal(
          PATH,
          pool.machine(JSON.stringify(['query', name, match.kind, match.value]), () =>
            queryParameter(name, set.machine),
          ),
        ),
      );
    case 'claim': {
      const takes = exact(set ? all([view.hasToken, literal(claimAxis(claim), set)]) : NOTHING);
      return negated ? notOf(takes) : takes;
    }
    case 'method':
      return exact(set ? literal(METHOD, set) : NOTHING);
    case 'authority':
      return exact(set ? literal(HOST, set) : NOTHING);
    case 'scheme':
      return schemeFormula(match.test, view);
  }
}

const SCHEMES = ['http', 'https'] as const;

/** What the client says of its scheme counts only with trusted proxies in front. Of several values the first counts, which sets do not know. */
export function schemeFormula(test: (scheme: string) => boolean, { pool, scheme, trustsProto }: RouteView): Bounds {
  if (!trustsProto) return exact(constant(test(scheme)));
  const axis = headerAxis('x-forwarded-proto');
  const own = all([not(literal(axis, anyText(pool))), constant(test(scheme))]);
  const stated = SCHEMES.filter(test);
  const some = stated.length === 0 ? NOTHING : literal(axis, pool.exactly(stated));
  const others = SCHEMES.filter((each) => !test(each));
  const contradicted = others.length === 0 ? NOTHING : literal(axis, pool.exactly(others));
  return { surely: any([own, all([some, not(contradicted)])]), possibly: any([own, some]) };
}
