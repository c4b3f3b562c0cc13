import type { Facts } from '../graph/facts.ts';
import type { DimensionId, Finding } from '../result/types.ts';
import type { RuleMeta } from '../rules/rule.ts';
import { findWorkload } from '../findings/subjects.ts';
import { rateDimensions, type RatingOptions } from './dimensions.ts';
import type { Population } from './population.ts';
import { scoreOf } from './score.ts';

type Meta = Pick<RuleMeta, 'id' | 'dimension'>;

/**
 * The proven score if what was accepted were in order: accepted findings don't cap it, and what they affect counts as covered in the dimension
 * of their rule. Undefined where nothing was accepted, or where the score is not available.
 */
export function scoreWithExceptions(
  population: Population,
  findings: readonly Finding[],
  rules: readonly Meta[],
  options: Omit<RatingOptions, 'accepted'> = {},
): number | undefined {
  if (findings.every(({ exception }) => exception === undefined)) return undefined;
  const rated = rateDimensions(population, {
    ...options,
    accepted: acceptedSubjects(population.facts, findings, rules),
  });
  return (
    scoreOf(
      rated,
      findings.filter(({ exception }) => exception === undefined),
    ).value ?? undefined
  );
}

function acceptedSubjects(
  facts: Facts,
  findings: readonly Finding[],
  rules: readonly Meta[],
): ReadonlyMap<DimensionId, ReadonlySet<string>> {
  const accepted = new Map<DimensionId, Set<string>>();
  for (const { id, subjects, exception } of findings) {
    const dimension = exception && rules.find((meta) => meta.id === id)?.dimension;
    if (!dimension) continue;
    const names = accepted.get(dimension) ?? new Set();
    accepted.set(dimension, names);
    for (const subject of subjects) {
      const workload = findWorkload(facts.mesh, subject);
      if (workload) names.add(subject.port === undefined ? workload.id : `${workload.id}:${subject.port}`);
    }
  }
  return accepted;
}
