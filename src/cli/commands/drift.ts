import { runDrift } from '../../engine/drift.ts';
import { renderDrift } from '../../report/drift/render.ts';
import { dumpOptions } from '../ask-dumps.ts';
import { printDiagnostics } from '../errors.ts';
import { type InputFlags, inputOptions, namedInputs, parseDate } from '../input-options.ts';
import { processOutput } from '../output.ts';
import { progressOn } from '../progress.ts';
import { readStdin } from '../stdin.ts';

interface Flags extends InputFlags {
  readonly now?: string;
  readonly dumps?: boolean;
  readonly yes?: boolean;
  readonly format: 'terminal' | 'json';
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

/** `meshproof drift INPUT...`: exit 1 where something that runs is not what is configured. */
export async function driftCommand(paths: readonly string[], flags: Flags): Promise<number> {
  const output = processOutput(flags);
  const cwd = process.cwd();
  const options = {
    ...inputOptions(flags, cwd),
    ...(flags.now === undefined ? {} : { now: parseDate(flags.now) }),
  };
  const progress = progressOn(process.stderr, output.quiet);
  const io = {
    cwd,
    stdin: readStdin,
    ...(flags.context.length > 0 ? { onStep: progress.step } : {}),
    ...dumpOptions(flags, flags.context.length, output, progress),
  };
  const { answer, diagnostics } = await runDrift(namedInputs(paths, flags), options, io).finally(progress.end);
  printDiagnostics(diagnostics, output);
  output.out(flags.format === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : renderDrift(answer, output));
  return answer.agrees ? 0 : 1;
}
