import type { AuditResult } from '../../result/types.ts';
import { causeName } from '../exposures.ts';
import { count, fewOf, number, place } from '../wording.ts';
import { code, prose, table } from './syntax.ts';

/** Objects and workloads that most paths go through: what one change closes at most. */
export function chokePoints({ attack }: AuditResult): string[] {
  const points = attack?.chokePoints ?? [];
  if (points.length === 0) return [];
  return [
    '### Choke points',
    'What most paths have in common; ways that a path stands for are counted.',
    ...table(
      ['Object or workload', 'Role', 'Paths', 'Assets', 'Worst'],
      points.map(({ kind, cause, workload, paths, assets, severity }) => [
        cause ? `${code(causeName(cause))} at ${code(place(cause.location))}` : code(workload ?? ''),
        kind === 'cause' ? 'to change' : 'on the way',
        number(paths),
        number(assets),
        severity,
      ]),
    ),
  ];
}

/** The workloads whose takeover costs most. */
export function blastRadius({ attack }: AuditResult): string[] {
  const radii = attack?.blastRadius ?? [];
  if (radii.length === 0) return [];
  return [
    '### Blast radius',
    `What somebody may send requests to, or become, who controls a workload: the ${count(radii.length, 'workload')} that would cost most.`,
    ...table(
      ['Workload', 'Reaches', 'Excess', 'Assets', 'Rights and node'],
      radii.map(({ workload, workloads, excess, assets, moreAssets, pivots }) => {
        const named = assets.map((asset) => `${code(asset.workload)} ${asset.level}${asset.excess ? ' (excess)' : ''}`);
        const more = Math.max(0, named.length - 4) + moreAssets;
        return [
          code(workload),
          number(workloads),
          number(excess),
          `${named.slice(0, 4).join(', ')}${more > 0 ? `, and ${number(more)} more` : ''}`,
          prose(fewOf(pivots, 3)),
        ];
      }),
    ),
  ];
}
