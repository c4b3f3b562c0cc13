import type { Facts } from '../facts.ts';
import { type AttackGraph, buildAttackGraph } from './attack-graph.ts';
import { type AttackPath, pathOf } from './attack-path.ts';
import { findRoutes } from './find-paths.ts';
import type { Foothold } from './foothold.ts';
import { comparePaths, spread } from './rank.ts';
import { searchFrom } from './search.ts';

export interface AttackPaths {
  readonly graph: AttackGraph;
  /** Ranked: excess ones first, the first five as different as can be. */
  readonly paths: readonly AttackPath[];
  /** Routes that need more breaches than are listed. */
  readonly deeper: number;
}

export interface PathOptions {
  /** Where attackers start. */
  readonly entries: readonly Foothold[];
  /** How many places to list from which the same excess leads to the same asset. */
  readonly variants?: number;
  /** No path that the business needs is made. */
  readonly excessOnly?: boolean;
}

/**
 * All attack paths with at most two breaches, ranked.
 *
 * @throws {SearchLimit} when a search over requests was given up.
 */
export function findAttackPaths(facts: Facts, { entries, variants = 1, excessOnly = false }: PathOptions): AttackPaths {
  const graph = buildAttackGraph(facts);
  const found = new Map<string, AttackPath>();
  let deeper = 0;
  for (const entry of entries) {
    const routes = findRoutes(graph, searchFrom(graph, entry), variants);
    deeper += routes.deeper;
    for (const route of [...routes.excess, ...(excessOnly ? [] : routes.inherent)]) {
      const path = pathOf(graph, route);
      if (path && !found.has(path.id)) found.set(path.id, path);
    }
  }
  const ranked = [...found.values()].sort(comparePaths);
  return { graph, paths: spread(ranked), deeper };
}
