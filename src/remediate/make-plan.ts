import type { AttackPath, Hop } from '../graph/attack/attack-path.ts';
import { findAttackPaths } from '../graph/attack/find-attack-paths.ts';
import type { Foothold } from '../graph/attack/foothold.ts';
import type { Facts } from '../graph/facts.ts';
import { makeFacts, type Stated } from '../graph/make-facts.ts';
import type { By } from '../result/location.ts';
import { Enforcement } from '../semantics/enforcement.ts';
import { applyChanges, type Rebuild } from './apply-changes.ts';
import type { Candidate, Problem } from './candidate.ts';
import { FIXES } from './fixes/index.ts';
import { type Ground, type Proof, prove } from './prove.ts';
import { chooseProblems } from './choose.ts';
import { describeCall } from './wanted-calls.ts';

/** A candidate that was proven, in its place in the plan. */
export interface Step {
  readonly candidate: Candidate;
  readonly proof: Proof;
  /** Steps that have to come before. */
  readonly after: readonly string[];
}

export interface Plan {
  readonly steps: readonly Step[];
  /** Excess paths that nothing closes, and why. */
  readonly unclosed: readonly { readonly path: AttackPath; readonly why: string }[];
  /** What the mesh would enforce. */
  readonly result: Enforcement;
}

export interface PlanOptions {
  readonly stated: Stated;
  readonly rebuild: Rebuild;
  readonly entries: readonly Foothold[];
}

/** What comes to light once the first paths are closed is closed too, this often. */
const ROUNDS = 3;

/**
 * The fewest changes that close the paths: each applied to the model and decided again, one upon the other, and the whole at the end.
 *
 * @throws {SearchLimit} when a search over requests was given up.
 */
export function makePlan(facts: Facts, paths: readonly AttackPath[], options: PlanOptions): Plan {
  const { stated, rebuild, entries } = options;
  const steps: Step[] = [];
  let unclosed: { path: AttackPath; why: string }[] = [];
  let ground: Ground = { facts, stated, resources: facts.mesh.resources, rebuild };
  let current = facts.enforcement;
  let open = paths.filter(({ kind }) => kind === 'excess');
  for (let round = 0; round < ROUNDS && open.length > 0; round++) {
    const done = closeAll(ground, open, steps);
    unclosed = done.unclosed;
    if (done.steps.length === 0) break;
    steps.push(...done.steps);
    const applied = applyChanges(
      current,
      done.steps.flatMap(({ candidate }) => candidate.changes),
      rebuild,
    );
    if ('refused' in applied) throw new RangeError(`proven changes do not go together: ${applied.refused}`);
    current = applied.enforcement;
    const next = keepWanted(makeFacts(current, stated), facts);
    ground = { facts: next, stated, resources: current.mesh.resources, rebuild };
    open = findAttackPaths(next, { entries }).paths.filter(({ kind }) => kind === 'excess');
    const left = new Set(open.map(({ id }) => id));
    unclosed = unclosed.filter(({ path }) => left.has(path.id));
  }
  const reasons = new Map(unclosed.map(({ path, why }) => [path.id, why]));
  return {
    steps,
    unclosed: open.map((path) => ({ path, why: reasons.get(path.id) ?? 'no change that closes it was found' })),
    result: current,
  };
}

/** What is wanted does not change by what is done about the rest. */
function keepWanted(facts: Facts, original: Facts): Facts {
  return {
    mesh: facts.mesh,
    enforcement: facts.enforcement,
    ports: facts.ports,
    sensitivity: facts.sensitivity,
    wanted: original.wanted,
    get entrances() {
      return facts.entrances;
    },
    isComplete: facts.isComplete,
  };
}

function closeAll(
  ground: Ground,
  paths: readonly AttackPath[],
  before: readonly Step[],
): { readonly steps: readonly Step[]; readonly unclosed: { path: AttackPath; why: string }[] } {
  const steps: Step[] = [];
  const closed = new Set<string>();
  const reasons = new Map<string, string>();
  const known = new Set(before.map(({ candidate }) => candidate.id));
  let state = ground;
  for (const problem of chooseProblems(paths, problemsOf)) {
    const open = problem.paths.filter(({ id }) => !closed.has(id));
    if (open.length === 0) continue;
    const found = firstProven(state, { ...problem, paths: open }, known);
    if ('why' in found) {
      for (const { id } of open) reasons.set(id, found.why);
      continue;
    }
    steps.push({ ...found, after: [] });
    known.add(found.candidate.id);
    for (const { id } of found.proof.closes) closed.add(id);
    state = advance(state, found.candidate);
  }
  return {
    steps,
    unclosed: paths.filter(({ id }) => !closed.has(id)).map((path) => ({ path, why: reasons.get(path.id) ?? '' })),
  };
}

/** The ground with a step on it. The inventory of the whole stays: what the step changes is looked at in slices. */
function advance(ground: Ground, { changes }: Candidate): Ground {
  const { resources } = ground;
  const applied = applyChanges(new Enforcement({ ...ground.facts.mesh, resources }), changes, (changed) => ({
    ...ground.facts.mesh,
    resources: changed,
  }));
  return 'refused' in applied ? ground : { ...ground, resources: applied.enforcement.mesh.resources };
}

/** The first candidate that closes something, breaks nothing and opens nothing; else why the best of them does not do. */
function firstProven(
  ground: Ground,
  problem: Problem,
  known: ReadonlySet<string>,
): { readonly candidate: Candidate; readonly proof: Proof } | { readonly why: string } {
  let why = `no change of ${problem.cause.kind} ${problem.cause.namespace}/${problem.cause.name} is known that closes it`;
  for (const fix of FIXES) {
    for (const candidate of fix.propose(ground.facts, problem)) {
      if (known.has(candidate.id)) continue;
      const proof = prove(ground, candidate, problem.paths);
      if ('refused' in proof) why = `${candidate.summary}: ${proof.refused}`;
      else if (proof.breaks[0]) why = `${candidate.summary}: would break ${describeCall(proof.breaks[0])}`;
      else if (proof.opens[0])
        why = `${candidate.summary}: would let ${proof.opens[0].who.kind} through to ${proof.opens[0].workload.id}:${proof.opens[0].port}`;
      else if (proof.closes.length === 0) {
        const [unknown] = candidate.unknownCallers;
        why = unknown
          ? `nobody said who calls ${unknown.id}, so that its own namespace stays admitted: declare its callers as \`wanted\``
          : `${candidate.summary}: leaves it open`;
      } else return { candidate, proof };
    }
  }
  return { why };
}

/** What each excess hop of a path asks to be changed; of one policy all rules at once. */
function problemsOf(path: AttackPath): readonly { readonly key: string; readonly cause: By; readonly hop: Hop }[] {
  return path.hops.flatMap((hop) =>
    hop.excess && hop.cause
      ? [{ key: `${hop.cause.kind} ${hop.cause.namespace}/${hop.cause.name}`, cause: hop.cause, hop }]
      : [],
  );
}
