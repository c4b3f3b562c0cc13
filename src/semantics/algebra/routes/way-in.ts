import type { Workload } from '../../../model/inventory/types.ts';
import { decide } from '../../decide.ts';
import type { Enforcement } from '../../enforcement.ts';
import type { Endpoint } from '../../gateway/registry.ts';
import { connect, handshakes } from '../../gateway/connect.ts';
import type { FilterChain } from '../../gateway/filter-chain.ts';
import { indexGateways } from '../../gateway/index-gateways.ts';
import { trustedProxies } from '../../gateway/gateway-view.ts';
import type { HttpPlace } from '../../gateway/routes-of.ts';
import type { Verdict } from '../../verdict.ts';
import type { TokenPlace } from '../../jwt/token-place.ts';
import { SERVER_NAME } from '../axes.ts';
import { holdsFor } from '../axis-solver.ts';
import { allOf, anyOf, type Bounds, exact, type Substitution, substitute } from '../bounds.ts';
import { all, constant, EVERYTHING, type Formula, NOTHING } from '../formula.ts';
import type { SetPool } from '../set-pool.ts';
import type { Solver } from '../solver.ts';
import { symbolicOf } from '../symbolic.ts';
import { certificateBefore } from './certificate-header.ts';
import { type Behind, behindOf } from './behind.ts';
import { bothPlaces, type ByToken, pulled } from './by-token.ts';
import { departure, dropsToken } from './departure.ts';
import { gatewaySides, type GatewaySide } from './gateway-side.ts';
import { type Handshake, handshakesOf } from './handshake.ts';
import type { RoutePlace } from './route-places.ts';
import { routeFormula } from './route-formula.ts';
import { anyTokens, throughGateway } from './token-cases.ts';

