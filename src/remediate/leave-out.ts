import type { Workload } from '../model/inventory/types.ts';
import type { NetworkPolicy } from '../model/k8s/network-policy.ts';
import type { Change } from '../model/change/change.ts';

const COMMON = ['app.kubernetes.io/name', 'app', 'name', 'app.kubernetes.io/instance'];

/** A label that none of the others has with that value. */
export function distinctLabel(workload: Workload, near: readonly Workload[]): readonly [string, string] | undefined {
  const rank = (key: string): number => (COMMON.includes(key) ? COMMON.indexOf(key) : COMMON.length);
  return Object.entries(workload.labels)
    .filter(([key]) => key !== 'pod-template-hash')
    .toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .find(([key, value]) => near.every((other) => other === workload || other.labels[key] !== value));
}

/** A policy that no longer selects the pods with a label. */
export const leftOut = (policy: NetworkPolicy, [key, value]: readonly [string, string]): Change => ({
  kind: 'edit',
  resource: policy,
  edits: [
    {
      op: 'append',
      path: ['spec', 'podSelector', 'matchExpressions'],
      value: { key, operator: 'NotIn', values: [value] },
    },
  ],
});
