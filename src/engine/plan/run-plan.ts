import type { CollectIo, InputSpec } from '../../collect/collect.ts';
import { InputError } from '../../collect/input-error.ts';
import type { Diagnostic } from '../../result/diagnostic.ts';
import type { PlanAnswer } from '../../result/plan.ts';
import { suggest } from '../../util/suggest.ts';
import { type AuditOptions, auditInput } from '../audit.ts';
import { type Input, readInput } from '../read-input.ts';
import type { ArrangedStep } from './arrange-steps.ts';
import { isSerious, judgedBy, standingOf } from './standing-of.ts';
import { writePatchFiles } from './write-patch-files.ts';
import { type WriteOptions, writePlan } from './write-plan.ts';

/** A plan that was made, and what can be done with it. */
export interface PlanRun {
  readonly answer: PlanAnswer;
  readonly diagnostics: readonly Diagnostic[];
  /** The steps that are meant: all, or the one that was asked for with those that it needs. */
  readonly chosen: readonly ArrangedStep[];
  /** Writes patch files of the chosen steps into a folder. */
  out(folder: string): PlanAnswer;
  /** Writes the chosen steps into the files of the input, and audits them again. */
  write(options: WriteOptions): Promise<PlanAnswer>;
}

/** Makes the plan. Throws an InputError where `step` names none. */
export async function runPlan(
  inputs: readonly InputSpec[],
  { step }: { readonly step?: string },
  options: AuditOptions,
  io: CollectIo,
): Promise<PlanRun> {
  options.onStep?.('reading');
  const input = await readInput(inputs, options, io);
  const audited = auditInput(input, inputs, { ...options, plan: 'whole' }, io);
  const { result, planned, texts } = audited;
  const chosen = step === undefined ? planned.steps : withNeeded(planned.steps, findStep(planned.steps, step));
  options.onStep?.('judging the result');
  const now = judgedBy(audited.facts, result, audited.found);
  const after = planned.made ? standingOf(planned.made.result, input.stated, options.now) : now;
  const asked = step === undefined ? undefined : chosen.at(-1)?.id;
  const answer: PlanAnswer = {
    plan: result.plan,
    ...(asked === undefined ? {} : { step: asked }),
    now: now.standing,
    planned: after.standing,
    closes: {
      findings: [...now.findings.keys()].filter((id) => !after.findings.has(id)).sort(),
      paths: [...now.paths.keys()].filter((id) => !after.paths.has(id)).sort(),
    },
  };
  return {
    answer,
    chosen,
    diagnostics: result.diagnostics,
    out(folder) {
      const steps = chosen.map(({ id, step: { candidate } }) => ({ id, changes: candidate.changes }));
      const { files } = writePatchFiles(steps, folder, texts, io);
      return { ...answer, out: { folder, files: [...files] } };
    },
    async write(how) {
      const again = (): Promise<Input> => readInput(inputs, options, io);
      const written = await writePlan(
        { input, audited, now, chosen, again, ...(options.now ? { moment: options.now } : {}) },
        how,
      );
      return { ...answer, written };
    },
  };
}

function findStep(steps: readonly ArrangedStep[], asked: string): ArrangedStep {
  const found = steps.find(({ id, number }) => id === asked || String(number) === asked);
  if (found) return found;
  const near = suggest(
    asked,
    steps.map(({ id }) => id),
  );
  throw new InputError(
    `there is no step \`${asked}\``,
    steps.length === 0
      ? 'the plan has no steps'
      : near === undefined
        ? `steps have the numbers 1 to ${steps.length}`
        : `did you mean \`${near}\`?`,
  );
}

/** A step with those that have to come before it, in order. */
function withNeeded(steps: readonly ArrangedStep[], last: ArrangedStep): readonly ArrangedStep[] {
  const needed = new Set([last.id]);
  for (const { id, after } of steps.slice(0, last.number).toReversed())
    if (needed.has(id)) for (const each of after) needed.add(each);
  return steps.filter(({ id }) => needed.has(id));
}

/** Exit 1: something serious stays open, or did not come as promised. */
export function leavesSerious({ plan, written }: PlanAnswer): boolean {
  if (written) return written.broken.length > 0 || Object.keys(written.after.paths).some((each) => isSeriousWord(each));
  return plan.incomplete !== undefined || plan.unclosed.some(({ severity }) => isSerious(severity));
}

const isSeriousWord = (word: string): boolean => word === 'CRITICAL' || word === 'HIGH';
