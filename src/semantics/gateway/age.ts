export interface Aged {
  readonly creationTimestamp?: string;
  readonly name: string;
  readonly namespace: string;
}

/**
 * Oldest first, then by name, then by namespace. Objects without a time count as created together, after those that have one.
 *
 * Source: istio pilot/pkg/model/push_context.go (sortConfigByCreationTime).
 */
export function compareAge(a: Aged, b: Aged): number {
  return compare(timeOf(a), timeOf(b)) || compare(a.name, b.name) || compare(a.namespace, b.namespace);
}

const timeOf = ({ creationTimestamp }: Aged): string => creationTimestamp ?? '~';

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Whether their order is not known: one of them has no time. */
export const isAgeUnknown = (a: Aged, b: Aged): boolean =>
  a.creationTimestamp === undefined || b.creationTimestamp === undefined;
