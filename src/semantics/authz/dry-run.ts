import type { Resource } from '../../model/resource.ts';

export const DRY_RUN = 'istio.io/dry-run';
const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

/** Go's strconv.ParseBool: anything that is not a clear true means enforced (reference §2.11). */
export function isDryRun(policy: Pick<Resource, 'annotations'>): boolean {
  return TRUE.has(policy.annotations[DRY_RUN] ?? '');
}
