import type { NetworkPolicy } from '../../model/k8s/network-policy.ts';
import type { Resources, Unmodelled } from '../../model/resources.ts';
import { type Labels, matchesSelector } from '../../model/inventory/label-selection.ts';
import { labelProjection } from '../selector.ts';
import { type AdminTiers, adminPoliciesOf, indexAdminPolicies } from './admin-index.ts';
import { type CompiledPolicy, compileNetworkPolicy } from './compile.ts';
import type { NetworkPod } from './peer.ts';

/** Policies that isolate a pod, per direction, in the order of their names. */
export interface Isolation {
  readonly ingress: readonly CompiledPolicy[];
  readonly egress: readonly CompiledPolicy[];
}

interface NamespacePolicies {
  readonly policies: readonly CompiledPolicy[];
  readonly project: (labels: Labels) => string;
  readonly memo: Map<string, Isolation>;
  /** The same by the very labels of a workload, which are asked about again and again. */
  readonly known: WeakMap<Labels, Isolation>;
}

/** All NetworkPolicies, compiled and by namespace. Selected policies are remembered per namespace and the labels that matter there. */
export interface NetworkPolicyIndex {
  readonly namespaces: ReadonlyMap<string, NamespacePolicies>;
  /** Kinds that may change the answer, by cluster and the namespace they act in; the empty one holds cluster-wide ones. */
  readonly unmodelled: ReadonlyMap<string, readonly Unmodelled[]>;
  /** Policies of administrators, by cluster. */
  readonly admin: ReadonlyMap<string, AdminTiers>;
}

const NOTHING: Isolation = { ingress: [], egress: [] };
const keyOf = (cluster: string, namespace: string): string => `${cluster}\n${namespace}`;

export function indexNetworkPolicies(resources: Resources): NetworkPolicyIndex {
  return buildIndex(
    resources.of('NetworkPolicy'),
    resources.unmodelled,
    indexAdminPolicies(adminPoliciesOf(resources)),
  );
}

/** The same from its parts. */
export function buildIndex(
  policies: readonly NetworkPolicy[],
  unmodelled: readonly Unmodelled[] = [],
  admin: NetworkPolicyIndex['admin'] = new Map(),
): NetworkPolicyIndex {
  const byNamespace = new Map<string, CompiledPolicy[]>();
  for (const policy of policies)
    push(byNamespace, keyOf(policy.cluster, policy.namespace), compileNetworkPolicy(policy));
  const namespaces = new Map<string, NamespacePolicies>();
  for (const [key, list] of byNamespace) {
    list.sort((a, b) => (a.policy.name < b.policy.name ? -1 : a.policy.name > b.policy.name ? 1 : 0));
    namespaces.set(key, {
      policies: list,
      project: labelProjection(list.map(({ selector }) => selector)),
      memo: new Map(),
      known: new WeakMap(),
    });
  }
  const others = new Map<string, Unmodelled[]>();
  for (const object of unmodelled)
    if (object.touches === 'network-policy') push(others, keyOf(object.cluster, object.namespace), object);
  return { namespaces, unmodelled: others, admin };
}

/** Host-network pods are never selected (reference §15.4). */
export function selectPolicies(
  index: NetworkPolicyIndex,
  pod: Pick<NetworkPod, 'cluster' | 'namespace' | 'labels' | 'hostNetwork'>,
): Isolation {
  const here = pod.hostNetwork ? undefined : index.namespaces.get(keyOf(pod.cluster, pod.namespace));
  if (!here) return NOTHING;
  const known = here.known.get(pod.labels);
  if (known) return known;
  const key = here.project(pod.labels);
  let selected = here.memo.get(key);
  if (!selected) {
    const matching = here.policies.filter(({ selector }) => matchesSelector(selector, pod.labels));
    selected = {
      ingress: matching.filter(({ ingress }) => ingress),
      egress: matching.filter(({ egress }) => egress),
    };
    here.memo.set(key, selected);
  }
  here.known.set(pod.labels, selected);
  return selected;
}

/** The NetworkPolicies that isolate pods with these labels, per direction. */
export function isolation(
  index: NetworkPolicyIndex,
  namespace: string,
  labels: Labels,
  { cluster = '', hostNetwork = false }: { readonly cluster?: string; readonly hostNetwork?: boolean } = {},
): { readonly ingress: readonly NetworkPolicy[]; readonly egress: readonly NetworkPolicy[] } {
  const { ingress, egress } = selectPolicies(index, { cluster, namespace, labels, hostNetwork });
  return { ingress: ingress.map(({ policy }) => policy), egress: egress.map(({ policy }) => policy) };
}

/** An object of a kind that is not modelled and may change what pods of the namespace may send or receive. */
export function findUnmodelled(
  { unmodelled }: NetworkPolicyIndex,
  { cluster, namespace }: Pick<NetworkPod, 'cluster' | 'namespace'>,
): Unmodelled | undefined {
  return unmodelled.get(keyOf(cluster, ''))?.[0] ?? unmodelled.get(keyOf(cluster, namespace))?.[0];
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
