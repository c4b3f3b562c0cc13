import { runDrift } from '../../engine/drift.ts';
import { renderDrift } from '../../report/drift/render.ts';
import { printDiagnostics } from '../errors.ts';
import { type InputFlags, inputOptions, namedInputs, parseDate } from '../input-options.ts';
import { processOutput } from '../output.ts';
import { readStdin } from '../stdin.ts';

interface Flags extends InputFlags {
  readonly now?: string;
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
  const { answer, diagnostics } = await runDrift(namedInputs(paths, flags), options, { cwd, stdin: readStdin });
  printDiagnostics(diagnostics, output);
  output.out(flags.format === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : renderDrift(answer, output));
  return answer.agrees ? 0 : 1;
}
