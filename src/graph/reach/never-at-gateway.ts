import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import { all, any, EVERYTHING, type Formula, not } from '../../semantics/algebra/formula.ts';
import { takenOn } from '../../semantics/algebra/routes/taken-on.ts';
import { doorOf } from '../../semantics/algebra/routes/way-in.ts';
import { queryOfWay } from '../../semantics/algebra/routes/way-query.ts';
import { symbolicOf } from '../../semantics/algebra/symbolic.ts';
import { decide } from '../../semantics/decide.ts';
import { indexGateways } from '../../semantics/gateway/index-gateways.ts';
import type { Facts } from '../facts.ts';
import { requestOf } from '../request-of.ts';
import { exempt, type Unless } from './exempt.ts';
import type { NeverAnswer } from './never-answer.ts';

/**
 * The same to a gateway itself: what its policies let on of what takes some route of it, wherever that leads. PeerAuthentication governs no
 * listener of a gateway (reference §15.2).
 */
export function* neverAtGateway(
  { enforcement, entrances }: Facts,
  gateway: Workload,
  { port }: WorkloadPort,
  unless: Unless | undefined,
): Iterable<NeverAnswer> {
  const known = entrances
    .of(gateway, port)
    .find((each) => each.entry === 'internet' && !each.gateway && each.verdict.outcome === 'allow');
  if (known && !unless) return yield { kind: 'refuted', request: known.request, verdict: known.verdict };
  const proxy = indexGateways(enforcement).byWorkload.get(gateway);
  const listener = proxy?.listeners.find((each) => each.port === port);
  if (!proxy || !listener) return;
  const config = enforcement.configOf(gateway);
  const solver = symbolicOf(enforcement).solver(enforcement.bundleOf(config), config);
  for (const chain of listener.chains.all) {
    const door = doorOf(enforcement, { proxy, listener, chain });
    if (door.network.outcome === 'deny') continue;
    const protocol = chain.kind === 'http' ? 'http' : 'tcp';
    for (const { handshake, sides } of door.connections) {
      const passes = any(
        sides.map((side): Formula => {
          const place = { sets: side, protocol, port, identified: handshake.peer === 'identity' } as const;
          return all([side.passes.possibly, not(exempt(enforcement, unless, place))]);
        }),
      );
      // Nothing to be searched for route by route.
      if (solver.isEmpty(passes)) continue;
      let open: NeverAnswer | undefined;
      for (const { taken, host } of takenOn(
        enforcement,
        { proxy, listener, chain },
        sides[0]?.hasToken ?? EVERYTHING,
      )) {
        const formula = all([passes, taken]);
        const model = solver.find(formula);
        if (!model) continue;
        const way = { gateway, port, handshake, protocol, place: host ? { host } : {} } as const;
        const query = queryOfWay(way, formula, model);
        const verdict = decide(enforcement, { ...query, at: 'gateway' });
        if (verdict.outcome === 'allow') {
          yield { kind: 'refuted', request: requestOf(query), verdict };
          return;
        }
        open = { kind: 'open', why: `a request to ${gateway.id}:${port}: ${verdict.reason}` };
      }
      if (open) yield open;
    }
  }
}
