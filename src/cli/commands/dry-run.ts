import { runDryRun } from '../../engine/dry-run/run-dry-run.ts';
import { renderDryRun } from '../../report/dry-run/render.ts';
import { printDiagnostics } from '../errors.ts';
import { type InputFlags, inputOptions, namedInputs } from '../input-options.ts';
import { processOutput } from '../output.ts';
import { readStdin } from '../stdin.ts';

interface Flags extends InputFlags {
  readonly format: 'terminal' | 'json';
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

/** `meshproof dry-run INPUT...`: exit 1 unless every policy on trial is ready. */
export async function dryRunCommand(paths: readonly string[], flags: Flags): Promise<number> {
  const output = processOutput(flags);
  const cwd = process.cwd();
  const { dryRun, diagnostics } = await runDryRun(namedInputs(paths, flags), inputOptions(flags, cwd), {
    cwd,
    stdin: readStdin,
  });
  printDiagnostics(diagnostics, output);
  output.out(flags.format === 'json' ? `${JSON.stringify(dryRun, null, 2)}\n` : renderDryRun(dryRun, output));
  return dryRun.policies.every(({ readiness }) => readiness === 'ready') ? 0 : 1;
}
