import type { MeshService, ServicePort, Workload, WorkloadPort } from '../../model/inventory/types.ts';
import { decideAtZtunnel } from '../ambient/arrive.ts';
import type { ZtunnelPolicies } from '../ambient/compile.ts';
import { waypointOf, waypointPolicies } from '../ambient/waypoint.ts';
import { findEarlyListener, isCaptured } from '../capture.ts';
import type { Enforcement } from '../enforcement.ts';
import { changesOfTls, changesOn, endsHandshakes } from '../patches/filters-left.ts';
import { modeOfPort } from '../mtls/effective-mode.ts';
import { acceptConnection } from '../mtls/transport.ts';
import { addressOf } from '../outbound/service-address.ts';
import { addressOf as podAddressOf, type Destination } from '../query.ts';
import type { ChainSets } from './chain-formula.ts';
import { all, any, EVERYTHING, type Formula, NOTHING } from './formula.ts';
import type { Solver } from './solver.ts';
import { takenAtWaypoint } from './routes/at-waypoint.ts';
import { symbolicOf } from './symbolic.ts';
import type { ZtunnelSets } from './ztunnel-formula.ts';

/** The requests that one workload port takes in one way: over one transport, on one kind of filter chain. */
export interface Region {
  readonly transport: 'mtls' | 'plaintext';
  readonly protocol: 'http' | 'tcp';
  readonly destination: Destination;
  /** What passes, external approval taken for given. */
  readonly passes: Formula;
  /** What passes under some reading of what the input leaves open; the same as `passes` mostly. */
  readonly mayPass: Formula;
  /** Finds requests among those that this way can carry. */
  readonly solver: Solver;
  /** What decides it; absent where nothing does. */
  readonly point?:
    | { readonly kind: 'sidecar' | 'waypoint'; readonly sets: ChainSets }
    | { readonly kind: 'ztunnel'; readonly sets: ZtunnelSets };
}

/**
 * What stands for everything that passes in a region, to remember answers by: ports whose policies are the same share it. The sets of the
 * point, where nothing but them is asked; else the set itself.
 */
export function basisOf(region: Region): object {
  if (region instanceof ChainRegion) return region.point.sets;
  const { point, passes, mayPass } = region;
  if (!point || passes !== point.sets.passes) return mayPass;
  return mayPass === (point.kind === 'ztunnel' ? point.sets.mayPass : passes) ? point.sets : mayPass;
}

/** A way that the filters of one point decide alone: what passes there is worked out when somebody looks at it. */
export class ChainRegion implements Region {
  readonly transport: Region['transport'];
  readonly protocol: Region['protocol'];
  readonly destination: Destination;
  readonly solver: Solver;
  readonly point: { readonly kind: 'sidecar' | 'waypoint'; readonly sets: ChainSets };

  constructor({ transport, protocol, destination, solver, point }: Omit<ChainRegion, 'passes' | 'mayPass'>) {
    this.transport = transport;
    this.protocol = protocol;
    this.destination = destination;
    this.solver = solver;
    this.point = point;
  }

  get passes(): Formula {
    return this.point.sets.passes;
  }

  get mayPass(): Formula {
    return this.point.sets.passes;
  }
}

type Port = Pick<WorkloadPort, 'port' | 'transport' | 'chain'>;

const PROTOCOLS = ['http', 'tcp'] as const;
const TRANSPORTS = ['plaintext', 'mtls'] as const;
/** Both, the declared one first. */
const bothOf = (chain: WorkloadPort['chain']): readonly ('http' | 'tcp')[] =>
  chain === 'tcp' ? ['tcp', 'http'] : PROTOCOLS;
const protocolsOf = (chain: WorkloadPort['chain']): readonly ('http' | 'tcp')[] =>
  chain === 'auto' ? PROTOCOLS : [chain];

/**
 * All requests that a port of a workload takes, addressed to the pod itself: `decide` behind NetworkPolicy, as sets. Gateways have routes
 * instead, and are not asked here.
 */
