import type { AttackPath, Hop } from '../graph/attack/attack-path.ts';
import { findAttackPaths } from '../graph/attack/find-attack-paths.ts';
import type { Foothold } from '../graph/attack/foothold.ts';
import type { Opened } from '../graph/compare/opened.ts';
import type { Facts, Flow } from '../graph/facts.ts';
import { factsWith } from '../graph/facts-with.ts';
import { makeFacts, type Stated } from '../graph/make-facts.ts';
import { indexFlows } from '../graph/wanted.ts';
import { objectName } from '../model/by.ts';
import type { By } from '../result/location.ts';
import { shareSymbolic } from '../semantics/algebra/symbolic.ts';
import type { Enforcement } from '../semantics/enforcement.ts';
import { groupBy } from '../util/group-by.ts';
import { applyChanges } from './apply-changes.ts';
import type { Rebuild } from './rebuild.ts';
import { type Candidate, nameOf, type Problem, targetsOf } from './candidate.ts';
import { FIXES } from './fixes/index.ts';
import { refuseNewcomers } from './fixes/refuse-newcomers.ts';
import { type Ground, type Proof, prove } from './prove.ts';
import { leavesInventory } from './slice.ts';
import { chooseProblems } from './choose.ts';
import { describeCall } from './wanted-calls.ts';

/** A candidate that was proven, in its place in the plan. */
export interface Step {
  readonly candidate: Candidate;
  readonly proof: Proof;
  /** Steps that have to come before. */
  readonly after: readonly string[];
  /** What it was proven on: the objects with the steps before it, without itself. */
  readonly on: Pick<Ground, 'mesh' | 'pending'>;
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
  /** No more steps than these, and the whole is not searched again: what stays open is not told. Absent: all. */
  readonly most?: number;
}

/** What comes to light once the first paths are closed is closed too, this often. */
const ROUNDS = 6;

/**
 * The fewest changes that close the paths: each applied to the model and decided again, one upon the other, and the whole at the end.
 *
 * @throws {SearchLimit} when a search over requests was given up.
 */
export function makePlan(facts: Facts, paths: readonly AttackPath[], options: PlanOptions): Plan {
  const { stated, rebuild, entries, most } = options;
  const steps: Step[] = [];
  const reasons = new Map<string, string>();
  let ground: Ground = { facts, stated, mesh: facts.mesh, rebuild, pending: [], moved: new Set() };
  let current = facts.enforcement;
  let open: readonly AttackPath[] = paths.filter(({ kind }) => kind === 'excess');
  for (let round = 0; round < ROUNDS && open.length > 0; round++) {
    const more = closeAll(ground, open, steps, { reasons, isThorough: round > 0, most });
    if (more.length === 0) break;
    steps.push(...more);
    const applied = applyChanges(
      current,
      more.flatMap(({ candidate }) => candidate.changes),
      rebuild,
    );
    if ('refused' in applied) throw new RangeError(`proven changes do not go together: ${applied.refused}`);
    current = applied.enforcement;
    if (most !== undefined) return { steps, unclosed: [], result: current };
    // What was worked out of sets holds by their content.
    shareSymbolic(facts.enforcement, current);
    const next = keepWanted(makeFacts(current, stated), facts);
    ground = { facts: next, stated, mesh: next.mesh, rebuild, pending: [], moved: new Set() };
    open = findAttackPaths(next, { entries, excessOnly: true }).paths;
  }
  return {
    steps,
    unclosed: open.map((path) => ({ path, why: reasonFor(path, reasons, ground.facts) })),
    result: current,
  };
}

/** What was wanted stays so; a caller that now has a name of its own, where it had a shared one, is implied by it from here on. */
function keepWanted(facts: Facts, original: Facts): Facts {
  const flows = [
    ...new Map([...original.wanted.flows, ...facts.wanted.flows].map((flow) => [flowKey(flow), flow])).values(),
  ];
  return factsWith(facts, { wanted: indexFlows(flows, original.wanted.isStated) });
}

const flowKey = ({ from, to, port, methods, paths }: Flow): string => JSON.stringify([from, to, port, methods, paths]);

interface Round {
  readonly reasons: Map<string, string>;
  readonly isThorough: boolean;
  readonly most: number | undefined;
}

