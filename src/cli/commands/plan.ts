import { InputError } from '../../collect/input-error.ts';
import { leavesSerious, type PlanRun, runPlan } from '../../engine/plan/run-plan.ts';
import { renderPlan } from '../../report/plan/render.ts';
import type { PlanAnswer } from '../../result/plan.ts';
import { askYes } from '../ask-yes.ts';
import { printDiagnostics } from '../errors.ts';
import { type InputFlags, inputOptions, namedInputs } from '../input-options.ts';
import { type Output, processOutput } from '../output.ts';
import { progressOn } from '../progress.ts';
import { readStdin } from '../stdin.ts';

interface Flags extends InputFlags {
  readonly step?: string;
  readonly out?: string;
  readonly write?: boolean;
  readonly yes?: boolean;
  readonly acceptUnknownCallers?: boolean;
  readonly format: 'terminal' | 'json';
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

/** `meshproof plan INPUT...`: exit 1 when it cannot close every HIGH or CRITICAL path, or what was written is not what was promised. */
export async function planCommand(paths: readonly string[], flags: Flags): Promise<number> {
  const output = processOutput(flags);
  const { step, write = false, yes = false, out } = flags;
  refuseUseless(flags);
  const cwd = process.cwd();
  const progress = progressOn(process.stderr, output.quiet);
  const run = await runPlan(
    namedInputs(paths, flags),
    step === undefined ? {} : { step },
    { onStep: progress.step, ...inputOptions(flags, cwd) },
    { cwd, stdin: readStdin },
  ).finally(progress.end);
  printDiagnostics(run.diagnostics, output);
  const prepared = out === undefined ? run.answer : run.out(out);
  if (!write) return show(prepared, flags, output);
  if (!yes && run.chosen.length > 0) {
    if (flags.format === 'terminal') output.out(renderPlan(prepared, output));
    const files = `${run.chosen.length === 1 ? 'this step' : `these ${run.chosen.length} steps`} into the files of the input`;
    if (!(await askYes(`write ${files}?`))) {
      output.err('nothing was written\n');
      return leavesSerious(prepared) ? 1 : 0;
    }
  }
  return show(await written(run, prepared, flags), flags, output);
}

async function written(
  run: PlanRun,
  prepared: PlanAnswer,
  { acceptUnknownCallers = false }: Flags,
): Promise<PlanAnswer> {
  return { ...prepared, ...(await run.write({ acceptUnknownCallers })) };
}

function refuseUseless({ write, yes, acceptUnknownCallers }: Flags): void {
  if (!write && (yes || acceptUnknownCallers))
    throw new InputError(
      `\`${yes ? '--yes' : '--accept-unknown-callers'}\` says something about writing`,
      'give --write too, or leave it out',
    );
  if (write && !yes && process.stdin.isTTY !== true)
    throw new InputError('`--write` asks before it edits files, and nobody is there to answer', 'give --yes');
}

function show(answer: PlanAnswer, { format }: Flags, output: Output): number {
  output.out(format === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : renderPlan(answer, output));
  return leavesSerious(answer) ? 1 : 0;
}
