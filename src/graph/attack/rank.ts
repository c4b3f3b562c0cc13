import { SENSITIVITIES } from '../../result/status.ts';
import type { AttackPath } from './attack-path.ts';
import { causeKey } from './cause.ts';
import { footholdId } from './foothold.ts';
import { compareCost } from './label.ts';

const HEAD = 5;

/** From outside anybody starts; a place inside has to be had first. */
const ENTRIES: readonly AttackPath['from']['kind'][] = ['internet', 'pod-outside-mesh', 'node-network'];

/** Excess before inherent; then sensitivity of the asset, what it costs, how far outside it starts, and the id (design §9). */
export function comparePaths(a: AttackPath, b: AttackPath): number {
  if (a.kind !== b.kind) return a.kind === 'excess' ? -1 : 1;
  return (
    SENSITIVITIES.indexOf(a.asset.level) - SENSITIVITIES.indexOf(b.asset.level) ||
    a.cost.breaches - b.cost.breaches ||
    a.cost.requires - b.cost.requires ||
    entryRank(a) - entryRank(b) ||
    compareCost(a.cost, b.cost) ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}

function entryRank({ from }: AttackPath): number {
  const rank = ENTRIES.indexOf(from.kind);
  return rank < 0 ? ENTRIES.length : rank;
}

/** The first five have five different fixes and, where possible, three different assets; the others keep their order. */
export function spread(ranked: readonly AttackPath[]): readonly AttackPath[] {
  const head: AttackPath[] = [];
  const fixes = new Set<string>();
  const assets = new Map<string, number>();
  for (const strict of [true, false]) {
    for (const path of ranked) {
      if (head.length >= HEAD || path.kind !== 'excess') break;
      const fix = path.cause ? fixOf(path.cause) : '';
      const asset = footholdId(path.to);
      if (fixes.has(fix) || (strict && (assets.get(asset) ?? 0) >= 2)) continue;
      head.push(path);
      fixes.add(fix);
      assets.set(asset, (assets.get(asset) ?? 0) + 1);
    }
  }
  const chosen = new Set(head);
  return [...head, ...ranked.filter((path) => !chosen.has(path))];
}

/** Paths with the same one fold under one fix. */
const fixOf = (cause: NonNullable<AttackPath['cause']>): string => causeKey(cause);
