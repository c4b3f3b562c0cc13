import type { Resource } from '../../model/resource.ts';

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

/** Go's ParseBool: anything that is not a clear true means enforced (reference §2.11). */
export function isDryRun(policy: Resource): boolean {
  return TRUE.has(policy.annotations['istio.io/dry-run'] ?? '');
}
