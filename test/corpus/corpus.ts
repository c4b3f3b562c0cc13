import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { audit } from '../../src/engine/audit.ts';
import type { AuditResult, WorkloadResult } from '../../src/result/types.ts';

const root = fileURLToPath(new URL('../../../shared/', import.meta.url));

/** Why tests on real meshes are skipped, if they are. */
export const NO_SHARED = existsSync(root) ? false : '../shared is not there';

/** The audit of a file or folder of ../shared. */
export async function auditShared(path: string): Promise<AuditResult> {
  return audit([{ path }], {}, { cwd: root, stdin: async () => Buffer.alloc(0) });
}

/** The workload of that id; throws if there is none, so that no test passes on nothing. */
export function workloadOf(result: AuditResult, id: string): WorkloadResult {
  const found = result.inventory.workloads.find((workload) => workload.id === id);
  if (!found) throw new Error(`no workload ${id}`);
  return found;
}

export function portOf(result: AuditResult, id: string, port: number): WorkloadResult['ports'][number] {
  const found = workloadOf(result, id).ports.find((candidate) => candidate.port === port);
  if (!found) throw new Error(`no port ${port} at ${id}`);
  return found;
}

/** How often each value occurs. */
export function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}
