import type { Facts } from '../graph/facts.ts';
import { SearchLimit } from '../semantics/algebra/strings/find-word.ts';
import { applyChanges } from './apply-changes.ts';
import type { Candidate } from './candidate.ts';
import { objectOfChange } from '../model/change/change.ts';
import { HARDENINGS } from './hardening/index.ts';
import type { Hardening } from './hardening/hardening.ts';
import type { Plan, PlanOptions, Step } from './make-plan.ts';
import { type Ground, prove } from './prove.ts';
import { namespacesOf } from './slice.ts';
import { enforcementOf } from './slices.ts';

/** More of one kind make no plan that anybody reads. */
const MOST = 20;

/**
 * The plan with steps that close no path and are worth doing: each proven on what the plan leaves, like all others. What the plan itself
 * touches is left alone, so that a step never undoes or repeats another.
 */
export function harden(facts: Facts, plan: Plan, { stated, rebuild }: PlanOptions): Plan {
  const touched = new Set(plan.steps.flatMap(({ candidate }) => candidate.changes.map(keyOf)));
  let ground: Ground = {
    facts,
    stated,
    mesh: facts.mesh,
    rebuild,
    pending: plan.steps.flatMap(({ candidate }) => candidate.changes),
    moved: new Set(facts.mesh.namespaces.keys()),
  };
  const steps: Step[] = [];
  for (const hardening of HARDENINGS) {
    let made = 0;
    for (const candidate of hardening.propose(facts)) {
      if (made >= MOST) break;
      if (candidate.changes.some((change) => touched.has(keyOf(change)))) continue;
      const step = proven(ground, hardening, candidate);
      if (!step) continue;
      made++;
      steps.push(step);
      ground = { ...ground, pending: [...ground.pending, ...candidate.changes] };
    }
  }
  if (steps.length === 0) return plan;
  const applied = applyChanges(
    plan.result,
    steps.flatMap(({ candidate }) => candidate.changes),
    rebuild,
  );
  if ('refused' in applied) throw new RangeError(`proven changes do not go together: ${applied.refused}`);
  return { ...plan, steps: [...plan.steps, ...steps], result: applied.enforcement };
}

function proven(ground: Ground, hardening: Hardening, candidate: Candidate): Step | undefined {
  const { facts, rebuild } = ground;
  try {
    const proof = prove(ground, candidate, { hops: [], paths: [] });
    if ('refused' in proof || proof.breaks.length + proof.shutsOut.length + proof.opens.length > 0) return undefined;
    const involved = [...candidate.destinations, ...candidate.senders];
    const before = enforcementOf(ground, namespacesOf(facts.mesh, involved), [], candidate.changes);
    if ('refused' in before) return undefined;
    const after = applyChanges(before.enforcement, candidate.changes, rebuild);
    if ('refused' in after) return undefined;
    const states = { before: before.enforcement, after: after.enforcement };
    if (!hardening.holds(facts, candidate, states)) return undefined;
    const { mesh, pending } = ground;
    return { candidate, proof, after: [], on: { mesh, pending } };
  } catch (error) {
    // What is not settled is not proposed; the paths are closed all the same.
    if (error instanceof SearchLimit) return undefined;
    throw error;
  }
}

function keyOf(change: Parameters<typeof objectOfChange>[0]): string {
  const { kind, namespace, name } = objectOfChange(change);
  return `${kind} ${namespace}/${name}`;
}
