import { runReach } from '../../engine/reach/run-reach.ts';
import { renderReach } from '../../report/reach/render.ts';
import { printDiagnostics } from '../errors.ts';
import { type InputFlags, inputOptions, namedInputs } from '../input-options.ts';
import { processOutput } from '../output.ts';
import { readStdin } from '../stdin.ts';

interface Flags extends InputFlags {
  readonly from?: string;
  readonly to?: string;
  readonly format: 'terminal' | 'json';
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

/** `meshproof reach INPUT... [--from A] [--to B]`: exit 0 once it is answered, whatever the answer. */
export async function reachCommand(paths: readonly string[], flags: Flags): Promise<number> {
  const output = processOutput(flags);
  const cwd = process.cwd();
  const { reach, diagnostics } = await runReach(namedInputs(paths, flags), flags, inputOptions(flags, cwd), {
    cwd,
    stdin: readStdin,
  });
  printDiagnostics(diagnostics, output);
  output.out(flags.format === 'json' ? `${JSON.stringify(reach, null, 2)}\n` : renderReach(reach, output));
  return 0;
}
