import type { Workload } from '../../../model/inventory/types.ts';
import type { By } from '../../../result/location.ts';
import { decide } from '../../decide.ts';
import type { Enforcement } from '../../enforcement.ts';
import { trustedProxies } from '../../gateway/gateway-view.ts';
import { allOf, anyOf, type Bounds, exact, substitute } from '../bounds.ts';
import { EVERYTHING, type Formula, NOTHING } from '../formula.ts';
import type { Solver } from '../solver.ts';
import { symbolicOf } from '../symbolic.ts';
import { type Behind, behindOf } from './behind.ts';
import { departure } from './departure.ts';
import { gatewaySides, type GatewaySide } from './gateway-side.ts';
import { type Handshake, handshakesOf } from './handshake.ts';
import { OPEN } from './open.ts';
import type { RoutePlace } from './route-places.ts';
import { routeFormula } from './route-formula.ts';
import { tokenCases } from './token-cases.ts';

/** The requests that a gateway passes on to one endpoint by one route, over one kind of connection: in terms of what the client sends. */
export interface WayIn {
  readonly gateway: Workload;
  /** The gateway's own port. */
  readonly port: number;
  readonly handshake: Handshake;
  readonly place: RoutePlace;
  readonly protocol: 'http' | 'tcp';
  readonly by: By;
  /** What passes for certain. */
  readonly passes: Formula;
  /** Everything that may pass; the same where the set is exact. */
  readonly mayPass: Formula;
  /** The requests of which the gateway accepts a token. */
  readonly gatewayToken: Formula;
  readonly behind: Behind;
  /** A condition of the destination in terms of what the client sends. */
  readonly before: (condition: Formula) => Bounds;
  readonly solver: Solver;
  /** Why the set is not exact. */
  readonly doubts: readonly string[];
}

/** All of them by one route to one endpoint. */
export function waysBy(enforcement: Enforcement, place: RoutePlace): readonly WayIn[] {
  const { proxy, listener, chain, backend, endpoint } = place;
  const gateway = proxy.workload;
  const { port } = listener;
  const network = decide(enforcement, {
    client: 'attacker',
    source: { position: { kind: 'internet' }, identity: null, connects: 'plaintext' },
    destination: { workload: gateway, port },
    transport: 'TCP',
    at: 'network-policy',
  });
  if (network.outcome === 'deny') return [];
  const symbolic = symbolicOf(enforcement);
  const behind = behindOf(enforcement, gateway, port, backend, endpoint);
  if (behind.takes.possibly === NOTHING) return [];
  const { by } = place.route ?? { by: place.by };
  const config = enforcement.configOf(gateway);
  const protocol = chain.kind === 'http' ? 'http' : 'tcp';
  return handshakesOf(listener, chain, symbolic.pool).flatMap((handshake): readonly WayIn[] => {
    const doubts = new Set<string>();
    if (behind.doubt) doubts.add(behind.doubt);
    if (network.outcome === 'unknown') doubts.add(network.reason);
    const pull = departure({
      ...(place.route ? { route: place.route } : {}),
      target: place.target,
      behind,
      pool: symbolic.pool,
      normalization: [config.pathNormalization.value, enforcement.configOf(endpoint.workload).pathNormalization.value],
      doubt: (why) => doubts.add(why),
    });
    const before = substitute(behind.takes, pull);
    const sides = gatewaySides(enforcement, gateway, port, protocol, handshake);
    const [side] = sides;
    if (!side) return [];
    const readings = sides.map((each) => together(enforcement, place, each, behind, before));
    const certain = network.outcome === 'unknown' ? [OPEN] : [];
    const surely = allOf([...readings, ...certain]).surely;
    const set = readings.length === 1 && certain.length === 0 ? readings[0] : undefined;
    const { possibly } = set ?? anyOf(readings);
    return [
      {
        gateway,
        port,
        handshake,
        place,
        protocol,
        by,
        passes: set ? set.surely : surely,
        mayPass: possibly,
        gatewayToken: side.hasToken,
        behind,
        before: (condition) => substitute(exact(condition), pull),
        solver: symbolic.solver(enforcement.bundleOf(config), config),
        doubts: [...doubts],
      },
    ];
  });
}

function together(
  enforcement: Enforcement,
  { proxy, chain, host, route, sni }: RoutePlace,
  gateway: GatewaySide,
  behind: Behind,
  before: Bounds,
): Bounds {
  const { pool } = symbolicOf(enforcement);
  const taken = (): Bounds => {
    if (chain.kind !== 'http' || !host || !route) return sni ? exact(sni(pool)) : exact(EVERYTHING);
    return routeFormula(host, chain.virtualHosts().all, route, {
      pool,
      scheme: chain.tls ? 'https' : 'http',
      trustsProto: trustedProxies(enforcement, proxy.workload) > 0,
      hasToken: gateway.hasToken,
    });
  };
  return tokenCases({ pool, gateway, route: taken(), behind: before, hasToken: behind.hasToken });
}
