import type { Workload } from '../../../model/inventory/types.ts';
import { decide } from '../../decide.ts';
import type { Enforcement } from '../../enforcement.ts';
import type { FilterChain } from '../../gateway/filter-chain.ts';
import { trustedProxies } from '../../gateway/gateway-view.ts';
import type { HttpPlace } from '../../gateway/routes-of.ts';
import type { Verdict } from '../../verdict.ts';
import { allOf, anyOf, type Bounds, exact, substitute } from '../bounds.ts';
import { all, EVERYTHING, type Formula, NOTHING } from '../formula.ts';
import type { SetPool } from '../set-pool.ts';
import type { Solver } from '../solver.ts';
import { symbolicOf } from '../symbolic.ts';
import { type Behind, behindOf } from './behind.ts';
import { departure } from './departure.ts';
import { gatewaySides, type GatewaySide } from './gateway-side.ts';
import { type Handshake, handshakesOf } from './handshake.ts';
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
  /** What passes for certain. */
  readonly passes: Formula;
  /** Everything that may pass; the same where the set is exact. */
  readonly mayPass: Formula;
  /** What takes the route, whatever policies say. */
  readonly taken: () => Formula;
  /** What the gateway passes on, whatever the destination makes of it. */
  readonly arrives: () => Formula;
  /** The gateway's own filters. */
  readonly side: GatewaySide;
  readonly behind: Behind;
  /** A condition of the destination in terms of what the client sends. */
  readonly before: (condition: Formula) => Bounds;
  readonly solver: Solver;
  /** Why the set is not exact. */
  readonly doubts: readonly string[];
}

/** All of them by one route to one endpoint. */
export function waysBy(enforcement: Enforcement, place: RoutePlace): readonly WayIn[] {
  const { proxy, listener, chain, endpoint } = place;
  const { workload: gateway } = proxy;
  const { network, connections, behindOf: behindAt } = doorOf(enforcement, place);
  if (network.outcome === 'deny') return [];
  const behind = behindAt(place);
  if (behind.takes.possibly === NOTHING) return [];
  const { pool, solver } = symbolicAt(enforcement, gateway);
  const doubts = new Set<string>();
  if (behind.doubt) doubts.add(behind.doubt);
  if (network.outcome === 'unknown') doubts.add(network.reason);
  const pull = departure({
    ...(place.route ? { route: place.route } : {}),
    target: place.target,
    behind,
    pool,
    normalization: [
      enforcement.configOf(gateway).pathNormalization.value,
      enforcement.configOf(endpoint.workload).pathNormalization.value,
    ],
    doubt: (why) => doubts.add(why),
  });
  const before = substitute(behind.takes, pull);
  const taken = new Map<Formula, Bounds>();
  const takenWith = (hasToken: Formula): Bounds => {
    const known = taken.get(hasToken) ?? takenBy(enforcement, place, hasToken);
    taken.set(hasToken, known);
    return known;
  };
  return connections.flatMap(({ handshake, sides }): readonly WayIn[] => {
    const [side] = sides;
    if (!side) return [];
    const readings = sides.map((each) =>
      tokenCases({ pool, gateway: each, route: takenWith(each.hasToken), behind: before, hasToken: behind.hasToken }),
    );
    const [only] = readings;
    const set = readings.length === 1 && only ? only : { ...allOf(readings), possibly: anyOf(readings).possibly };
    return [
      {
        gateway,
        port: listener.port,
        handshake,
        place,
        protocol: chain.kind === 'http' ? 'http' : 'tcp',
        passes: network.outcome === 'unknown' ? NOTHING : set.surely,
        mayPass: set.possibly,
        taken: () => all([handshake.formula, takenWith(side.hasToken).possibly]),
        arrives: () =>
          tokenCases({
            pool,
            gateway: side,
            route: takenWith(side.hasToken),
            behind: exact(EVERYTHING),
            hasToken: behind.hasToken,
          }).possibly,
        side,
        behind,
        before: (condition) => substitute(exact(condition), pull),
        solver,
        doubts: [...doubts],
      },
    ];
  });
}

/** What takes a route of HTTP, whatever policies say. */
export function takingOf(
  enforcement: Enforcement,
  place: HttpPlace,
): readonly { readonly handshake: Handshake; readonly taken: Bounds; readonly solver: Solver }[] {
  const { solver } = symbolicAt(enforcement, place.proxy.workload);
  return doorOf(enforcement, place).connections.map(({ handshake, sides: [side] }) => ({
    handshake,
    taken: takenBy(enforcement, place, side?.hasToken ?? NOTHING),
    solver,
  }));
}

type Taken = Pick<RoutePlace, 'proxy' | 'chain' | 'host' | 'route' | 'sni'>;

function takenBy(enforcement: Enforcement, place: Taken, hasToken: Formula): Bounds {
  const { proxy, chain, host, route, sni } = place;
  const { pool } = symbolicOf(enforcement);
  if (chain.kind !== 'http' || !host || !route) return exact(sni ? sni(pool) : EVERYTHING);
  return routeFormula(host, chain.virtualHosts().all, route, {
    pool,
    scheme: chain.tls ? 'https' : 'http',
    trustsProto: trustedProxies(enforcement, proxy.workload) > 0,
    hasToken,
  });
}

function symbolicAt(enforcement: Enforcement, gateway: Workload): { readonly pool: SetPool; readonly solver: Solver } {
  const symbolic = symbolicOf(enforcement);
  const config = enforcement.configOf(gateway);
  return { pool: symbolic.pool, solver: symbolic.solver(enforcement.bundleOf(config), config) };
}

/** What all routes of one chain of a gateway share. */
export interface Door {
  readonly network: Verdict;
  readonly connections: readonly { readonly handshake: Handshake; readonly sides: readonly GatewaySide[] }[];
  readonly behindOf: (place: RoutePlace) => Behind;
}

/** Chains are those of all states of a mesh; what stands at them is of one. */
const DOORS = new WeakMap<Enforcement, WeakMap<FilterChain, Door>>();

export function doorOf(
  enforcement: Enforcement,
  { proxy, listener, chain }: Pick<RoutePlace, 'proxy' | 'listener' | 'chain'>,
): Door {
  const doors = DOORS.get(enforcement) ?? new WeakMap<FilterChain, Door>();
  DOORS.set(enforcement, doors);
  let door = doors.get(chain);
  if (!door) {
    const gateway = proxy.workload;
    const { port } = listener;
    const type = chain.kind === 'http' ? 'http' : 'tcp';
    const known = new Map<string, Behind>();
    door = {
      network: decide(enforcement, {
        client: 'attacker',
        source: { position: { kind: 'internet' }, identity: null, connects: 'plaintext' },
        destination: { workload: gateway, port },
        transport: 'TCP',
        at: 'network-policy',
      }),
      connections: handshakesOf(listener, chain, symbolicOf(enforcement).pool).map((handshake) => ({
        handshake,
        sides: gatewaySides(enforcement, gateway, port, type, handshake),
      })),
      behindOf: ({ backend, endpoint }) => {
        const key = `${endpoint.workload.id}:${endpoint.port} ${backend.service}:${backend.servicePort}`;
        const behind = known.get(key) ?? behindOf(enforcement, gateway, port, backend, endpoint);
        known.set(key, behind);
        return behind;
      },
    };
    doors.set(chain, door);
  }
  return door;
}