/** The requests that a gateway passes on to one endpoint by one route, over one kind of connection: in terms of what the client sends. */
export interface WayIn {
  readonly gateway: Workload;
  /** The gateway's own port. */
  readonly port: number;
  readonly handshake: Handshake;
  readonly place: RoutePlace;
  /** The routes of further gateways on the way. */
  readonly further: readonly RoutePlace[];
  /** Where it ends. */
  readonly endpoint: Endpoint;
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

/** All of them by one route to one endpoint; through further gateways, by the routes there. */
export function waysBy(
  enforcement: Enforcement,
  place: RoutePlace,
  further: readonly RoutePlace[] = [],
): readonly WayIn[] {
  const { proxy, listener, chain } = place;
  const { workload: gateway } = proxy;
  const { network, connections, behindOf: behindAt } = doorOf(enforcement, place);
  if (network.outcome === 'deny') return [];
  const behind = further.length > 0 ? behindGateways(enforcement, place, further) : behindAt(place);
  if (isRefused(behind.takes)) return [];
  const { pool, solver } = symbolicAt(enforcement, gateway);
  const doubts = new Set<string>();
  if (behind.doubt) doubts.add(behind.doubt);
  if (network.outcome === 'unknown') doubts.add(network.reason);
  const { pull, before } = departureOf(enforcement, place, behind, (why) => doubts.add(why));
  const taken = new Map<Formula, Bounds>();
  const takenWith = (hasToken: Formula): Bounds => {
    const known = taken.get(hasToken) ?? takenBy(enforcement, place, hasToken);
    taken.set(hasToken, known);
    if (known.surely !== known.possibly) doubts.add(FIRST_VALUE);
    return known;
  };
  return connections.flatMap(({ handshake, sides }): readonly WayIn[] => {
    const [side] = sides;
    if (!side || (place.backend.asBytes && handshake.tls && !chain.tls)) return [];
    const entry =
      chain.kind === 'http'
        ? certificateBefore(enforcement, gateway, handshake.certificate !== undefined, (why) => doubts.add(why))
        : UNCHANGED;
    const entering = pulled(before, entry, () => false);
    const takenHere = (hasToken: Formula): Bounds => substitute(takenWith(hasToken), entry);
    const readings = sides.map((each) =>
      anyTokens({ pool, gateway: each, route: takenHere(each.hasToken), behind: entering }),
    );
    if (readings.some(({ isTwo }) => isTwo)) doubts.add(TWO_TOKENS);
    const sets = readings.map(({ set }) => set);
    if (sides.some(({ passes }) => passes.surely !== passes.possibly)) doubts.add(GATEWAY_ITSELF);
    const [only] = sets;
    const set = sets.length === 1 && only ? only : { ...allOf(sets), possibly: anyOf(sets).possibly };
    return [
      {
        gateway,
        port: listener.port,
        handshake,
        place,
        further,
        endpoint: (further.at(-1) ?? place).endpoint,
        protocol: place.backend.http ? 'http' : 'tcp',
        passes: network.outcome === 'unknown' ? NOTHING : set.surely,
        mayPass: set.possibly,
        taken: () => all([handshake.formula, takenHere(side.hasToken).possibly]),
        arrives: () =>
          anyTokens({
            pool,
            gateway: side,
            route: takenHere(side.hasToken),
            behind: { ...entering, without: exact(EVERYTHING), with: (at) => behindAll(entering, at) },
          }).set.possibly,
        side,
        behind,
        before: (condition) => substitute(substitute(exact(condition), pull), entry),
        solver,
        get doubts() {
          return [...doubts];
        },
      },
    ];
  });
}

const UNCHANGED: Substitution = () => undefined;
const FIRST_VALUE = 'of a header that a route asks for the first value counts, and a request may hold several';
const GATEWAY_ITSELF = 'a policy of the gateway reads what is not known of its own address or of certificates';
const TWO_TOKENS = 'a request may carry two tokens, one for the gateway and one for what is behind it';

const isRefused = ({ without, places, with: withToken }: ByToken): boolean =>
  without.possibly === NOTHING && places.every((place) => withToken(place).possibly === NOTHING);

/** All that has a token at a place, or at least might. */
const behindAll = ({ with: withToken }: ByToken, place: TokenPlace): Bounds =>
  withToken(place).possibly === NOTHING ? exact(NOTHING) : exact(EVERYTHING);

/** What stands behind a route in terms of what gets to its gateway. */
function departureOf(
  enforcement: Enforcement,
  place: RoutePlace,
  behind: Behind,
  doubt: (why: string) => void,
): { readonly pull: Substitution; readonly before: ByToken } {
  const from = {
    ...(place.route ? { route: place.route } : {}),
    target: place.target,
    behind,
    pool: symbolicOf(enforcement).pool,
    normalization: [
      enforcement.configOf(place.proxy.workload).pathNormalization.value,
      enforcement.configOf(place.endpoint.workload).pathNormalization.value,
    ],
    doubt,
  } as const;
  const pull = departure(from);
  return { pull, before: pulled(behind.takes, pull, (at) => dropsToken(from, at)) };
}

/** The gateway that a route leads to, and what follows it there: for one connection, the other gateway's. */
function behindGateways(
  enforcement: Enforcement,
  place: RoutePlace,
  further: readonly RoutePlace[],
  depth = 1,
): Behind {
  const { proxy, listener, backend, endpoint } = place;
  return behindOf(enforcement, proxy.workload, listener.port, backend, endpoint, (arriving) => {
    const [next, ...others] = further;
    const index = indexGateways(enforcement);
    const doubts = new Set<string>();
    const takes = next
      ? handshakes(arriving).flatMap((tls): readonly ByToken[] => {
          const connected = connect(index, next.proxy, endpoint.port, tls);
          if (!connected.ok || connected.chain !== next.chain) return [];
          // Inside of TLS that passes through nobody sees requests.
          const isHttp = arriving.http !== undefined && (!tls || next.chain.tls !== null);
          if ((next.backend.http !== undefined) !== isHttp) return [];
          const { peer, sni, certificate } = connected;
          const behind =
            others.length > 0
              ? behindGateways(enforcement, next, others, depth + 1)
              : doorOf(enforcement, next).behindOf(next);
          if (behind.doubt) doubts.add(behind.doubt);
          const { before } = departureOf(enforcement, next, behind, (why) => doubts.add(why));
          const type = next.chain.kind === 'http' ? 'http' : 'tcp';
          const handshake = { peer, certificate, formula: EVERYTHING };
          const entry =
            type === 'http'
              ? certificateBefore(enforcement, next.proxy.workload, certificate !== undefined, (why) => doubts.add(why))
              : UNCHANGED;
          const sides = gatewaySides(enforcement, next.proxy.workload, endpoint.port, type, handshake, depth);
          const readings = sides.map((gateway) => {
            const route = takenBy(enforcement, next, gateway.hasToken);
            const through = throughGateway({ gateway, route, behind: before });
            return ofServerName(
              pulled(through, entry, () => false),
              sni,
            );
          });
          return [inEvery(readings)];
        })
      : [];
    return { takes: inSome(takes), doubts: [...doubts] };
  });
}

/** The connection's own server name is known. */
const ofServerName = (takes: ByToken, sni: string): ByToken =>
  pulled(
    takes,
    (condition) => (condition.axis.key === SERVER_NAME.key ? exact(constant(holdsFor(condition, [sni]))) : undefined),
    () => false,
  );

/** What passes under every reading for certain, and under some perhaps. */
function inEvery(readings: readonly ByToken[]): ByToken {
  const [only] = readings;
  if (readings.length === 1 && only) return only;
  const together = (sets: readonly Bounds[]): Bounds => ({
    surely: allOf(sets).surely,
    possibly: anyOf(sets).possibly,
  });
  return {
    without: together(readings.map(({ without }) => without)),
    with: (place) => together(readings.map((each) => each.with(place))),
    places: readings.reduce<readonly TokenPlace[]>((found, { places }) => bothPlaces(found, places), []),
    rules: readings.flatMap(({ rules }) => rules),
    axes: readings[0]?.axes ?? [],
  };
}

function inSome(ways: readonly ByToken[]): ByToken {
  const [only] = ways;
  if (ways.length === 1 && only) return only;
  return {
    without: anyOf(ways.map(({ without }) => without)),
    with: (place) => anyOf(ways.map((each) => each.with(place))),
    places: ways.reduce<readonly TokenPlace[]>((found, { places }) => bothPlaces(found, places), []),
    rules: ways.flatMap(({ rules }) => rules),
    axes: ways[0]?.axes ?? [],
  };
}

/** What takes a route of HTTP, whatever policies say. */
export function takingOf(
  enforcement: Enforcement,
  place: HttpPlace,
): readonly { readonly handshake: Handshake; readonly taken: Bounds; readonly solver: Solver }[] {
  const { solver } = symbolicAt(enforcement, place.proxy.workload);
  return doorOf(enforcement, place).connections.map(({ handshake, sides: [side] }) => ({
    handshake,
    taken: substitute(
      takenBy(enforcement, place, side?.hasToken ?? NOTHING),
      certificateBefore(enforcement, place.proxy.workload, handshake.certificate !== undefined),
    ),
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
        const speaks = backend.http ? 'http' : 'tcp';
        const key = `${endpoint.workload.id}:${endpoint.port} ${backend.service}:${backend.servicePort} ${speaks}`;
        const behind = known.get(key) ?? behindOf(enforcement, gateway, port, backend, endpoint);
        known.set(key, behind);
        return behind;
      },
    };
    doors.set(chain, door);
  }
  return door;
}