function closeAll(
  ground: Ground,
  paths: readonly AttackPath[],
  before: readonly Step[],
  { reasons, isThorough, most }: Round,
): readonly Step[] {
  const steps: Step[] = [];
  const closed = new Set<string>();
  const known = new Set(before.map(({ candidate }) => candidate.id));
  let state = ground;
  for (const problem of chooseProblems(paths, problemsOf)) {
    if (most !== undefined && steps.length >= most) break;
    // A way that another step closed too was seen to have others beside it.
    const isOwn = ({ cause }: AttackPath): boolean => cause !== undefined && keyOf(cause) === keyOf(problem.cause);
    const open = problem.paths.filter((path) => !closed.has(path.id) || (isThorough && isOwn(path)));
    if (open.length === 0) continue;
    const found = firstProven(state, { ...problem, paths: open }, known);
    if ('why' in found) {
      for (const { id } of open) reasons.set(id, found.why);
      reasons.set(keyOf(problem.cause), found.why);
      continue;
    }
    const trial = found.steps.find(({ candidate }) => candidate.isTrial);
    if (trial)
      for (const { id } of open)
        reasons.set(
          id,
          `nobody said who calls there: declare \`wanted\`, or see what step \`${trial.candidate.id}\` shows`,
        );
    for (const step of found.steps) {
      steps.push(step);
      known.add(step.candidate.id);
      for (const { id } of step.proof.closes) closed.add(id);
    }
    state = found.ground;
  }
  return steps;
}

/** The ground with a step on it. The inventory of the whole stays: what the step changes is looked at in slices. */
function advance(ground: Ground, { changes, destinations, senders }: Candidate): Ground {
  const moved = leavesInventory(changes)
    ? ground.moved
    : new Set([...ground.moved, ...[...destinations, ...senders].map(({ namespace }) => namespace)]);
  return { ...ground, pending: [...ground.pending, ...changes], moved };
}

/** The first candidate that closes something, breaks nothing and opens nothing; else why the best of them does not do. */
function firstProven(
  ground: Ground,
  problem: Problem,
  known: ReadonlySet<string>,
): { readonly steps: readonly Step[]; readonly ground: Ground } | { readonly why: string } {
  const byHand = whyNone(ground.facts, problem);
  let why = byHand;
  for (const fix of FIXES) {
    for (const candidate of fix.propose(ground.facts, problem)) {
      if (known.has(candidate.id)) continue;
      const { before, state, proof } = proveAfterOthers(ground, candidate, problem, known);
      const objection = objectionTo(candidate, proof);
      if (objection !== undefined) {
        why = objection === LEAVES_OPEN ? `${candidate.summary}: leaves it open; ${byHand}` : objection;
        continue;
      }
      if ('refused' in proof) continue;
      const after = before.map((step) => step.candidate.id);
      return {
        steps: [...before, { candidate, proof, after, on: state }],
        ground: advance(state, candidate),
      };
    }
  }
  return { why };
}

/** Without any candidate: mostly since nobody said whom a change would have to leave in. */
function whyNone(facts: Facts, problem: Problem): string {
  const { cause, hops } = problem;
  const unstated = targetsOf(hops).find((target) => !facts.wanted.isStated(target));
  if (unstated && /^(AuthorizationPolicy|Namespace|ServiceAccount)$/.test(cause.kind))
    return `nobody said who calls ${unstated.id}: declare its callers as \`wanted\``;
  for (const fix of FIXES) {
    const why = fix.whyNot?.(facts, problem);
    if (why !== undefined) return why;
  }
  throw new RangeError(`nothing is said of ${cause.kind} ${nameOf(cause)}`);
}

function objectionTo(candidate: Candidate, proof: ReturnType<typeof prove>): string | undefined {
  const { summary, unknownCallers } = candidate;
  if ('refused' in proof) return `${summary}: ${proof.refused}`;
  const [broken] = proof.breaks;
  if (broken) return `${summary}: would break ${describeCall(broken)}`;
  const [webhook] = proof.shutsOut;
  if (webhook) return `${summary}: would shut out the API server from ${webhook.to}:${webhook.port} (${webhook.why})`;
  const [opened] = proof.opens;
  if (opened) return `${summary}: would let ${openerOf(opened)} through to ${opened.workload.id}:${opened.port}`;
  if (proof.closes.length > 0 || candidate.isTrial) return undefined;
  const [unknown] = unknownCallers;
  return unknown
    ? `nobody said who calls ${unknown.id}, so that its own namespace stays admitted: declare its callers as \`wanted\``
    : LEAVES_OPEN;
}

