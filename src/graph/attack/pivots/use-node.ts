import { byOf } from '../../../model/by.ts';
import type { Foothold } from '../foothold.ts';
import type { Facts } from '../../facts.ts';
import { nodesIn } from '../nodes.ts';
import { controlOf } from '../rbac/places.ts';
import type { Pivot, PivotEdge } from './pivot.ts';
import { escapeToNode } from './escape-to-node.ts';

/**
 * Root on a node reads the tokens and keys of the pods there: in sidecar mode from the pod, in ambient mode from ztunnel, which holds the keys
 * of all of them. It also sends with the node's own address, which kubelet probes are exempt by.
 */
export const takePodsOfNode: Pivot = {
  id: 'node/control-pods',
  title: 'takes the tokens and keys of the pods on the node',
  technique: 'T1552.001',
  *find(facts) {
    const nodes = nodesIn(facts.mesh);
    for (const { node, edge } of nodesTaken(facts)) {
      for (const workload of nodes.on(node.name)) {
        if (workload === node.of) continue;
        const to = controlOf(facts.mesh, workload);
        yield {
          from: node,
          to,
          cause: edge.cause,
          why: `a pod of ${workload.id} runs on ${node.name}, where its token and key lie open to root`,
          status: edge.status,
          assumes: [],
          requires: [],
        };
      }
    }
  },
};

/** The node's own place on the network. */
export const useNodeNetwork: Pivot = {
  id: 'node/network',
  title: 'sends from the network of the node',
  technique: 'T1021',
  *find(facts) {
    const { mesh } = facts;
    const nodes = nodesIn(mesh);
    for (const { node, edge } of nodesTaken(facts)) {
      const isKnown = nodes.on(node.name).length > 0;
      const assumes = isKnown
        ? []
        : [`what runs on ${node.name} is not in the input (kubectl get pods -A -o yaml shows it)`];
      const why = `root on ${node.name} sends with its address`;
      yield { from: node, to: NETWORK, cause: edge.cause, why, status: edge.status, assumes, requires: [] };
    }
    for (const workload of mesh.workloads) {
      if (!workload.hostNetwork) continue;
      const path = [...workload.templatePath, 'spec', 'hostNetwork'];
      const cause = byOf(workload.resource, { path, clause: 'hostNetwork' });
      const why = `${workload.id} uses the network of its node (hostNetwork)`;
      yield {
        from: { kind: 'workload', workload },
        to: NETWORK,
        cause,
        why,
        status: 'INFERRED',
        assumes: [],
        requires: [],
      };
    }
  },
};

const NETWORK: Foothold = { kind: 'node-network' };

interface Taken {
  readonly node: Extract<Foothold, { kind: 'node' }>;
  readonly edge: PivotEdge;
}

/** The nodes that some workload escapes to, each once. */
function nodesTaken(facts: Facts): readonly Taken[] {
  const found = new Map<string, Taken>();
  for (const edge of escapeToNode.find(facts))
    if (edge.to.kind === 'node' && !found.has(edge.to.name)) found.set(edge.to.name, { node: edge.to, edge });
  return [...found.values()];
}
