import type { LabelSelector } from '../k8s/label-selector.ts';

export type Labels = Readonly<Record<string, string>>;

/** Whether all of `wanted` are among the labels; nothing wanted matches everything. */
export function hasLabels(labels: Labels, wanted: Labels | undefined): boolean {
  if (!wanted) return true;
  for (const key of Object.keys(wanted)) if (labels[key] !== wanted[key]) return false;
  return true;
}

/**
 * A Kubernetes label selector, as apimachinery's `LabelSelectorAsSelector`: an absent or empty one matches everything, `NotIn` and
 * `DoesNotExist` match an absent key. An expression without an operator (refused by the API server) matches nothing.
 */
export function selectsLabels(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (!selector) return true;
  if (!hasLabels(labels, selector.matchLabels)) return false;
  for (const { key = '', operator, values = [] } of selector.matchExpressions ?? []) {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    const listed = value !== undefined && values.includes(value);
    if (operator === 'In' && !listed) return false;
    if (operator === 'NotIn' && listed) return false;
    if (operator === 'Exists' && value === undefined) return false;
    if (operator === 'DoesNotExist' && value !== undefined) return false;
    if (operator === undefined) return false;
  }
  return true;
}

/**
 * Finds the objects whose labels hold all of some wanted ones without looking at every object: objects are filed under each of their
 * labels, and a query walks the shortest of the files it could use.
 */
export class LabelIndex<T> {
  readonly #labelsOf: (item: T) => Labels;
  readonly #files = new Map<string, T[]>();
  readonly #all: T[] = [];

  constructor(items: Iterable<T>, labelsOf: (item: T) => Labels) {
    this.#labelsOf = labelsOf;
    for (const item of items) {
      this.#all.push(item);
      const labels = labelsOf(item);
      for (const key of Object.keys(labels)) {
        const name = `${key}=${labels[key]}`;
        const file = this.#files.get(name);
        if (file) file.push(item);
        else this.#files.set(name, [item]);
      }
    }
  }

  /** In the order in which the items were given. */
  find(wanted: Labels): readonly T[] {
    const keys = Object.keys(wanted);
    let shortest: readonly T[] = this.#all;
    for (const key of keys) {
      const file = this.#files.get(`${key}=${wanted[key]}`);
      if (!file) return [];
      if (file.length < shortest.length) shortest = file;
    }
    return keys.length < 2 && shortest !== this.#all
      ? shortest
      : shortest.filter((item) => hasLabels(this.#labelsOf(item), wanted));
  }
}
