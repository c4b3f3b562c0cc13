import type { LabelSelector } from '../model/k8s/label-selector.ts';

export type Labels = Readonly<Record<string, string>>;

/** Every required label is there with that value; none required: true. `selector.matchLabels` of Istio's kinds. */
export function matchesLabels(required: Labels | undefined, labels: Labels): boolean {
  for (const key in required) {
    if (!Object.hasOwn(labels, key) || labels[key] !== required[key]) return false;
  }
  return true;
}

/**
 * A Kubernetes label selector: everything in it is AND-ed, an empty one matches all. `NotIn` and `DoesNotExist` match an absent key.
 *
 * Source: k8s.io/apimachinery pkg/labels/selector.go (Requirement.Matches).
 */
export function matchesSelector(selector: LabelSelector, labels: Labels): boolean {
  if (!matchesLabels(selector.matchLabels, labels)) return false;
  return selector.matchExpressions?.every((expression) => matchesExpression(expression, labels)) ?? true;
}

type Expression = NonNullable<LabelSelector['matchExpressions']>[number];

function matchesExpression({ key = '', operator, values = [] }: Expression, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case undefined:
      // The API server refuses an expression without operator, so nothing rests on it.
      return false;
    default:
      return operator satisfies never;
  }
}

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
