import type { Labels } from '../model/inventory/label-selection.ts';
import type { LabelSelector } from '../model/k8s/label-selector.ts';

/** The label keys that a selector looks at, sorted. */
export function selectorKeys(selector: LabelSelector | undefined): readonly string[] {
  const keys = new Set(Object.keys(selector?.matchLabels ?? {}));
  for (const { key } of selector?.matchExpressions ?? []) if (key !== undefined) keys.add(key);
  return [...keys].sort();
}

/** Workloads that agree on the labels some selectors look at are selected alike: gives a key that is equal for exactly those. */
export function labelProjection(selectors: Iterable<LabelSelector | undefined>): (labels: Labels) => string {
  const keys = new Set<string>();
  for (const selector of selectors) for (const key of selectorKeys(selector)) keys.add(key);
  const sorted = [...keys].sort();
  return (labels) => JSON.stringify(sorted.map((key) => (Object.hasOwn(labels, key) ? labels[key] : null)));
}
