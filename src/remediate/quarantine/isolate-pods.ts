import { namespaceKey, type Workload } from '../../model/inventory/types.ts';
import type { Enforcement } from '../../semantics/enforcement.ts';
import { selectPolicies } from '../../semantics/network-policy/policy-index.ts';
import type { NetworkPolicy } from '../../model/k8s/network-policy.ts';
import { nameOf } from '../candidate.ts';
import type { Change } from '../../model/change/change.ts';
import { distinctLabel, leftOut } from '../leave-out.ts';

/** A NetworkPolicy around the pods of one workload: nothing in, nothing out, DNS where that is asked for. */
export interface Isolation {
  readonly changes: readonly Change[];
  /** Others that have all of its labels, and are isolated with it. */
  readonly alsoIsolates: readonly Workload[];
  /** Why the network does not stop it. */
  readonly gap?: string;
}

export function isolatePods(enforcement: Enforcement, workload: Workload, keepDns: boolean): Isolation {
  const { mesh } = enforcement;
  const { labels, hostNetwork, id, namespace, name, cluster } = workload;
  const none = { changes: [], alsoIsolates: [] };
  if (hostNetwork)
    return {
      ...none,
      gap: `${id} uses the network of its node, where no NetworkPolicy applies: scale it to zero, or cordon and drain the node`,
    };
  const matchLabels = Object.fromEntries(Object.entries(labels).filter(([key]) => key !== 'pod-template-hash'));
  if (Object.keys(matchLabels).length === 0)
    return {
      ...none,
      gap: `the pods of ${id} have no label by which a NetworkPolicy could select them: label them first`,
    };
  const near = mesh.workloadsByNamespace.get(namespaceKey(cluster, namespace)) ?? [];
  const alsoIsolates = near.filter(
    (other) => other !== workload && Object.entries(matchLabels).every(([key, value]) => other.labels[key] === value),
  );
  const change: Change = {
    kind: 'add',
    manifest: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `quarantine-${name}`, namespace },
      spec: {
        podSelector: { matchLabels },
        policyTypes: ['Ingress', 'Egress'],
        ...(keepDns ? { egress: [DNS] } : {}),
      },
    },
    beside: workload.resource,
  };
  const admitting = admittingPolicies(enforcement, workload);
  const mark = admitting.length > 0 ? distinctLabel(workload, near) : undefined;
  const gap =
    mesh.cni === 'ignores-network-policy'
      ? 'the CNI enforces no NetworkPolicy: scale it to zero, or drain its nodes'
      : admitting.length > 0 && !mark
        ? `no label tells the pods of ${id} from others, so that ${admitting.map(nameOf).join(', ')} still admits what it admits`
        : undefined;
  // First around it, then out of what lets something through.
  const changes = [change, ...(mark ? admitting.map((policy) => leftOut(policy, mark)) : [])];
  return { changes, alsoIsolates, ...(gap === undefined ? {} : { gap }) };
}

/** NetworkPolicies add up: one that selects the pods and has rules goes on to let through what these say. */
function admittingPolicies({ network }: Enforcement, workload: Workload): readonly NetworkPolicy[] {
  const { ingress, egress } = selectPolicies(network, workload);
  const found = [
    ...ingress.map(({ policy }) => policy).filter(({ spec }) => (spec.ingress ?? []).length > 0),
    ...egress.map(({ policy }) => policy).filter(({ spec }) => (spec.egress ?? []).length > 0),
  ];
  return [...new Set(found)];
}

const DNS = {
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};
