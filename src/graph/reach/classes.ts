import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { Region } from '../../semantics/algebra/region.ts';
import { fromWaypoint } from '../../semantics/ambient/onward.ts';
import { waypointOf } from '../../semantics/ambient/waypoint.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { decideNetwork } from '../../semantics/network.ts';
import { ClassKeys } from './class-key.ts';
import { decideSets, distinctWays, type SourceReach, sourceSets, throughOf } from './port-reach.ts';

/** Ports that the same callers may use in the same way. */
export interface DestinationClass {
  readonly ports: readonly { readonly workload: Workload; readonly port: WorkloadPort }[];
  /** Of the first port; the others differ in nothing but names. */
  readonly sources: readonly SourceReach[];
}

/**
 * All ports of workloads that are no gateways, by who may send what to them; those open to most first. Which ports are alike is told by the
 * sets; the witnesses of a class are decided at its first port when somebody asks for them.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function destinationClasses(enforcement: Enforcement): readonly DestinationClass[] {
  const found: Growing[] = [];
  const classes = new Map<string, Growing>();
  const keys = new ClassKeys(enforcement);
  for (const workload of enforcement.mesh.workloads) {
    if (workload.dataPlane.kind === 'gateway') continue;
    for (const port of workload.ports) {
      let key = '';
      const ways: OpenWay[] = [];
      for (const region of distinctWays(enforcement, workload, port)) {
        const { number, openness } = keys.of(region);
        if (openness === 0) continue;
        ways.push({ region, openness });
        key += `${region.protocol} ${throughOf(region) ?? ''} ${number}|`;
      }
      const known = classes.get(key);
      if (known) {
        known.ports.push({ workload, port });
        continue;
      }
      // What the sets promise and the network between waypoint and pod refuses holds for this port alone.
      const open = ways.filter(({ region }) => !isCutOff(enforcement, region, port));
      const own = new Growing(enforcement, { workload, port }, open);
      found.push(own);
      if (open.length === ways.length) classes.set(key, own);
    }
  }
  return found.sort((a, b) => b.openness - a.openness || b.ports.length - a.ports.length);
}

/** A way to a port that lets somebody in. */
interface OpenWay {
  readonly region: Region;
  readonly openness: number;
}

/** Whether NetworkPolicy stops what a waypoint sends on, whatever it lets through: the one thing behind the sets that `decide` asks. */
function isCutOff(enforcement: Enforcement, { destination, transport }: Region, port: WorkloadPort): boolean {
  const waypoint = destination.via && waypointOf(enforcement, destination.via.service);
  if (!waypoint) return false;
  const source = { position: { kind: 'unstated' }, identity: null, connects: transport } as const;
  const query = { client: 'attacker', source, destination, transport: port.transport } as const;
  const behind = decideNetwork(enforcement, fromWaypoint(query, waypoint), transport);
  return !behind.passes && behind.verdict.outcome === 'deny';
}

/** Witnesses are decided before anybody sees them, and not if nobody does. */
class Growing implements DestinationClass {
  readonly ports: DestinationClass['ports'][number][];
  /** Worked out once: sorting asks for it many times. */
  readonly openness: number;
  readonly #enforcement: Enforcement;
  readonly #ways: readonly OpenWay[];
  #sources: readonly SourceReach[] | undefined;

  constructor(enforcement: Enforcement, first: DestinationClass['ports'][number], ways: readonly OpenWay[]) {
    this.#enforcement = enforcement;
    this.ports = [first];
    this.openness = Math.max(0, ...ways.map(({ openness }) => openness));
    this.#ways = ways;
  }

  get sources(): readonly SourceReach[] {
    this.#sources ??= this.#decide();
    return this.#sources;
  }

  #decide(): readonly SourceReach[] {
    const [first] = this.ports;
    if (!first) return [];
    return this.#ways.flatMap(({ region }) =>
      decideSets(this.#enforcement, region, sourceSets(this.#enforcement, region), first.port),
    );
  }
}
