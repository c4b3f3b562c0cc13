import type { Workload } from '../../model/inventory/types.ts';
import type { By } from '../../result/location.ts';
import type { AttackPath } from './attack-path.ts';
import { causeKey } from './cause.ts';

/** What many excess paths have in common. */
export type ChokePoint = {
  readonly through: readonly AttackPath[];
} & ({ readonly kind: 'cause'; readonly cause: By } | { readonly kind: 'workload'; readonly workload: Workload });

/** The objects at fault, and the workloads on the way, that most excess paths go through: `most` of each. */
export function findChokePoints(paths: readonly AttackPath[], most = 10): readonly ChokePoint[] {
  const causes = new Map<string, { readonly cause: By; readonly through: AttackPath[] }>();
  const workloads = new Map<Workload, AttackPath[]>();
  for (const path of paths) {
    if (path.kind !== 'excess') continue;
    const seen = new Set<string>();
    for (const { cause } of path.hops) {
      const key = cause && causeKey(cause);
      if (!key || seen.has(key)) continue;
      seen.add(key);
      const known = causes.get(key);
      if (known) known.through.push(path);
      else causes.set(key, { cause, through: [path] });
    }
    const passed = path.hops.slice(0, -1).flatMap(({ to }) => (to.kind === 'workload' ? [to.workload] : []));
    for (const workload of new Set(passed)) workloads.set(workload, [...(workloads.get(workload) ?? []), path]);
  }
  const byCause = [...causes].sort(([a, x], [b, y]) => weigh(y.through) - weigh(x.through) || (a < b ? -1 : 1));
  const byWorkload = [...workloads].sort(([a, x], [b, y]) => weigh(y) - weigh(x) || (a.id < b.id ? -1 : 1));
  return [
    ...byCause.slice(0, most).map(([, each]): ChokePoint => ({ kind: 'cause', ...each })),
    ...byWorkload.slice(0, most).map(([workload, through]): ChokePoint => ({ kind: 'workload', workload, through })),
  ];
}

/** A path stands for the others that it folds. */
export const weigh = (paths: readonly AttackPath[]): number => paths.reduce((sum, { others }) => sum + 1 + others, 0);
