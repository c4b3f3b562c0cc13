import { byOf } from '../../model/by.ts';
import type { Principal, Workload, WorkloadPort } from '../../model/inventory/types.ts';
import { all } from '../../semantics/algebra/formula.ts';
import type { Region } from '../../semantics/algebra/region.ts';
import { withPeer } from '../../semantics/algebra/with-peer.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import type { Facts, Flow } from '../facts.ts';
import { exemptIn } from '../reach/exempt.ts';
import { distinctWays } from '../reach/port-reach.ts';
import { type Witness, witnessAs } from '../reach/sources.ts';
import type { NetworkPlaces } from './network-places.ts';
import { isObservability } from './observability.ts';
import { passingTrafficOf } from './passing-traffic.ts';

/** A wanted call that really passes. */
export interface WantedHop {
  readonly workload: Workload;
  readonly port: WorkloadPort;
  readonly region: Region;
  readonly witness: Witness;
  readonly flow: Flow;
}

/** The wanted calls of workloads that pass, by caller; each looked up once. */
export class WantedHops {
  readonly #facts: Facts;
  readonly #network: NetworkPlaces;
  readonly #known = new Map<string, readonly WantedHop[]>();

  constructor(facts: Facts, network: NetworkPlaces) {
    this.#facts = facts;
    this.#network = network;
  }

  /** The calls of a workload, made with its identity, from `place` (itself, unless somebody else holds its identity). */
  of(caller: Workload, place: Workload = caller): readonly WantedHop[] {
    const key = `${caller.id} ${place.id}`;
    let hops = this.#known.get(key);
    if (!hops) {
      hops = this.#find(caller, place);
      this.#known.set(key, hops);
    }
    return hops;
  }

  #find(caller: Workload, place: Workload): readonly WantedHop[] {
    const hops: WantedHop[] = [];
    const seen = new Set<string>();
    for (const flow of [...this.#facts.wanted.from(caller), ...flowsThroughWaypoint(this.#facts, caller)]) {
      const workload = this.#facts.mesh.workloadById.get(flow.to);
      if (!workload || workload === caller || workload.dataPlane.kind === 'gateway') continue;
      for (const port of workload.ports) {
        if ((flow.port !== undefined && flow.port !== port.port) || isObservability(port)) continue;
        const key = `${workload.id}:${port.port}`;
        if (seen.has(key)) continue;
        const way = this.#wayTo(workload, port, place, { identity: caller.identity, flow });
        if (!way) continue;
        seen.add(key);
        hops.push({ workload, port, flow, ...way });
      }
    }
    return hops.sort((a, b) =>
      a.workload.id < b.workload.id ? -1 : a.workload.id > b.workload.id ? 1 : a.port.port - b.port.port,
    );
  }

  #wayTo(
    workload: Workload,
    port: WorkloadPort,
    place: Workload,
    { identity, flow }: { readonly identity: Principal | null; readonly flow: Flow },
  ): Pick<WantedHop, 'region' | 'witness'> | undefined {
    const { enforcement } = this.#facts;
    const ways = distinctWays(enforcement, workload, port);
    // As itself, where it can prove who it is.
    const ordered = [
      ...ways.filter(({ transport }) => transport === 'mtls'),
      ...ways.filter(({ transport }) => transport !== 'mtls'),
    ];
    for (const region of ordered) {
      const witness = wantedWitness(enforcement, region, identity, flow);
      if (!witness) continue;
      const position = { kind: 'workload', workload: place } as const;
      if (this.#network.admits(position, workload, port, region.transport) === 'deny') continue;
      return { region, witness };
    }
    return undefined;
  }
}

/** A waypoint calls what stands behind it for everybody. */
function flowsThroughWaypoint(facts: Facts, waypoint: Workload): readonly Flow[] {
  if (waypoint.gateway?.kind !== 'waypoint') return [];
  const by = byOf(waypoint.resource);
  return (passingTrafficOf(facts, waypoint)?.sees ?? []).map(
    (to): Flow => ({ from: waypoint.id, to, basis: 'implied', by }),
  );
}

/** A request that is wanted and passes; where the port carries no HTTP, any bytes are. */
function wantedWitness(
  enforcement: Enforcement,
  region: Region,
  identity: Principal | null,
  { methods, paths }: Flow,
): Witness | undefined {
  if ((!methods && !paths) || region.protocol === 'tcp') return witnessAs(enforcement, region, identity);
  if (region.transport === 'mtls' && identity === null) return undefined;
  const http = { ...(methods ? { methods } : {}), ...(paths ? { paths } : {}) };
  const meant = exemptIn(enforcement, region, { http });
  const formula = withPeer(all([region.mayPass, meant]), region.transport === 'mtls' ? identity : null);
  const model = region.solver.find(formula);
  return model && { source: all([]), formula, model };
}
