import type { Workload, WorkloadPort } from '../../model/inventory/types.ts';
import type { Resource } from '../../model/resource.ts';
import type { Position } from '../../semantics/attempt.ts';
import { decide } from '../../semantics/decide.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { type Region, regionsOf } from '../../semantics/algebra/region.ts';
import type { Source } from '../../semantics/query.ts';
import { decideWitness } from '../reach/port-reach.ts';
import { witnessAs } from '../reach/sources.ts';
import type { Opened, Opener, States } from './opened.ts';

/** Whether anything that NetworkPolicy answers may differ: policies, or the labels that they select by. */
export function networkDiffers({ before, after }: States): boolean {
  return networkText(before) !== networkText(after);
}

const KINDS = ['NetworkPolicy', 'AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy'] as const;

function networkText({ mesh }: Enforcement): string {
  const policies = KINDS.flatMap((kind) => mesh.resources.of(kind)).map(policyText);
  const namespaces = [...mesh.namespaces.values()].map(({ name, labels }) => JSON.stringify([name, labels]));
  return [mesh.cni, ...policies.sort(), ...(policies.length > 0 ? namespaces.sort() : [])].join('\n');
}

const policyText = ({ kind, cluster, namespace, spec }: Resource): string =>
  JSON.stringify([kind, cluster, namespace, spec]);

/**
 * Requests to one port that NetworkPolicy refused from some place and now lets pass, where the port's own enforcement points take them. One
 * entry per place.
 */
export function openedByNetwork(
  states: States,
  earlier: Workload,
  later: Workload,
  port: WorkloadPort,
): readonly Opened[] {
  return [...openingsByNetwork(states, earlier, later, port, states.after.mesh.workloads)];
}

/** The same one by one, from a pod outside the mesh and from these workloads. */
export function* openingsByNetwork(
  states: States,
  earlier: Workload,
  later: Workload,
  port: WorkloadPort,
  sources: readonly Workload[],
): Iterable<Opened> {
  const { before, after } = states;
  const regions = regionsOf(after, later, port);
  const opened = (who: Opener, position: Position, was: Position): readonly Opened[] => {
    for (const region of regions) {
      const found = openedFrom(states, region, { earlier, port, position, was });
      if (found) return [{ workload: later, port: port.port, who, ...found }];
    }
    return [];
  };
  yield* opened({ kind: 'pod-outside-mesh' }, { kind: 'pod-outside-mesh' }, { kind: 'pod-outside-mesh' });
  for (const workload of sources) {
    const source = before.mesh.workloadById.get(workload.id);
    if (!source || workload === later) continue;
    yield* opened(
      { kind: 'workload', workload },
      { kind: 'workload', workload },
      { kind: 'workload', workload: source },
    );
  }
}

interface Place {
  readonly earlier: Workload;
  readonly port: WorkloadPort;
  readonly position: Position;
  readonly was: Position;
}

function openedFrom(
  { before, after }: States,
  region: Region,
  { earlier, port, position, was }: Place,
): Pick<Opened, 'witness' | 'verdict' | 'was'> | undefined {
  const mtls = region.transport === 'mtls';
  const identityAt = (place: Position): Source['identity'] =>
    mtls && place.kind === 'workload' ? place.workload.identity : null;
  if (mtls && identityAt(position) === null) return undefined;
  const connects = region.transport;
  const { transport } = port;
  const old = decide(before, {
    client: 'attacker',
    source: { position: was, identity: identityAt(was), connects },
    destination: { workload: earlier, port: port.port },
    transport,
    at: 'network-policy',
  });
  if (old.outcome !== 'deny') return undefined;
  const witness = witnessAs(after, region, identityAt(position));
  const decided = witness && decideWitness(after, region, witness, port, { position, identity: identityAt(position) });
  return decided && { witness: decided.request, verdict: decided.verdict, was: { by: old.by, reason: old.reason } };
}