export function regionsOf(enforcement: Enforcement, workload: Workload, port: Port): readonly Region[] {
  const symbolic = symbolicOf(enforcement);
  const destination: Destination = { workload, port: port.port };
  const solver = symbolic.solverOf(enforcement, workload);
  const uncaptured = (): Region[] => {
    const open = { transport: 'plaintext', destination, passes: EVERYTHING, mayPass: EVERYTHING, solver } as const;
    return bothOf(port.chain).map((protocol) => ({ ...open, protocol }));
  };
  if (!isCaptured(workload, port.port, port.transport).captured) return uncaptured();
  const isAmbient = workload.dataPlane.kind === 'ambient';
  // While the pod starts, plaintext gets past the proxy; later, it is what the proxy takes.
  const isEarly = findEarlyListener(workload, port.port) !== undefined;
  const found: Region[] = isEarly ? uncaptured() : [];
  const { gone } = changesOfTls(isAmbient ? [] : enforcement.changesAt(workload), port.port);
  for (const transport of TRANSPORTS) {
    const identified = transport === 'mtls';
    if (isEarly && !identified) continue;
    if (isAmbient) {
      const sets = symbolic.ztunnel(enforcement, workload, port.port, identified);
      const { passes, mayPass } = sets;
      const point = { kind: 'ztunnel', sets } as const;
      // ztunnel looks at no bytes.
      for (const protocol of bothOf(port.chain))
        found.push({ transport, protocol, destination, passes, mayPass, solver, point });
      continue;
    }
    for (const protocol of protocolsOf(port.chain)) {
      const { mode } = modeOfPort(enforcement.modes(workload), port.port);
      const arrived = acceptConnection(mode, port.chain, { transport, speaksHttp: protocol === 'http' });
      // Where mutual TLS may be gone, what it keeps out gets as far as the policies.
      if (!arrived.accepted && (identified || gone.length === 0)) continue;
      const chain = arrived.accepted ? arrived.chain : protocol;
      const readings = symbolic.sidecar(enforcement, workload, port.port, identified, chain);
      const [sets] = readings;
      if (!sets) continue;
      const isSure = arrived.accepted && !(identified && endsHandshakes(gone));
      const point = { kind: 'sidecar', sets } as const;
      const way = { transport, protocol, destination, solver, point };
      if (isSure && readings.length === 1) found.push(new ChainRegion(way));
      else found.push({ ...way, ...passing(readings), ...(isSure ? {} : { passes: NOTHING }) });
    }
  }
  return found;
}

/**
 * What gets to the pod through the waypoint of one of its services: behind it the pod's ztunnel sees the waypoint and nothing of the request
 * (reference §4.3). None where no waypoint stands there, or where ztunnel refuses it.
 */
export function regionsThrough(
  enforcement: Enforcement,
  workload: Workload,
  port: Port,
  via: { readonly service: MeshService; readonly port: ServicePort },
): readonly Region[] {
  const waypoint = workload.dataPlane.kind === 'ambient' ? waypointOf(enforcement, via.service) : undefined;
  if (!waypoint) return [];
  const destination: Destination = { workload, port: port.port, via };
  if (!isLetInBehind(enforcement, destination, waypoint)) return [];
  const symbolic = symbolicOf(enforcement);
  const config = enforcement.configOf(waypoint);
  const bundle = enforcement.bundleOf(config);
  const envoy = waypointPolicies(enforcement, { destination }, waypoint);
  const solver = symbolic.solverAtWaypoint(enforcement, config);
  const changes = enforcement.changesAt(waypoint, via.service);
  return protocolsOf(via.port.chain).flatMap((protocol): readonly Region[] => {
    const readings = symbolic.proxy(envoy, protocol, changesOn(changes, protocol, via.port.port), {
      bundle,
      port: via.port.port,
      identified: true,
      tunnelled: true,
      destinationIp: addressOf(via.service),
    });
    const [sets] = readings;
    if (!sets) return [];
    const point = { kind: 'waypoint', sets } as const;
    const way = { transport: 'mtls', protocol, destination, solver, point } as const;
    const taken = takenAtWaypoint(enforcement, waypoint, { destination: { ...destination, via }, protocol, sets });
    if (taken.possibly === NOTHING) return [];
    if (readings.length === 1 && taken.surely === EVERYTHING) return [new ChainRegion(way)];
    const { passes, mayPass } = passing(readings);
    return [{ ...way, passes: all([passes, taken.surely]), mayPass: all([mayPass, taken.possibly]) }];
  });
}

/** By what ztunnel holds, and by caller, port and address: pods with the same policies are asked about once. */
const LET_IN = new WeakMap<ZtunnelPolicies, Map<string, boolean>>();

/** Whether the pod's ztunnel takes what its waypoint sends on. */
function isLetInBehind(enforcement: Enforcement, destination: Destination, waypoint: Workload): boolean {
  const policies = enforcement.ztunnel(destination.workload);
  const known = LET_IN.get(policies) ?? new Map<string, boolean>();
  LET_IN.set(policies, known);
  const key = `${waypoint.identity} ${destination.port} ${podAddressOf(destination)}`;
  let isLetIn = known.get(key);
  if (isLetIn === undefined) {
    const source = { position: { kind: 'workload', workload: waypoint }, identity: waypoint.identity } as const;
    const query = { client: 'app', source, destination, transport: 'TCP' } as const;
    isLetIn = decideAtZtunnel(enforcement, query, waypoint.identity).outcome !== 'deny';
    known.set(key, isLetIn);
  }
  return isLetIn;
}

/** What passes under every reading, and under some. */
function passing(readings: readonly ChainSets[]): Pick<Region, 'passes' | 'mayPass'> {
  const [first, ...others] = readings.map(({ passes }) => passes);
  // One and the same where there is one reading: what depends on no doubt is known by that.
  if (!first || others.length === 0) return { passes: first ?? NOTHING, mayPass: first ?? NOTHING };
  return { passes: all([first, ...others]), mayPass: any([first, ...others]) };
}
