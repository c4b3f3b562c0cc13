import type { Workload } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import type { Bounds } from '../../semantics/algebra/bounds.ts';
import type { ChainSets, RuleSet } from '../../semantics/algebra/chain-formula.ts';
import { all, EVERYTHING, type Formula } from '../../semantics/algebra/formula.ts';
import { routePlaces } from '../../semantics/algebra/routes/route-places.ts';
import { type WayIn, waysBy } from '../../semantics/algebra/routes/way-in.ts';
import { withPeer } from '../../semantics/algebra/with-peer.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Entrance } from '../facts.ts';
import { describeRule } from './describe-rule.ts';
import { byGroup, byRule, type Operation } from './operations.ts';

/** What gets in by one route of a gateway, in words. */
export interface RouteReach {
  /** Host names of requests or of TLS; `*`: any. */
  readonly hosts: readonly string[];
  /** What takes the route: `GET /v1*`, `TCP`. */
  readonly takes: string;
  /** What the gateway's own policies let on; empty where no ALLOW policy and no exception applies. */
  readonly atGateway: readonly Operation[];
  /** What the destination's policies let in, as they see it behind the route. */
  readonly may: readonly Operation[];
}

/**
 * The set of requests behind an entrance: what takes its route, and the rules of the gateway and of the destination that let some of it in. Only
 * rules that let a request of it in are named, and only exceptions that take something away.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function routeReach(
  enforcement: Enforcement,
  { gateway, through = [], by }: Pick<Entrance, 'gateway' | 'through' | 'by'>,
  workload: Workload,
  port: number,
): RouteReach | undefined {
  const places = routePlaces(enforcement)
    .along(workload, port)
    .filter(([place, ...further]) => {
      if (place.by !== by || place.proxy.workload !== gateway || further.length !== through.length) return false;
      return further.every(({ proxy }, index) => proxy.workload === through[index]?.gateway);
    });
  const ways = places
    .flatMap(([place, ...further]) => waysBy(enforcement, place, further))
    .filter(({ solver, mayPass }) => !solver.isEmpty(mayPass));
  const [first] = ways;
  if (!first) return undefined;
  const { route, chain } = first.place;
  const hosts = ways.flatMap(({ place }) => (place.host ? [place.host.domain] : (place.chain.sniHosts ?? ['*'])));
  return {
    hosts: [...new Set(hosts)],
    takes: route?.text ?? (chain.sniHosts ? 'TLS' : 'TCP'),
    atGateway: atGateway(first),
    may: atDestination(first),
  };
}

function atGateway(way: WayIn): readonly Operation[] {
  const { sets, sent } = way.side;
  if (!sets.restricted && sets.deny.length + sets.refusing.length + sets.asking.length === 0) return [];
  return operations(way, sets, sent, way.taken());
}

function atDestination(way: WayIn): readonly Operation[] {
  const { region, peer } = way.behind;
  const { point } = region ?? {};
  const sent = (condition: Formula): Bounds => way.before(withPeer(condition, peer));
  if (!point) return [ANYTHING];
  if (point.kind !== 'ztunnel') return operations(way, point.sets, sent, way.arrives());
  const { allow, restricted } = point.sets;
  if (!restricted) return [ANYTHING];
  return allow
    .filter(({ matches }) => !way.solver.isEmpty(all([way.mayPass, sent(matches).possibly])))
    .map((group) => ({ ...ANYTHING, by: byGroup(group) }));
}

const ANYTHING: Operation = { what: 'anything', by: null, except: [], asks: [] };

function operations(
  { solver, mayPass }: WayIn,
  sets: ChainSets,
  sent: (condition: Formula) => Bounds,
  arrives: Formula,
): readonly Operation[] {
  const meeting = (rules: readonly RuleSet[], within: Formula): readonly By[] =>
    rules.filter(({ matches }) => !solver.isEmpty(all([arrives, within, sent(matches).possibly]))).map(byRule);
  const limits = (within: Formula): Pick<Operation, 'except' | 'asks'> => ({
    except: meeting([...sets.refusing, ...sets.deny], within),
    asks: meeting(sets.asking, within),
  });
  if (!sets.restricted) return [{ what: 'anything', by: null, ...limits(EVERYTHING) }];
  return sets.allow.flatMap((rule) => {
    const within = sent(rule.matches).possibly;
    if (solver.isEmpty(all([mayPass, within]))) return [];
    return describeRule(rule.rule).map((what) => ({ what, by: byRule(rule), ...limits(within) }));
  });
}
