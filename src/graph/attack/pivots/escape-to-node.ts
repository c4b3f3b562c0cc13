import type { Mesh, Workload } from '../../../model/inventory/types.ts';
import type { Foothold } from '../foothold.ts';
import { nodeEscapesOf } from '../node-escape.ts';
import { type Nodes, nodesIn } from '../nodes.ts';
import { podSpecOf } from '../pod-spec.ts';
import { tier0Of } from '../tier0.ts';
import type { Pivot, PivotEdge } from './pivot.ts';

export const escapeToNode: Pivot = {
  id: 'node/escape',
  title: 'leaves the container and is root on the node',
  technique: 'T1611',
  find({ mesh }) {
    let known = KNOWN.get(mesh);
    if (!known) {
      known = [...findEscapes(mesh)];
      KNOWN.set(mesh, known);
    }
    return known;
  },
};

/** What follows from a node asks for it again. */
const KNOWN = new WeakMap<Mesh, readonly PivotEdge[]>();

function* findEscapes(mesh: Mesh): Iterable<PivotEdge> {
  const nodes = nodesIn(mesh);
  const tier0 = tier0Of(mesh);
  for (const workload of mesh.workloads) {
    if (tier0.has(workload)) continue;
    const [found] = nodeEscapesOf(workload);
    if (!found) continue;
    const { by: cause, status, assumes } = found;
    const why = `in ${workload.id} ${found.why}`;
    for (const to of placesOf(nodes, workload))
      yield { from: { kind: 'workload', workload }, to, cause, why, status, assumes, requires: [] };
  }
}

function placesOf(nodes: Nodes, workload: Workload): readonly Foothold[] {
  if (isEverywhere(workload)) return [{ kind: 'tier0', name: 'root on every node' }];
  const known = nodes.nodesOf(workload);
  const names = known.length > 0 ? known : [`node of ${workload.id}`];
  return names.map((name) => ({ kind: 'node', name, of: workload }));
}

function isEverywhere(workload: Workload): boolean {
  if (workload.kind !== 'DaemonSet') return false;
  return Object.keys(podSpecOf(workload).nodeSelector ?? {}).every((label) => label === 'kubernetes.io/os');
}
