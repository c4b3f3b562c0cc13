import type { Workload } from '../../model/inventory/types.ts';
import { all, any, EVERYTHING, type Formula, not } from '../../semantics/algebra/formula.ts';
import { routePlaces } from '../../semantics/algebra/routes/route-places.ts';
import { takenOn } from '../../semantics/algebra/routes/taken-on.ts';
import { doorOf, type WayIn, waysBy } from '../../semantics/algebra/routes/way-in.ts';
import { queryOfWay } from '../../semantics/algebra/routes/way-query.ts';
import { symbolicOf } from '../../semantics/algebra/symbolic.ts';
import { decide } from '../../semantics/decide.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { indexGateways } from '../../semantics/gateway/index-gateways.ts';
import { decideWay } from '../decide-way.ts';
import { requestOf } from '../request-of.ts';
import { findOnWay } from '../ways-in.ts';
import type { Doubt, Faulty, Turned } from './turned.ts';

/** Requests to a gateway that a fault in a policy of its own turns, on the way to where routes lead, then at the gateway alone. */
export function* turnedAtGateway(states: Faulty, gateway: Workload, doubt: Doubt): Iterable<Turned> {
  const { before, after } = states;
  const swapped: Faulty = { before: after, after: before };
  for (const place of routePlaces(before).through(gateway)) {
    const [old, now] = [waysBy(before, place), waysBy(after, place)];
    yield* onWays('opens', states, now, old, doubt);
    yield* onWays('refuses', swapped, old, now, doubt);
  }
  yield* atDoors('opens', states, gateway, doubt);
  yield* atDoors('refuses', swapped, gateway, doubt);
}

/** What passes on one of the ways and not on its like in the other state. */
function* onWays(
  effect: Turned['effect'],
  { before, after }: Faulty,
  ways: readonly WayIn[],
  others: readonly WayIn[],
  doubt: Doubt,
): Iterable<Turned> {
  for (const [index, way] of ways.entries()) {
    // Connections are those of the chain, in its order; where the network lets none in there is no way at all.
    const other = others.length === ways.length ? others[index] : undefined;
    const answer = findOnWay(after, way, (set) => (other ? all([set, not(other.passes)]) : set));
    if (answer.kind === 'open') doubt(answer.why);
    if (answer.kind !== 'found') continue;
    const { workload, port } = way.endpoint;
    const was = decideWay(before, answer.query, workload, port);
    if (was.outcome === 'deny') yield { effect, request: requestOf(answer.query), to: { workload, port } };
    else if (was.outcome === 'unknown') doubt(was.reason);
  }
}

/** The same by what the gateway alone decides, for routes that lead out of the mesh. */
function* atDoors(
  effect: Turned['effect'],
  { before, after }: Faulty,
  gateway: Workload,
  doubt: Doubt,
): Iterable<Turned> {
  const proxy = indexGateways(after).byWorkload.get(gateway);
  const config = after.configOf(gateway);
  const solver = symbolicOf(after).solver(after.bundleOf(config), config);
  for (const listener of proxy?.listeners ?? []) {
    for (const chain of listener.chains.all) {
      if (!proxy) continue;
      const [now, old] = [after, before].map((state) => doorOf(state, { proxy, listener, chain }));
      if (!now || now.network.outcome === 'deny') continue;
      const protocol = chain.kind === 'http' ? 'http' : 'tcp';
      for (const [index, { handshake, sides }] of now.connections.entries()) {
        const passes = passing(sides);
        const passed = old && old.network.outcome !== 'deny' ? passing(old.connections[index]?.sides ?? []) : any([]);
        const more = all([passes, not(passed)]);
        if (solver.isEmpty(more)) continue;
        for (const { taken, host } of takenOn(after, { proxy, listener, chain }, sides[0]?.hasToken ?? EVERYTHING)) {
          const formula = all([more, taken]);
          const model = solver.find(formula);
          if (!model) continue;
          const way = { gateway, port: listener.port, handshake, protocol, place: host ? { host } : {} } as const;
          const query = { ...queryOfWay(way, formula, model), at: 'gateway' } as const;
          if (outcomeOf(after, query) === 'deny' || outcomeOf(before, query) !== 'deny') continue;
          const { at: _at, ...whole } = query;
          yield { effect, request: requestOf(whole), to: { workload: gateway, port: listener.port } };
          doubt(`it lets other requests through ${gateway.id}, where nothing was found that takes them`);
        }
      }
    }
  }
}

const passing = (sides: ReturnType<typeof doorOf>['connections'][number]['sides']): Formula =>
  any(sides.map(({ passes }) => passes.possibly));

const outcomeOf = (enforcement: Enforcement, query: Parameters<typeof decide>[1]): string =>
  decide(enforcement, query).outcome;
