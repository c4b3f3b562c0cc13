import { severityRows } from '../result/method.ts';
import type { AttackPath } from '../result/types.ts';
import { count, number } from './wording.ts';

type Node = AttackPath['from'];

const nodeNames = {
  internet: 'internet',
  'node-network': 'node network',
  'pod-outside-mesh': 'any pod outside the mesh',
  workload: 'a workload',
  node: 'a node',
  identity: 'an identity',
  external: 'outside',
  tier0: 'tier 0',
} as const;

/** A place or an identity, by the name that people know it by. */
export function nodeName({ kind, workload, name }: Node): string {
  if (kind === 'identity') return `identity of ${workload ?? name ?? 'somebody'}`;
  if (kind === 'tier0') return `tier 0: ${name ?? workload ?? 'the mesh'}`;
  if (kind === 'node') return name === undefined ? nodeNames.node : `node of ${workload ?? name}`;
  return workload ?? name ?? nodeNames[kind];
}

/** Where a path leads along, from the entry to the end. */
export const pathStops = ({ from, hops }: AttackPath): readonly string[] =>
  [from, ...hops.map(({ to }) => to)].map(nodeName);

/** `cardholder data`; what was guessed is said to be: `high, inferred`. */
export function assetText({ asset, sensitivity }: AttackPath, detail?: 'with reason'): string {
  if (!sensitivity) return asset ?? '';
  switch (sensitivity.basis) {
    case 'inferred':
      return `${sensitivity.level}, inferred${detail && asset ? `: ${asset}` : ''}`;
    case 'unknown':
      return '';
    default:
      return detail ? `${sensitivity.level}: ${asset ?? 'declared'}` : (asset ?? sensitivity.level);
  }
}

/** `no breach needed` */
export function breachText({ breaches }: AttackPath): string {
  return breaches === 0 ? 'no breach needed' : `${count(breaches, 'breach', 'breaches')} needed`;
}

/** `2 critical · 5 high` */
export function severityTally(paths: readonly AttackPath[]): string {
  return severityRows
    .flatMap(({ severity }) => {
      const amount = paths.filter((path) => path.severity === severity).length;
      return amount === 0 ? [] : [`${number(amount)} ${severity.toLowerCase()}`];
    })
    .join(' · ');
}