/** It closes nothing: what a person can do about it says more. */
const LEAVES_OPEN = 'leaves it open';

const openerOf = ({ who }: Opened): string =>
  who.kind === 'workload' ? who.workload.id : who.kind.replaceAll('-', ' ');

interface Proven {
  /** What has to come first. */
  readonly before: readonly Step[];
  readonly state: Ground;
  readonly proof: ReturnType<typeof prove>;
}

/**
 * A workload that joins the mesh, or gets another identity, may be let in by rules that are too broad: these are narrowed first, so that the
 * step itself opens nothing.
 */
function proveAfterOthers(ground: Ground, candidate: Candidate, problem: Problem, known: ReadonlySet<string>): Proven {
  const proof = prove(ground, candidate, problem);
  const alone: Proven = { before: [], state: ground, proof };
  if (candidate.senders.length === 0 || 'refused' in proof || proof.opens.length === 0) return alone;
  const rules = groupBy(proof.opens, ({ verdict: { by } }) => (by ? keyOf(by) : ''));
  if (rules.size > MOST_PREPARED) return alone;
  let state = ground;
  const before: Step[] = [];
  for (const opened of rules.values()) {
    const found = firstHarmless(ground.facts, state, opened, known);
    if (!found) return alone;
    if (found === 'done') continue;
    before.push(found);
    state = advance(state, found.candidate);
  }
  return before.length === 0 ? alone : { before, state, proof: prove(state, candidate, problem) };
}

/** What keeps newcomers out by a rule: narrows it where it is known for whom it is, else refuses just them. */
function firstHarmless(
  facts: Facts,
  state: Ground,
  opened: readonly Opened[],
  known: ReadonlySet<string>,
): Step | 'done' | undefined {
  const cause = opened[0]?.verdict.by;
  const hops = opened.map((each) => hopOf(facts, each));
  const narrowing = cause ? FIXES.flatMap((fix) => fix.propose(facts, { cause, hops, paths: [] })) : [];
  for (const candidate of [narrowing[0], refuseNewcomers(facts, opened)]) {
    if (!candidate) continue;
    if (known.has(candidate.id)) return 'done';
    const proof = prove(state, candidate, { hops: [], paths: [] });
    if ('refused' in proof || proof.breaks.length + proof.shutsOut.length + proof.opens.length > 0) continue;
    return { candidate, proof, after: [], on: state };
  }
  return undefined;
}

const MOST_PREPARED = 10;

/** What would be let through, in the form of a hop that a fix can be asked about. */
function hopOf({ mesh }: Facts, { workload, port, who, verdict, witness }: Opened): Hop {
  const source = who.kind === 'workload' ? mesh.workloadById.get(who.workload.id) : undefined;
  const to = mesh.workloadById.get(workload.id) ?? workload;
  return {
    from: source ? { kind: 'workload', workload: source } : { kind: 'pod-outside-mesh' },
    to: { kind: 'workload', workload: to },
    port,
    pivot: 'reach',
    witness,
    verdict: 'allow',
    by: verdict.by,
    excess: true,
    ...(verdict.by ? { cause: verdict.by } : {}),
    status: 'INFERRED',
    why: verdict.reason,
    requires: verdict.requires,
    demands: [],
    assumes: verdict.assumes,
  };
}

/** Why a path stays: what was said of it, or of what would have to change for it. What came to light last was not tried any more. */
function reasonFor(path: AttackPath, reasons: ReadonlyMap<string, string>, facts: Facts): string {
  const causes = problemsOf(path).map(({ key }) => key);
  const found = [path.id, ...causes].map((key) => reasons.get(key)).find((why) => why !== undefined);
  if (found !== undefined) return found;
  const [last] = problemsOf(path).slice(-1);
  if (!last) throw new RangeError(`path ${path.id} has no cause to change`);
  const hops = path.hops.filter(({ cause }) => cause && keyOf(cause) === last.key);
  return whyNone(facts, { cause: last.cause, hops, paths: [path] });
}

const keyOf = (by: By): string => `${by.kind} ${objectName(by)}`;

/** What each excess hop of a path asks to be changed; of one policy all rules at once. */
function problemsOf(path: AttackPath): readonly { readonly key: string; readonly cause: By; readonly hop: Hop }[] {
  return path.hops.flatMap((hop) =>
    hop.excess && hop.cause ? [{ key: keyOf(hop.cause), cause: hop.cause, hop }] : [],
  );
}
