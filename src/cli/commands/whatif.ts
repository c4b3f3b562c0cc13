import { InputError } from '../../collect/input-error.ts';
import { runWhatIf } from '../../engine/compare/run-whatif.ts';
import { renderComparison } from '../../report/comparison/render.ts';
import { printDiagnostics } from '../errors.ts';
import { type InputFlags, inputOptions, namedInputs } from '../input-options.ts';
import { processOutput } from '../output.ts';
import { readStdin } from '../stdin.ts';

interface Flags extends InputFlags {
  readonly set: readonly string[];
  readonly format: 'terminal' | 'json';
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

/** `meshproof whatif INPUT... --set CHANGE`: exit 1 when the change opens something. */
export async function whatIfCommand(paths: readonly string[], flags: Flags): Promise<number> {
  const output = processOutput(flags);
  if (flags.set.length === 0)
    throw new InputError(
      '`whatif` has to know what would change',
      'give --set pa=STRICT@ns, dataplane=ambient@ns, waypoint@ns, istio=1.31 or enforce=ns/policy',
    );
  const cwd = process.cwd();
  const io = { cwd, stdin: readStdin };
  const { comparison, diagnostics } = await runWhatIf(
    namedInputs(paths, flags),
    flags.set,
    inputOptions(flags, cwd),
    io,
  );
  printDiagnostics(diagnostics, output);
  output.out(
    flags.format === 'json' ? `${JSON.stringify(comparison, null, 2)}\n` : renderComparison(comparison, output),
  );
  return comparison.opened.length + comparison.paths.opened.length > 0 ? 1 : 0;
}
