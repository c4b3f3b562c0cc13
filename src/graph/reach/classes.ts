import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { decideSets, distinctWays, type SourceReach, type SourceSet, sourceSets, throughOf } from './port-reach.ts';

/** Ports that the same callers may use in the same way. */
export interface DestinationClass {
  readonly ports: readonly { readonly workload: Workload; readonly port: WorkloadPort }[];
  /** Of the first port; the others differ in nothing but names. */
  readonly sources: readonly SourceReach[];
}

/**
 * All ports of workloads that are no gateways, by who may send what to them; those open to most first. Which ports are alike is told by the
 * sets; the witnesses of a class are decided at its first port, before anybody sees them.
 *
 * @throws {SearchLimit} when the search was given up.
 */
export function destinationClasses(enforcement: Enforcement): readonly DestinationClass[] {
  const found: Growing[] = [];
  const classes = new Map<string, Growing>();
  const numberOf = numbering();
  for (const workload of enforcement.mesh.workloads) {
    if (workload.dataPlane.kind === 'gateway') continue;
    for (const port of workload.ports) {
      const ways = distinctWays(enforcement, workload, port)
        .map((region) => ({ region, sets: sourceSets(enforcement, region) }))
        .filter(({ sets }) => sets.length > 0);
      const key = ways
        .map(({ region, sets }) => `${region.protocol} ${throughOf(region) ?? ''} ${numberOf(sets)}`)
        .join('|');
      const known = classes.get(key);
      if (known) {
        known.ports.push({ workload, port });
        continue;
      }
      const sources = ways.flatMap(({ region, sets }) => decideSets(enforcement, region, sets, port));
      const own = { ports: [{ workload, port }], sources };
      found.push(own);
      // What the sets promise and `decide` refuses holds for this port alone.
      if (sources.length === ways.reduce((sum, { sets }) => sum + sets.length, 0)) classes.set(key, own);
    }
  }
  return found.sort((a, b) => openness(b) - openness(a) || b.ports.length - a.ports.length);
}

interface Growing extends DestinationClass {
  readonly ports: DestinationClass['ports'][number][];
}

/** One number for all lists of sets that say the same. Most ports of a class share the list itself. */
function numbering(): (sets: readonly SourceSet[]) => number {
  const byList = new Map<readonly SourceSet[], number>();
  const byContent = new Map<string, number>();
  return (sets) => {
    let number = byList.get(sets);
    if (number === undefined) {
      const content = JSON.stringify(sets.map(contentOf));
      number = byContent.get(content) ?? byContent.size;
      byContent.set(content, number);
      byList.set(sets, number);
    }
    return number;
  };
}

const contentOf = ({ who, operations }: SourceSet): unknown => [
  who,
  operations.map(({ what, by, except, asks }) => [what, by?.namespace, by?.name, by?.rule, except.length, asks.length]),
];

const openness = ({ sources }: Pick<DestinationClass, 'sources'>): number =>
  Math.max(0, ...sources.map(({ who }) => ({ anyone: 3, 'any-identity': 2, identities: 1 })[who.kind]));
