import type { AdminNetworkPolicy } from '../../model/k8s/admin-network-policy.ts';
import type { BaselineAdminNetworkPolicy } from '../../model/k8s/baseline-admin-network-policy.ts';
import type { ClusterNetworkPolicy } from '../../model/k8s/cluster-network-policy.ts';
import type { Labels } from '../../model/inventory/label-selection.ts';
import type { Resource } from '../../model/resource.ts';
import type { Resources } from '../../model/resources.ts';
import { isObject } from '../../model/shape.ts';
import { type CompiledAdminPolicy, compileAdminPolicy } from './compile-admin.ts';

/** Policies of one tier in the order in which they are asked; those of equal priority are asked in no known order. */
export type Tier = readonly (readonly CompiledAdminPolicy[])[];

/** What administrators of one cluster say before and after its NetworkPolicies. */
export interface AdminTiers {
  readonly admin: Tier;
  /** More than one where kinds meet whose order is not defined: each of them may be the one that counts. */
  readonly baseline: readonly Tier[];
  /** Of namespaces that are in the input. */
  readonly namespaces: ReadonlyMap<string, Labels>;
  readonly nodes: readonly { readonly labels: Labels; readonly addresses: readonly string[] }[];
}

export interface AdminPolicies {
  readonly admin: readonly AdminNetworkPolicy[];
  readonly baseline: readonly BaselineAdminNetworkPolicy[];
  readonly cluster: readonly ClusterNetworkPolicy[];
  readonly namespaces: readonly Resource[];
  readonly nodes: readonly Resource[];
}

export function adminPoliciesOf(resources: Resources): AdminPolicies {
  return {
    admin: resources.of('AdminNetworkPolicy'),
    baseline: resources.of('BaselineAdminNetworkPolicy'),
    cluster: resources.of('ClusterNetworkPolicy'),
    namespaces: resources.of('Namespace'),
    nodes: resources.of('Node'),
  };
}

/** By cluster; clusters without such policies are not in it. */
export function indexAdminPolicies(policies: AdminPolicies): ReadonlyMap<string, AdminTiers> {
  const { admin, baseline, cluster: both, namespaces, nodes } = policies;
  const clusters = new Set([...admin, ...baseline, ...both].map(({ cluster }) => cluster));
  return new Map(
    [...clusters].map((cluster): [string, AdminTiers] => {
      const here = ({ cluster: other }: Resource): boolean => other === cluster;
      const ofTier = (tier: 'Admin' | 'Baseline') => both.filter((policy) => here(policy) && policy.spec.tier === tier);
      const last = ordered(ofTier('Baseline'));
      const only = baseline.filter(here).map((policy) => [compileAdminPolicy(policy)]);
      return [
        cluster,
        {
          admin: ordered([...admin.filter(here), ...ofTier('Admin')]),
          baseline:
            only.length > 0 && last.length > 0
              ? [
                  [...only, ...last],
                  [...last, ...only],
                ]
              : [[...only, ...last]],
          namespaces: new Map(namespaces.filter(here).map(({ name, labels }) => [name, labels])),
          nodes: nodes.filter(here).map(({ labels, status }) => ({ labels, addresses: addressesOf(status) })),
        },
      ];
    }),
  );
}

/** Lower priority numbers first; of one number by name, so that the output is the same every time. */
function ordered(policies: readonly (AdminNetworkPolicy | ClusterNetworkPolicy)[]): Tier {
  const groups = new Map<number, CompiledAdminPolicy[]>();
  const sorted = policies.toSorted(
    (a, b) => (a.spec.priority ?? 0) - (b.spec.priority ?? 0) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  for (const policy of sorted) {
    const { priority = 0 } = policy.spec;
    groups.set(priority, [...(groups.get(priority) ?? []), compileAdminPolicy(policy)]);
  }
  return [...groups.values()];
}

function addressesOf(status: unknown): readonly string[] {
  const addresses = isObject(status) && Array.isArray(status.addresses) ? status.addresses : [];
  return addresses.flatMap((entry) => (isObject(entry) && typeof entry.address === 'string' ? [entry.address] : []));
}
