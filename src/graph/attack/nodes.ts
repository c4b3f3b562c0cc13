import type { Mesh, Workload } from '../../model/inventory/types.ts';
import { Controllers } from '../../model/inventory/pods/controllers.ts';
import { addressesOf } from '../../model/inventory/pods/pods.ts';
import { groupBy } from '../../util/group-by.ts';

/** Where pods run, as far as the input has running pods. */
export interface Nodes {
  nodesOf(workload: Workload): readonly string[];
  on(node: string): readonly Workload[];
  readonly names: readonly string[];
}

export function nodesIn(mesh: Mesh): Nodes {
  let known = KNOWN.get(mesh);
  if (!known) {
    known = readNodes(mesh);
    KNOWN.set(mesh, known);
  }
  return known;
}

const KNOWN = new WeakMap<Mesh, Nodes>();

function readNodes(mesh: Mesh): Nodes {
  const placed = mesh.resources.of('Pod').filter(({ spec }) => spec.nodeName);
  const nodes = new Map<Workload, Set<string>>();
  const workloads = new Map<string, Set<Workload>>();
  if (placed.length > 0) {
    const controllers = new Controllers(mesh.resources);
    const byName = groupBy(mesh.workloads, ({ cluster, namespace, kind, name }) =>
      [cluster, namespace, kind, name].join('/'),
    );
    const byAddress = new Map(
      mesh.workloads.flatMap((each) => each.addresses.map((address) => [`${each.cluster}/${address}`, each])),
    );
    for (const pod of placed) {
      const { kind, name } = controllers.rootOfPod(pod) ?? { kind: 'Pod', name: pod.name };
      const workload =
        byName.get([pod.cluster, pod.namespace, kind, name].join('/'))?.[0] ??
        addressesOf(pod)
          .map((address) => byAddress.get(`${pod.cluster}/${address}`))
          .find((found) => found !== undefined);
      if (!workload) continue;
      const node = pod.cluster ? `${pod.cluster}:${pod.spec.nodeName}` : String(pod.spec.nodeName);
      nodes.set(workload, (nodes.get(workload) ?? new Set()).add(node));
      workloads.set(node, (workloads.get(node) ?? new Set()).add(workload));
    }
  }
  return {
    nodesOf: (workload) => [...(nodes.get(workload) ?? [])].sort(),
    on: (node) => [...(workloads.get(node) ?? [])],
    names: [...workloads.keys()].sort(),
  };
}
