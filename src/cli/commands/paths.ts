import { runPaths } from '../../engine/paths/run-paths.ts';
import { renderPaths } from '../../report/paths/render.ts';
import { printDiagnostics } from '../errors.ts';
import { type InputFlags, inputOptions, namedInputs } from '../input-options.ts';
import { processOutput } from '../output.ts';
import { readStdin } from '../stdin.ts';

interface Flags extends InputFlags {
  readonly from?: string;
  readonly to?: string;
  readonly max?: number;
  readonly format: 'terminal' | 'json';
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

/** Of the same excess and asset a person reads the best way, a program gets others too. */
const LISTED = { terminal: { max: 20, variants: 1 }, json: { max: 1000, variants: 8 } } as const;

/** `meshproof paths INPUT... [--from A] [--to B]`: exit 0 once it is answered, whatever the answer. */
export async function pathsCommand(paths: readonly string[], flags: Flags): Promise<number> {
  const output = processOutput(flags);
  const cwd = process.cwd();
  const ask = { ...LISTED[flags.format], ...pick(flags) };
  const { answer, diagnostics } = await runPaths(namedInputs(paths, flags), ask, inputOptions(flags, cwd), {
    cwd,
    stdin: readStdin,
  });
  printDiagnostics(diagnostics, output);
  output.out(flags.format === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : renderPaths(answer, output));
  return 0;
}

const pick = ({ from, to, max }: Flags): { from?: string; to?: string; max?: number } => ({
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
  ...(max === undefined ? {} : { max }),
});
