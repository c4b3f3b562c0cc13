import { byOf } from '../model/by.ts';
import { type Mesh, namespaceKey, type Workload } from '../model/inventory/types.ts';
import type { Position, Transport } from './attempt.ts';
import type { Crossing } from './east-west.ts';
import type { Enforcement } from './enforcement.ts';
import { decideEgress, decideIngress } from './network-policy/decide.ts';
import type { NetworkDecision, NetworkPeer, NetworkPod } from './network-policy/peer.ts';
import type { Query } from './query.ts';
import type { Requirement, TraceStep, Verdict } from './verdict.ts';

export const CNI_ENFORCES = 'the CNI enforces NetworkPolicy';
const HBONE_PORT = 15008;

export type NetworkOutcome =
  | {
      readonly passes: true;
      readonly requires: readonly Requirement[];
      readonly assumes: readonly string[];
      readonly steps: readonly TraceStep[];
    }
  | { readonly passes: false; readonly verdict: Verdict };

const OPEN: NetworkOutcome = { passes: true, requires: [], assumes: [], steps: [] };

/**
 * NetworkPolicy on the way of a request: egress of the source, ingress of the destination. Asked only where the source's place on the network
 * is known; a peer that is known by its identity alone may be anywhere.
 */
export function decideNetwork(
  enforcement: Enforcement,
  query: Query,
  connects: Transport,
  crossing: Crossing = { kind: 'direct' },
): NetworkOutcome {
  const { mesh, network } = enforcement;
  const { position } = query.source;
  const { workload } = query.destination;
  if (mesh.cni === 'ignores-network-policy' || position.kind === 'unstated') return OPEN;
  if (network.namespaces.size === 0 && network.unmodelled.size === 0 && network.admin.size === 0) return OPEN;
  if (position.kind === 'workload' && position.workload === workload) return OPEN;
  const overHbone = connects === 'hbone' || (connects === 'mtls' && workload.dataPlane.kind === 'ambient');
  const port = overHbone ? HBONE_PORT : query.destination.port;
  const decisions: NetworkDecision[] = [];
  if (position.kind === 'workload') {
    // Towards another network the packets go to its gateway's address outside the cluster.
    const to: NetworkPeer =
      crossing.kind === 'gateway' ? { kind: 'external' } : peerOf(mesh, { kind: 'workload', workload });
    decisions.push(decideEgress(network, podOf(position.workload), to, port, query.transport));
  }
  const seen = positionAfter(position, crossing);
  if (seen) {
    const ip = crossing.kind === 'gateway' ? undefined : query.source.ip;
    const from = peerOf(mesh, seen, ip, workload.cluster);
    decisions.push(decideIngress(network, from, podOf(workload), port, query.transport));
  }
  const stop =
    decisions.find(({ outcome }) => outcome === 'deny') ?? decisions.find(({ outcome }) => outcome === 'unknown');
  if (stop) return { passes: false, verdict: verdictOf(stop) };
  const relevant = decisions.filter(({ by, isolatedBy }) => by !== null || isolatedBy.length > 0);
  return {
    passes: true,
    requires: relevant.flatMap(({ requires }) => requires),
    assumes: relevant.flatMap(({ assumes }) => assumes),
    steps: relevant.map((decision) => stepOf(decision, 'pass')),
  };
}

/** Where packets come from once they crossed; undefined: from a gateway that is not in the input. */
function positionAfter(position: Position, crossing: Crossing): Position | undefined {
  if (crossing.kind !== 'gateway') return position;
  return crossing.gateway && { kind: 'workload', workload: crossing.gateway };
}

/** What a NetworkPolicy sees of a place. */
export function peerOf(mesh: Mesh, position: Position, ip?: string, cluster = ''): NetworkPeer {
  switch (position.kind) {
    case 'workload': {
      const pod = podOf(position.workload);
      const namespace = mesh.namespaces.get(namespaceKey(pod.cluster, pod.namespace));
      const { cluster, hostNetwork, namedPorts } = pod;
      return {
        kind: 'pod',
        cluster,
        namespace: pod.namespace,
        namespaceLabels: namespace?.defined ? namespace.labels : null,
        podLabels: pod.labels,
        hostNetwork,
        ...(namedPorts ? { namedPorts } : {}),
        ...((ip ?? pod.ip) === undefined ? {} : { ip: ip ?? pod.ip ?? '' }),
      };
    }
    case 'internet':
      return ip === undefined ? { kind: 'external' } : { kind: 'external', ip };
    case 'node-network':
      return position.sameNode === undefined ? { kind: 'node' } : { kind: 'node', sameNode: position.sameNode };
    default:
      // A pod of the same cluster that nobody has labelled, in a namespace that nobody has labelled.
      return { kind: 'pod', cluster, namespace: '(any)', namespaceLabels: {}, podLabels: {}, hostNetwork: false };
  }
}

export function podOf(workload: Workload): NetworkPod {
  const { cluster, namespace, labels, hostNetwork, addresses, ports } = workload;
  return {
    cluster,
    namespace,
    labels,
    hostNetwork,
    namedPorts: (name, transport) => ports.find((port) => port.name === name && port.transport === transport)?.port,
    ...(addresses[0] === undefined ? {} : { ip: addresses[0] }),
  };
}

/** What a decision of NetworkPolicy alone comes to. */
export function verdictOf(decision: NetworkDecision): Verdict {
  const step = stepOf(decision, decision.outcome === 'allow' ? 'pass' : 'stop');
  return {
    outcome: decision.outcome,
    requires: decision.requires,
    assumes: isAdmin(decision) ? decision.assumes : [CNI_ENFORCES, ...decision.assumes],
    by: step.by ?? null,
    reason: decision.reason,
    point: 'network-policy',
    trace: [step],
  };
}

const isAdmin = ({ by }: NetworkDecision): boolean => by !== null && by.policy.kind !== 'NetworkPolicy';

function stepOf({ direction, by, reason }: NetworkDecision, outcome: 'pass' | 'stop'): TraceStep {
  const step = { point: 'network-policy', stage: 'network-policy', outcome, text: reason } as const;
  return by
    ? {
        ...step,
        by: byOf(by.policy, by.rule === undefined ? {} : { rule: by.rule, path: ['spec', direction, by.rule] }),
      }
    : step;
}
