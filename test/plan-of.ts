import { readText } from '../src/collect/read-text.ts';
import { loadMesh } from '../src/engine/load-mesh.ts';
import { findAttackPaths } from '../src/graph/attack/find-attack-paths.ts';
import type { AttackPath } from '../src/graph/attack/attack-path.ts';
import type { Foothold } from '../src/graph/attack/foothold.ts';
import type { Facts } from '../src/graph/facts.ts';
import { makeFacts, type Stated } from '../src/graph/make-facts.ts';
import type { Mesh } from '../src/model/inventory/types.ts';
import { makePlan, type Plan } from '../src/remediate/make-plan.ts';
import { decideCall, type WantedCall } from '../src/remediate/wanted-calls.ts';
import { Enforcement } from '../src/semantics/enforcement.ts';
import { type Manifest, meshText } from './small-mesh.ts';

export interface PlannedMesh {
  readonly facts: Facts;
  readonly paths: readonly AttackPath[];
  readonly plan: Plan;
  /** The ids of the candidates, in the order of the steps. */
  readonly ids: readonly string[];
  /** Excess paths that the mesh has once the whole plan is made, searched again. */
  readonly left: readonly AttackPath[];
  /** What becomes of a call before and after the plan: `allow`, `deny`. */
  outcome(from: string, to: string, port: number, when?: 'before' | 'after'): string | undefined;
}

const OUTSIDE: readonly Foothold[] = [{ kind: 'pod-outside-mesh' }];

/** The plan for a small mesh, with all that it holds stated to be complete. */
export function planOf(
  manifests: readonly Manifest[],
  stated: Stated,
  entriesOf: (mesh: Mesh) => readonly Foothold[] = () => OUTSIDE,
): PlannedMesh {
  const { mesh, rebuild } = loadMesh(readText(meshText(manifests), 'mesh.yaml').objects, { complete: ['all'] });
  const facts = makeFacts(new Enforcement(mesh), stated);
  const entries = entriesOf(mesh);
  const excess = (of: Facts): readonly AttackPath[] =>
    findAttackPaths(of, { entries }).paths.filter(({ kind }) => kind === 'excess');
  const paths = excess(facts);
  const plan = makePlan(facts, paths, { stated, rebuild, entries });
  return {
    facts,
    paths,
    plan,
    ids: plan.steps.map(({ candidate }) => candidate.id),
    left: excess(makeFacts(plan.result, stated)),
    outcome(from, to, port, when = 'after') {
      const call = { from, to, port, method: 'GET', path: '/', basis: 'declared' } as WantedCall;
      return decideCall(when === 'after' ? plan.result : facts.enforcement, call)?.outcome;
    },
  };
}

/** The manifests that the steps of a plan add. */
export const addedBy = ({ steps }: Plan): readonly Manifest[] =>
  steps.flatMap(({ candidate }) =>
    candidate.changes.flatMap((change) => (change.kind === 'add' ? [change.manifest] : [])),
  );
