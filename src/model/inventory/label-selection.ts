import type { LabelSelector } from '../k8s/label-selector.ts';

export type Labels = Readonly<Record<string, string>>;

/** Every required label is there with that value; none required: true. `selector.matchLabels` of Istio's kinds. */
export function matchesLabels(required: Labels | undefined, labels: Labels): boolean {
  for (const key in required) {
    if (!Object.hasOwn(labels, key) || labels[key] !== required[key]) return false;
  }
  return true;
}

/**
 * A Kubernetes label selector: everything in it is AND-ed, an absent or empty one matches all. `NotIn` and `DoesNotExist` match an absent key.
 *
 * Source: k8s.io/apimachinery pkg/labels/selector.go (Requirement.Matches).
 */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (!matchesLabels(selector?.matchLabels, labels)) return false;
  return selector?.matchExpressions?.every((expression) => matchesExpression(expression, labels)) ?? true;
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

/**
 * Finds the objects whose labels hold all of some wanted ones without looking at every object: objects are filed under each of their
 * labels, and a query walks the shortest of the files it could use.
 */
export class LabelIndex<T> {
  readonly #labelsOf: (item: T) => Labels;
  /** By key and value: two look-ups cost less than one with a key that has to be put together. */
  readonly #files = new Map<string, Map<string, T[]>>();
  readonly #all: T[] = [];

  constructor(items: Iterable<T>, labelsOf: (item: T) => Labels) {
    this.#labelsOf = labelsOf;
    for (const item of items) {
      this.#all.push(item);
      const labels = labelsOf(item);
      for (const key of Object.keys(labels)) {
        const value = labels[key] as string;
        const values = this.#files.get(key);
        const file = values?.get(value);
        if (file) file.push(item);
        else if (values) values.set(value, [item]);
        else this.#files.set(key, new Map([[value, [item]]]));
      }
    }
  }

  /** In the order in which the items were given. */
  find(wanted: Labels): readonly T[] {
    const keys = Object.keys(wanted);
    let shortest: readonly T[] = this.#all;
    for (const key of keys) {
      const file = this.#files.get(key)?.get(wanted[key] as string);
      if (!file) return [];
      if (file.length < shortest.length) shortest = file;
    }
    return keys.length < 2 && shortest !== this.#all
      ? shortest
      : shortest.filter((item) => matchesLabels(wanted, this.#labelsOf(item)));
  }
}
