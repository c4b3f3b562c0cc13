import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { portReach, type SourceReach } from './port-reach.ts';

/** Ports that the same callers may use in the same way. */
export interface DestinationClass {
  readonly ports: readonly { readonly workload: Workload; readonly port: WorkloadPort }[];
  /** Of the first port; the others differ in nothing but names. */
  readonly sources: readonly SourceReach[];
}

/** All ports of workloads that are no gateways, by who may send what to them; those open to most first. */
export function destinationClasses(enforcement: Enforcement): readonly DestinationClass[] {
  const classes = new Map<string, { ports: DestinationClass['ports'][number][]; sources: readonly SourceReach[] }>();
  for (const workload of enforcement.mesh.workloads) {
    if (workload.dataPlane.kind === 'gateway') continue;
    for (const port of workload.ports) {
      const sources = portReach(enforcement, workload, port);
      const key = JSON.stringify(sources.map(keyOf));
      const known = classes.get(key);
      if (known) known.ports.push({ workload, port });
      else classes.set(key, { ports: [{ workload, port }], sources });
    }
  }
  return [...classes.values()].sort((a, b) => openness(b) - openness(a) || b.ports.length - a.ports.length);
}

const keyOf = ({ who, protocol, through, operations }: SourceReach): unknown => [
  who,
  protocol,
  through,
  operations.map(({ what, by, except, asks }) => [what, by?.namespace, by?.name, by?.rule, except.length, asks.length]),
];

const openness = ({ sources }: Pick<DestinationClass, 'sources'>): number =>
  Math.max(0, ...sources.map(({ who }) => ({ anyone: 3, 'any-identity': 2, identities: 1 })[who.kind]));
