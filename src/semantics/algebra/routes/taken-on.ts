import type { Enforcement } from '../../enforcement.ts';
import { trustedProxies } from '../../gateway/gateway-view.ts';
import type { VirtualHost } from '../../gateway/virtual-hosts.ts';
import { EVERYTHING, type Formula } from '../formula.ts';
import { symbolicOf } from '../symbolic.ts';
import { routeFormula } from './route-formula.ts';
import type { RoutePlace } from './route-places.ts';

/** What takes some route of a chain, route by route, wherever it leads; the whole chain where it is not HTTP. */
export function* takenOn(
  enforcement: Enforcement,
  { proxy, chain }: Pick<RoutePlace, 'proxy' | 'listener' | 'chain'>,
  hasToken: Formula,
): Iterable<{ readonly taken: Formula; readonly host?: VirtualHost }> {
  if (chain.kind !== 'http') return yield { taken: EVERYTHING };
  const { all: hosts, refusedBy } = chain.virtualHosts();
  if (refusedBy) return;
  const view = {
    pool: symbolicOf(enforcement).pool,
    scheme: chain.tls ? 'https' : 'http',
    trustsProto: trustedProxies(enforcement, proxy.workload) > 0,
    hasToken,
  } as const;
  for (const host of hosts) {
    for (const route of new Set(host.routes)) {
      const { possibly } = routeFormula(host, hosts, route, view);
      yield { taken: possibly, host };
    }
  }
}
