import { describe, expect, it } from 'vitest';
import { type Manifest, readVectors, toResource } from '../../../test/read-vectors.ts';
import { networkPolicy } from '../../model/k8s/network-policy.ts';
import { decideEgress, decideIngress } from './decide.ts';
import type { NamedPorts, NetworkPeer, NetworkPod, Transport } from './peer.ts';
import { buildIndex } from './policy-index.ts';

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

const { header, sets } = readVectors<Header, RecordedSet>('networkpolicy.jsonl');
const pods = new Map(header.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod]));

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
    namespaceLabels: header.namespaces[pod.namespace] ?? null,
  };
}

function refusals({ policies }: RecordedSet, { from, to, port, protocol }: Vector['request']): readonly string[] {
  const index = buildIndex(policies.map((policy) => toResource(networkPolicy, policy)));
  const [source, destination] = [pods.get(from), pods.get(to)];
  const egress = source ? decideEgress(index, toPod(source), toPeer(to), port, protocol).outcome : 'allow';
  const ingress = destination
    ? decideIngress(index, toPeer(from), toPod(destination), port, protocol).outcome
    : 'allow';
  if (egress === 'unknown' || ingress === 'unknown') return ['unknown'];
  return [...(egress === 'deny' ? ['egress'] : []), ...(ingress === 'deny' ? ['ingress'] : [])];
}

describe('NetworkPolicy against two independent evaluators', () => {
  it('holds the whole recording', () => {
    expect(sets.length).toBe(131);
    expect(sets.reduce((sum, { vectors }) => sum + vectors.length, 0)).toBe(3195);
  });

  it.each(sets.map((set) => [set.set, set] as const))('%s', (_name, set) => {
    for (const vector of set.vectors) {
      const refused = refusals(set, vector.request);
      expect(refused.length > 0 ? 'deny' : 'allow', vector.id).toBe(vector.expected);
      expect([...refused].sort(), vector.id).toEqual([...(vector.deniedBy ?? [])].sort());
    }
  });
});
