import { networkPolicy } from '../../src/model/k8s/network-policy.ts';
import { decideEgress, decideIngress } from '../../src/semantics/network-policy/decide.ts';
import type { NamedPorts, NetworkPeer, NetworkPod, Transport } from '../../src/semantics/network-policy/peer.ts';
import { buildIndex } from '../../src/semantics/network-policy/policy-index.ts';
import { type Manifest, readVectors, toResource } from '../read-vectors.ts';
import type { Replayed } from './replay.ts';

interface RecordedPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ip: string;
  readonly ports: readonly { readonly name: string; readonly containerPort: number; readonly protocol: string }[];
}

interface Header {
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly pods: readonly RecordedPod[];
}

interface Vector {
  readonly id: string;
  readonly request: { readonly from: string; readonly to: string; readonly port: number; readonly protocol: Transport };
  readonly expected: 'allow' | 'deny';
  readonly deniedBy?: readonly ('egress' | 'ingress')[];
}

interface RecordedSet {
  readonly set: string;
  readonly policies: readonly Manifest[];
  readonly vectors: readonly Vector[];
}

const recording = readVectors<Header, RecordedSet>('networkpolicy.jsonl');
const pods = new Map(recording.header.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod]));

const namedPorts =
  (pod: RecordedPod): NamedPorts =>
  (name, transport) =>
    pod.ports.find((port) => port.name === name && port.protocol === transport)?.containerPort;

function toPod(pod: RecordedPod): NetworkPod {
  return {
    cluster: '',
    namespace: pod.namespace,
    labels: pod.labels,
    hostNetwork: false,
    namedPorts: namedPorts(pod),
    ip: pod.ip,
  };
}

function toPeer(end: string): NetworkPeer {
  const pod = pods.get(end);
  if (!pod) return { kind: 'external', ip: end };
  return {
    ...toPod(pod),
    kind: 'pod',
    podLabels: pod.labels,
    namespaceLabels: recording.header.namespaces[pod.namespace] ?? null,
  };
}

export function refusals(
  { policies }: RecordedSet,
  { from, to, port, protocol }: Vector['request'],
): readonly string[] {
  const index = buildIndex(policies.map((policy) => toResource(networkPolicy, policy)));
  const [source, destination] = [pods.get(from), pods.get(to)];
  const egress = source ? decideEgress(index, toPod(source), toPeer(to), port, protocol).outcome : 'allow';
  const ingress = destination
    ? decideIngress(index, toPeer(from), toPod(destination), port, protocol).outcome
    : 'allow';
  if (egress === 'unknown' || ingress === 'unknown') return ['unknown'];
  return [...(egress === 'deny' ? ['egress'] : []), ...(ingress === 'deny' ? ['ingress'] : [])];
}

export const networkPolicySets = recording.sets;

/** NetworkPolicy alone, both directions. */
export function replayNetworkPolicies(): readonly Replayed[] {
  return networkPolicySets.flatMap((set) =>
    set.vectors.map(({ id, request, expected }) => ({
      id,
      expected,
      got: refusals(set, request).length > 0 ? 'deny' : 'allow',
    })),
  );
}
