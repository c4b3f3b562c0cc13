import { applyChanges } from '../../remediate/apply-changes.ts';
import { decideCall, describeCall, type WantedCall } from '../../remediate/wanted-calls.ts';
import type { PlanAnswer } from '../../result/plan.ts';
import { Enforcement } from '../../semantics/enforcement.ts';
import type { Audited } from '../audit.ts';
import type { Input } from '../read-input.ts';
import type { ArrangedStep } from './arrange-steps.ts';
import { unedited } from './edit-files.ts';
import { isSerious, type Judged, standingOf } from './standing-of.ts';
import { writeChanges } from './write-changes.ts';

type Written = NonNullable<PlanAnswer['written']>;

export interface WriteOptions {
  readonly acceptUnknownCallers: boolean;
}

export interface PlanToWrite {
  readonly input: Input;
  readonly audited: Audited;
  readonly now: Judged;
  readonly chosen: readonly ArrangedStep[];
  readonly again: () => Promise<Input>;
  readonly moment?: Date;
}

/** Writes steps into the files of the input, one by one, and then judges what is there: it has to be what the model promised. */
export async function writePlan(plan: PlanToWrite, options: WriteOptions): Promise<Written> {
  const { audited, input } = plan;
  const written: ArrangedStep[] = [];
  const steps: Written['steps'][number][] = [];
  const leftOut: Written['leftOut'][number][] = [];
  let edited = unedited(audited.texts);
  for (const arranged of plan.chosen) {
    const { id, step } = arranged;
    const objection = objectionTo(arranged, leftOut, options);
    if (objection) {
      leftOut.push({ step: id, ...objection });
      continue;
    }
    const { files, refused, after } = writeChanges(step.candidate.changes, audited.texts, edited);
    const [first] = refused;
    if (first) {
      const others = refused.length > 1 ? `, and ${refused.length - 1} more` : '';
      leftOut.push({ step: id, why: `${first.object}: ${first.message}${others}`, help: first.help });
      continue;
    }
    edited = after;
    written.push(arranged);
    steps.push({ step: id, files: files.map((file) => ({ ...file, objects: [...file.objects] })) });
  }
  if (written.length === 0)
    return { steps, leftOut, after: plan.now.standing, keeps: { of: 0, have: 0 }, onTrial: 0, broken: [] };
  const { mesh } = await plan.again();
  const real = new Enforcement(mesh);
  const judged = standingOf(real, input.stated, plan.moment);
  const calls = callsOf(written);
  const failing = calls.filter((call) => decideCall(real, call)?.outcome !== 'allow');
  return {
    steps,
    leftOut,
    after: judged.standing,
    keeps: { of: calls.length, have: calls.length - failing.length },
    onTrial: newDryRuns(plan.now, judged, written).length,
    broken: [...failing.map((call) => `${describeCall(call)} no longer passes`), ...differences(plan, written, judged)],
  };
}

function objectionTo(
  { step, after }: ArrangedStep,
  leftOut: readonly Written['leftOut'][number][],
  { acceptUnknownCallers }: WriteOptions,
): { readonly why: string; readonly help: string } | undefined {
  const [unknown, ...others] = step.candidate.unknownCallers;
  if (unknown && !acceptUnknownCallers) {
    const more = others.length > 0 ? ` and ${others.length} more` : '';
    return {
      why: `nobody said who calls ${unknown.id}${more}`,
      help: 'declare its callers as `wanted`, or give --accept-unknown-callers',
    };
  }
  const missing = after.find((id) => leftOut.some((each) => each.step === id));
  return missing === undefined ? undefined : { why: `it comes after ${missing}`, help: 'see there' };
}

function callsOf(steps: readonly ArrangedStep[]): readonly WantedCall[] {
  const calls = steps.flatMap(({ step }) => step.proof.calls);
  return [...new Map(calls.map((call) => [describeCall(call), call])).values()];
}

/** Where what was written is not what the same changes come to on the model, or something serious is new. */
function differences(
  { input, audited, now, moment }: PlanToWrite,
  written: readonly ArrangedStep[],
  real: Judged,
): string[] {
  const changes = written.flatMap(({ step }) => step.candidate.changes);
  const applied = applyChanges(audited.facts.enforcement, changes, input.rebuild);
  if ('refused' in applied) return [`the model does not take what was written: ${applied.refused}`];
  const promised = standingOf(applied.enforcement, input.stated, moment);
  const watched = new Set(newDryRuns(now, real, written));
  const cameToLight = new Set(audited.planned.plan.unclosed.map(({ path }) => path));
  return [
    ...[...real.paths.keys()]
      .filter((id) => !promised.paths.has(id))
      .map((id) => `path ${id} is open, and was promised not to be`),
    ...[...promised.paths.keys()]
      .filter((id) => !real.paths.has(id))
      .map((id) => `path ${id} is not there, and the model has it`),
    ...[...real.findings.keys()]
      .filter((id) => !promised.findings.has(id))
      .map((id) => `finding ${id} is there, and was promised not to be`),
    ...[...real.paths].flatMap(([id, severity]) =>
      isSerious(severity) && !now.paths.has(id) && !cameToLight.has(id) ? [`path ${id} is new`] : [],
    ),
    // What is watched before it is enforced is a dry run, and is reported as one.
    ...[...real.findings].flatMap(([id, { rule, severity }]) =>
      isSerious(severity) && !now.findings.has(id) && !watched.has(id) ? [`finding ${id} (${rule}) is new`] : [],
    ),
  ];
}

/** Findings that say of what the plan put on trial that it is. */
function newDryRuns(now: Judged, real: Judged, written: readonly ArrangedStep[]): readonly string[] {
  if (!written.some(({ step }) => step.candidate.isTrial)) return [];
  return [...real.findings].flatMap(([id, { rule }]) =>
    rule === 'authz/dry-run-only' && !now.findings.has(id) ? [id] : [],
  );
}
